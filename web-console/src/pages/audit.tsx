/** What was done to money and access: by whom, to what, from where. Nobody can change a row of it. */
import type { AuditEntry, AuditEntryPage } from '@inos/sdk'
import { useInfiniteQuery } from '@tanstack/react-query'
import { inos } from '../data/client'
import { useSession } from '../data/session'
import { Empty, Id, PageHead, Trouble, Waiting, When } from '../ui/parts'

const ENTRIES = 100
/** The first page has no cursor. */
const FIRST: { cursor: string | undefined } = { cursor: undefined }

/** The page. */
export function Audit() {
  const session = useSession()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: ({ pageParam, signal }) => inos.request<AuditEntryPage>({ method: 'GET', path: '/v1/audit', query: { limit: ENTRIES, cursor: pageParam } }, { signal }),
    initialPageParam: FIRST.cursor,
    getNextPageParam: ({ next_cursor: next }: AuditEntryPage) => next ?? undefined,
  })
  const entries = (data?.pages ?? []).flatMap(({ items }) => items)
  return (
    <main id="main" className="page">
      <PageHead title="Audit" note={session.may('admin') ? 'What was done to money and access, of every account, newest first' : 'What was done to money and access in your account, newest first'} />
      {error ? (
        <Trouble error={error} again={() => void refetch()} />
      ) : !data ? (
        <Waiting lines={8} label="Loading the audit log" />
      ) : entries.length === 0 ? (
        <Empty title="Nothing was done yet" />
      ) : (
        <section className="section">
          <div className="scroll" tabIndex={0} role="region" aria-label="Audit log">
            <table>
              <thead>
                <tr>
                  <th>When</th>
                  <th>Act</th>
                  <th>Detail</th>
                  <th>By key</th>
                  <th>From</th>
                </tr>
              </thead>
              <tbody>
                {entries.map((entry) => (
                  <Row key={entry.seq} entry={entry} />
                ))}
              </tbody>
            </table>
          </div>
          {hasNextPage && (
            <p className="note">
              <button type="button" className="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                Load earlier acts
              </button>
            </p>
          )}
        </section>
      )}
    </main>
  )
}

function Row({ entry: { at, act, detail, key, address, subject } }: { entry: AuditEntry }) {
  const facts = Object.entries(detail).filter(([, value]) => value !== null)
  return (
    <tr>
      <td>
        <When at={at} />
      </td>
      <td>
        <code>{act}</code>
      </td>
      <td className="wrap">
        {subject && (
          <>
            <code>{subject}</code>{' '}
          </>
        )}
        {facts.map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ')}
      </td>
      <td>{key ? <Id id={key} /> : <span className="dim">the server</span>}</td>
      <td>{address ?? <span className="dim">–</span>}</td>
    </tr>
  )
}
