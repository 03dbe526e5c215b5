/** What was done to money and access: by whom, to what, from where. Nobody can change a row of it. */
import type { AuditEntry, AuditEntryPage } from '@inos/sdk'
import { useInfiniteQuery } from '@tanstack/react-query'
import { inos } from '../data/client'
import { useSession } from '../data/session'
import { More } from '../ui/more'
import { Empty, Id, Money, PageHead, Trouble, Waiting, When } from '../ui/parts'

const ENTRIES = 100
/** The first page has no cursor. */
const FIRST: { cursor: string | undefined } = { cursor: undefined }

/** The page. */
export function Audit() {
  const session = useSession()
  const list = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: ({ pageParam, signal }) => inos.request<AuditEntryPage>({ method: 'GET', path: '/v1/audit', query: { limit: ENTRIES, cursor: pageParam } }, { signal }),
    initialPageParam: FIRST.cursor,
    getNextPageParam: ({ next_cursor: next }: AuditEntryPage) => next ?? undefined,
  })
  const { data, error, refetch } = list
  const entries = (data?.pages ?? []).flatMap(({ items }) => items)
  return (
    <main id="main" className="page">
      <PageHead title="Audit" note={session.may('admin') ? 'What was done to money and access, of every account, newest first' : 'What was done to money and access in your account, newest first'} />
      {error && !data ? (
        <Trouble error={error} again={() => void refetch()} />
      ) : !data ? (
        <Waiting lines={8} label="Loading the audit log" />
      ) : entries.length === 0 ? (
        <Empty title="Nothing was done yet" />
      ) : (
        <section className="section">
          <div className="scroll" tabIndex={0} role="region" aria-label="Audit log">
            <table className="fold">
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
          <More next={list} words="Load earlier acts" />
        </section>
      )}
    </main>
  )
}

function Row({ entry: { at, act, detail, key, address, subject } }: { entry: AuditEntry }) {
  const facts = Object.entries(detail).filter(([, value]) => value !== null)
  return (
    <tr>
      <td data-label="When">
        <When at={at} />
      </td>
      <td data-label="Act">
        <code>{act}</code>
      </td>
      <td data-label="Detail" className="wrap">
        {subject && (
          <>
            <code>{subject}</code>{' '}
          </>
        )}
        {facts.map(([name, value], place) => (
          <span key={name}>
            {place > 0 && ', '}
            {name} <Fact name={name} value={value} />
          </span>
        ))}
      </td>
      <td data-label="By key">{key ? <Id id={key} /> : <span className="dim">the server</span>}</td>
      <td data-label="From">{address ?? <span className="dim">–</span>}</td>
    </tr>
  )
}

/** Facts that are amounts of microcredits. */
const AMOUNTS: ReadonlySet<string> = new Set(['amount', 'budget', 'credits'])

/** A fact of an act: amounts as such, lists as words, anything else as it is written. */
function Fact({ name, value }: { name: string; value: unknown }) {
  if (typeof value === 'number' && AMOUNTS.has(name)) return <Money amount={value} />
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value.join(' + ')
  if (typeof value === 'string' && TIME.test(value)) return <When at={value} />
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/
