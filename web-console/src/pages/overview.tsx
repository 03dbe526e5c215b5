/** Is it healthy? The server's figures as they are read, each with what it is and from when, and what came of the latest jobs. */
import { type Job, isFinal, type Stats } from '@inos/sdk'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense, useMemo } from 'react'
import { inos } from '../data/client'
import { useSession } from '../data/session'
import { rates, type Reading, useSeries } from '../data/series'
import { bytes, count, micros, quantile, share, UNKNOWN } from '../format'
import { costOf } from '../data/states'
import { StateMark } from '../ui/icons'
import { Empty, Figure, Money, PageHead, Section, Trouble, Waiting, When } from '../ui/parts'

const Chart = lazy(() => import('../ui/chart').then(({ Chart }) => ({ default: Chart })))

/** Below which share of jobs that succeed there is a warning. */
const SUCCESS_WARN = 0.95
/** How many jobs the figures of the account are of. */
const LATEST = 200
const DAY_MS = 86_400_000
/** From which share on the arena is worth a warning: there the server begins to turn work away. */
const ARENA_WARN = 0.8
/** From how many waiting jobs a worker on it is worth a warning. */
const QUEUE_WARN_PER_WORKER = 100

/** The overview. */
export function Overview() {
  const session = useSession()
  if (!session.may('jobs')) return <Unseen />
  return <Seen />
}

function Unseen() {
  return (
    <main id="main" className="page">
      <PageHead title="Overview" />
      <Empty title="This key may not look at jobs">
        <p>
          It has the scopes of what is on the left. A key with the scope <code>jobs</code> sees the server's figures here.
        </p>
      </Empty>
    </main>
  )
}

function Seen() {
  const session = useSession()
  const series = useSeries()
  const { now, readings, stale, error } = series
  const workers = useQuery({ queryKey: ['workers'], queryFn: async ({ signal }) => (await inos.node.workers({ signal })).items, refetchInterval: 5_000 })
  const latest = useQuery({
    queryKey: ['latest'],
    queryFn: async ({ signal }) => (await inos.jobs.list({ limit: LATEST }, { signal })).items,
    refetchInterval: 5_000,
    placeholderData: keepPreviousData,
  })
  if (!now) {
    return (
      <main id="main" className="page">
        <PageHead title="Overview" />
        {error ? <Trouble error={error} again={series.refetch} /> : <Waiting lines={8} label="Reading the server's figures" />}
      </main>
    )
  }
  const busy = workers.data?.filter(({ state }) => state === 'running').length
  return (
    <main id="main" className="page">
      <PageHead
        title="Overview"
        note={
          <>
            {now.node.name}, version {now.node.version}, started <When at={now.node.started} />
          </>
        }
      >
        <Link to="/first-job" className="button">
          Run a first job
        </Link>
      </PageHead>
      <div className={stale ? 'stack wide stale' : 'stack wide'}>
        <Lately lately={now.lately} />
        <dl className="figures" aria-label="The server now">
          <Figure label="Running" value={count(now.jobs.running)} note={`${busy === undefined ? UNKNOWN : count(busy)} of ${count(workers.data?.length)} workers busy${sessionsOf(now)}`} />
          <Figure label="Waiting" value={count(now.jobs.queued)} note="jobs of all accounts, now" tone={queueTone(now, workers.data?.length)} />
          <Figure label="Arena" value={share(now.arena.leased_bytes, now.arena.bytes)} note={`${bytes(now.arena.leased_bytes)} of ${bytes(now.arena.bytes)} leased`} tone={arenaTone(now)} />
          <Figure label="Runs ended" value={count(now.jobs.completed)} note="each attempt is one; since the start" />
          <Figure label="Connections" value={count(now.connections.open)} note={`of at most ${count(now.connections.max)}, now`} />
        </dl>
        <Charts readings={readings} />
        {latest.data && <Latest jobs={latest.data} mayPay={session.may('account')} />}
        {latest.error && !latest.data && <Trouble error={latest.error} />}
      </div>
    </main>
  )
}

const ended = ({ jobs }: Stats) => jobs.completed

/** How jobs of all accounts ended, by what the server itself has counted and timed. */
function Lately({ lately: { window_ms: window, ended: all, succeeded, waited, ran, took } }: { lately: Stats['lately'] }) {
  const last = `last ${Math.round(window / 1_000)} s`
  // A number and its unit stay on one line.
  const span = last.replaceAll(' ', '\u00a0')
  const within = (times: typeof took) => (times ? `95 % within ${micros(times.p95_us)}` : 'none was begun')
  return (
    <dl className="figures" aria-label={`Jobs of all accounts, ${last}`}>
      <Figure label="Throughput" value={perSecond(window > 0 ? (1_000 * all) / window : undefined)} note={`${count(all)} ${all === 1 ? 'job' : 'jobs'} ended, ${span}`} />
      <Figure label="Succeeded" value={share(succeeded, all)} note={`of ${count(all)} that ended, ${span}`} tone={all > 0 && succeeded < all * SUCCESS_WARN ? 'warn' : undefined} />
      <Figure label="Took, median" value={micros(took?.p50_us)} note={`${within(took)}, ${span}`} />
      <Figure label="Waited to begin, median" value={micros(waited?.p50_us)} note={`${within(waited)}, ${span}`} />
      <Figure label="Worked, median" value={micros(ran?.p50_us)} note={`${within(ran)}, ${span}`} />
    </dl>
  )
}

function perSecond(rate: number | undefined): string {
  return rate === undefined ? UNKNOWN : `${rate.toLocaleString('en', { maximumFractionDigits: rate < 10 ? 2 : 0 })}/s`
}

function arenaTone({ arena }: Stats): 'warn' | 'bad' | undefined {
  if (arena.under_pressure) return 'bad'
  return arena.leased_bytes / arena.bytes > ARENA_WARN ? 'warn' : undefined
}

/** Sessions have threads of their own. */
function sessionsOf({ jobs: { sessions } }: Stats): string {
  return sessions > 0 ? `, ${count(sessions)} in sessions` : ''
}

function queueTone({ jobs }: Stats, workers: number | undefined): 'warn' | undefined {
  return workers !== undefined && jobs.queued > QUEUE_WARN_PER_WORKER * workers ? 'warn' : undefined
}

function Charts({ readings }: { readings: readonly Reading[] }) {
  const times = useMemo(() => readings.map(({ at }) => at), [readings])
  const throughput = useMemo(() => [{ name: 'runs ended each second', colour: '--run' as const, values: rates(readings, ended) }], [readings])
  const work = useMemo(
    () => [
      { name: 'waiting', colour: '--warn' as const, values: readings.map(({ stats }) => stats.jobs.queued) },
      { name: 'running', colour: '--run' as const, values: readings.map(({ stats }) => stats.jobs.running) },
    ],
    [readings],
  )
  return (
    <div className="charts">
      <Section title="Throughput" aside={<span className="dim">since you opened this, at most 5 min</span>}>
        <Suspense fallback={<Waiting lines={4} />}>
          <Chart title="Jobs" times={times} lines={throughput} say={perSecond} />
        </Suspense>
      </Section>
      <Section title="Work" aside={<span className="dim">read every 2 s</span>}>
        <Suspense fallback={<Waiting lines={4} />}>
          <Chart title="Jobs" times={times} lines={work} say={(value) => count(Math.round(value * 10) / 10)} />
        </Suspense>
      </Section>
    </div>
  )
}

/** What came of the account's own latest jobs. */
function Latest({ jobs, mayPay }: { jobs: readonly Job[]; mayPay: boolean }) {
  const figures = useMemo(() => figuresOf(jobs), [jobs])
  if (jobs.length === 0) {
    return (
      <Section title="Your latest jobs">
        <Empty title="No jobs yet">
          <p>One click runs the first one on a file of yours, and explains what you see.</p>
          <Link to="/first-job" className="button primary">
            Run a first job
          </Link>
        </Empty>
      </Section>
    )
  }
  const { done, begun, succeeded, p50, p95, waited, cost } = figures
  return (
    <Section title={jobs.length === 1 ? 'Your latest job' : `Your latest ${count(jobs.length)} jobs`} aside={<Link to="/jobs">All jobs</Link>}>
      <dl className="figures inner" aria-label={`Your latest ${jobs.length} jobs`}>
        <Figure label="Succeeded" value={share(succeeded, done)} note={`of ${count(done)} that ended`} tone={done > 0 && succeeded < done * SUCCESS_WARN ? 'warn' : undefined} />
        <Figure label="Ran, median" value={micros(p50)} note={`95 % within ${micros(p95)}, of ${count(begun)} that began`} />
        <Figure label="Waited, median" value={micros(waited)} note="between acceptance and start" />
        <Figure label="Cost" value={<Money amount={cost} />} note={`of these ${count(done)} jobs`} />
        {mayPay && <Spent />}
      </dl>
      <ul className="lines">
        {jobs.slice(0, 8).map((job) => (
          <li key={job.id}>
            <Link to="/jobs/$id" params={{ id: job.id }}>
              <StateMark state={job.state} />
              <span className="grow">
                {job.unit}.{job.method}
              </span>
              <span className="number">{micros(job.metrics?.run_us)}</span>
              <Money amount={costOf(job)} />
              <When at={job.submitted} />
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** What the account's jobs cost within a day. */
function Spent() {
  const { data } = useQuery({
    queryKey: ['usage', DAY_MS],
    queryFn: ({ signal }) => inos.account.usage({ since: new Date(Date.now() - DAY_MS).toISOString() }, { signal }),
    refetchInterval: 15_000,
  })
  const jobs = data?.items.reduce((sum, used) => sum + used.jobs, 0)
  return <Figure label="Spent" value={<Money amount={data?.items.reduce((sum, used) => sum + used.cost, 0)} />} note={`by ${count(jobs)} jobs, last 24 h`} />
}

/** The figures of some jobs: how many ended well, how long they ran and waited, what they cost. */
export function figuresOf(jobs: readonly Job[]) {
  const done = jobs.filter(({ state }) => isFinal(state))
  // What never began, or was answered from an earlier job, has no times; its zeros are none.
  const begun = done.flatMap(({ started, metrics }) => (started && metrics ? [metrics] : []))
  const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b)
  const ran = sorted(begun.map(({ run_us: us }) => us))
  const waited = sorted(begun.map(({ queued_us: us }) => us))
  return {
    done: done.length,
    begun: begun.length,
    succeeded: done.filter(({ state }) => state === 'succeeded').length,
    p50: quantile(ran, 0.5),
    p95: quantile(ran, 0.95),
    waited: quantile(waited, 0.5),
    cost: done.reduce((sum, { cost }) => sum + cost, 0),
  }
}
