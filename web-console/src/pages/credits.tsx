/** Who owes whom? What the account has, what is held, what its jobs cost by method, and every movement. */
import type { Entry, EntryPage, Reason, Statement } from '@inos/sdk'
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { inos } from '../data/client'
import { save } from '../data/save'
import { useSession } from '../data/session'
import { count, csvCell, money, share, shortId } from '../format'
import { More } from '../ui/more'
import { tellTrouble } from '../ui/notices'
import { Empty, Figure, Id, Money, PageHead, Section, Trouble, Waiting, When } from '../ui/parts'
import { SpendingOverTime } from './spending'

const DAY_MS = 86_400_000
const ENTRIES = 100
/** How often the newest movements are looked at, in milliseconds. */
const LOOK_MS = 5_000
/** From which share of a month's budget on there is a warning. */
const BUDGET_WARN = 0.9
/** The first page has no cursor. */
const FIRST: { cursor: string | undefined } = { cursor: undefined }

/** The page. */
export function Credits() {
  const session = useSession()
  const account = useQuery({ queryKey: ['account'], queryFn: ({ signal }) => inos.account.get({ signal }), refetchInterval: 10_000 })
  const budget = useQuery({ queryKey: ['budget'], queryFn: ({ signal }) => inos.account.budget({ signal }) })
  const grants = useQuery({ queryKey: ['grants'], queryFn: async ({ signal }) => (await inos.account.grants({ signal })).items })
  const { data } = account
  return (
    <main id="main" className="page">
      <PageHead title="Credits" note={data && <>Account {data.name}, <Id id={data.id} /></>}>
        <StatementButton />
      </PageHead>
      {!data ? (
        account.error ? (
          <Trouble error={account.error} again={() => void account.refetch()} />
        ) : (
          <Waiting lines={6} label="Loading the account" />
        )
      ) : (
        <div className="stack wide">
          <dl className="figures" aria-label="Credits now">
            <Figure label="Available" value={<Money amount={data.available} />} note="for new jobs, now" tone={data.available === 0 ? 'bad' : undefined} />
            <Figure label="Held" value={<Money amount={data.held} />} note="for jobs under way" />
            <Figure label="Balance" value={<Money amount={data.balance} />} note="available and held" />
            {typeof budget.data?.budget === 'number' && (
              // Counted only where there is a budget: without one nothing is known of it.
              <Figure
                label={`Spent in ${budget.data.month}`}
                value={<Money amount={budget.data.used} />}
                note={`of a budget of ${money(budget.data.budget)}`}
                tone={budget.data.used > budget.data.budget * BUDGET_WARN ? 'warn' : undefined}
              />
            )}
          </dl>
          {(grants.data ?? []).length > 0 && (
            <Section title="Credits that expire">
              <ul className="lines">
                {(grants.data ?? []).map((grant) => (
                  <li key={grant.transfer} className="line">
                    <span className="grow">
                      <Money amount={grant.left} /> left of <Money amount={grant.amount} />
                    </span>
                    <span>
                      ends <When at={grant.expires} />
                    </span>
                  </li>
                ))}
              </ul>
            </Section>
          )}
          <SpendingOverTime />
          <Spending />
          <Ledger mayJobs={session.may('jobs')} />
        </div>
      )}
    </main>
  )
}

const SPANS: readonly (readonly [string, number])[] = [
  ['24 hours', DAY_MS],
  ['7 days', 7 * DAY_MS],
  ['30 days', 30 * DAY_MS],
]

/** What jobs cost, by method. */
function Spending() {
  const [days, setDays] = useState(DAY_MS)
  const { data, error } = useQuery({
    queryKey: ['usage', days],
    queryFn: ({ signal }) => inos.account.usage({ since: new Date(Date.now() - days).toISOString() }, { signal }),
    refetchInterval: 15_000,
  })
  const rows = [...(data?.items ?? [])].sort((a, b) => b.cost - a.cost)
  const whole = rows.reduce((sum, { cost }) => sum + cost, 0)
  return (
    <Section
      title="Spending by method"
      aside={
        <select aria-label="Over which time" value={days} onChange={(event) => setDays(Number(event.target.value))}>
          {SPANS.map(([name, ms]) => (
            <option key={name} value={ms}>
              Last {name}
            </option>
          ))}
        </select>
      }
    >
      {error && !data ? (
        <Trouble error={error} />
      ) : !data ? (
        <Waiting />
      ) : rows.length === 0 ? (
        <Empty title="Nothing was spent in this time" />
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label="Spending by method">
          <table>
            <thead>
              <tr>
                <th>Method</th>
                <th className="end">Jobs</th>
                <th className="end">Succeeded</th>
                <th className="end">Cost</th>
                <th>Share</th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ unit, method, jobs, succeeded, cost }) => (
                <tr key={`${unit}.${method}`}>
                  <td>
                    {unit}.{method}
                  </td>
                  <td className="end">{count(jobs)}</td>
                  <td className="end">{share(succeeded, jobs)}</td>
                  <td className="end">
                    <Money amount={cost} />
                  </td>
                  <td>
                    <span className="share">
                      <i style={{ width: `${whole > 0 ? (100 * cost) / whole : 0}%` }} aria-hidden="true" />
                      <span>{share(cost, whole)}</span>
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}

const REASONS: { [reason in Reason]: string } = { grant: 'Grant', transfer: 'Transfer', job: 'Job', storage: 'Storage' }

/** Every movement, newest first. */
function Ledger({ mayJobs }: { mayJobs: boolean }) {
  const [reason, setReason] = useState('')
  const list = useInfiniteQuery({
    queryKey: ['ledger'],
    queryFn: ({ pageParam, signal }) =>
      inos.request<EntryPage>({ method: 'GET', path: '/v1/account/ledger', query: { limit: ENTRIES, cursor: pageParam } }, { signal }),
    initialPageParam: FIRST.cursor,
    getNextPageParam: ({ next_cursor: next }: EntryPage) => next ?? undefined,
    // Who reads further back is not to ask for all of it again and again.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : LOOK_MS),
  })
  const { data, error } = list
  const all = (data?.pages ?? []).flatMap(({ items }) => items)
  const shown = reason === '' ? all : all.filter((entry) => entry.reason === reason)
  return (
    <Section
      title="Ledger"
      aside={
        <select aria-label="Why credits moved" value={reason} onChange={(event) => setReason(event.target.value)}>
          <option value="">Every reason</option>
          {Object.entries(REASONS).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      }
    >
      {error && !data ? (
        <Trouble error={error} />
      ) : !data ? (
        <Waiting lines={6} />
      ) : shown.length === 0 ? (
        <Empty title={reason === '' ? 'Nothing has moved yet' : 'None of the loaded movements has this reason'} />
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label="Ledger">
          <table>
            <thead>
              <tr>
                <th>When</th>
                <th>Why</th>
                <th>What</th>
                <th className="end">Amount</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((entry, at) => (
                <tr key={entry.transfer ?? entry.job ?? at}>
                  <td>
                    <When at={entry.at} />
                  </td>
                  <td>{REASONS[entry.reason]}</td>
                  <td className="wrap">
                    <What entry={entry} mayJobs={mayJobs} />
                  </td>
                  <td className={entry.amount > 0 ? 'end ok' : 'end'}>
                    <Money amount={entry.amount} signed />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <More next={list} words="Load earlier movements" />
    </Section>
  )
}

function What({ entry: { job, note, transfer }, mayJobs }: { entry: Entry; mayJobs: boolean }) {
  const words = note ?? ''
  if (job) {
    const id = <code>{shortId(job)}</code>
    return (
      <>
        {words}{' '}
        {mayJobs ? (
          <Link to="/jobs/$id" params={{ id: job }}>
            {id}
          </Link>
        ) : (
          id
        )}
      </>
    )
  }
  return (
    <>
      {words} {transfer && <code className="dim">{shortId(transfer)}</code>}
    </>
  )
}

/** A statement as a table for spreadsheets; nothing in it is a formula. */
export function csvOf({ lines }: Statement): string {
  const head = ['at', 'reason', 'amount_microcredits', 'note', 'job', 'transfer']
  const rows = lines.map(({ at, reason, amount, note, job, transfer }) => [at, reason, String(amount), note ?? '', job ?? '', transfer ?? ''])
  return [head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n'
}

function StatementButton() {
  const month = new Date().toISOString().slice(0, 7)
  const { mutate, isPending } = useMutation({
    mutationFn: async () => save(csvOf(await inos.account.statement(month)), 'text/csv', `inos-statement-${month}`),
    onError: tellTrouble,
  })
  return (
    <button type="button" className="button" disabled={isPending} onClick={() => mutate()}>
      <Download aria-hidden />
      Statement of {month}
    </button>
  )
}
