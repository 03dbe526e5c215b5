/** One job: what happened, what did it cost, can I trust it? Beside the list, under an address of its own. */
import type { Job } from '@inos/sdk'
import { isFinal } from '@inos/sdk'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { X } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { inos } from '../../data/client'
import { costOf, isCancellable, isRetryable } from '../../data/states'
import { bytes, micros } from '../../format'
import { Confirm } from '../../ui/dialog'
import { StateMark } from '../../ui/icons'
import { JsonTree } from '../../ui/json-tree'
import { tell, tellTrouble } from '../../ui/notices'
import { Empty, Facts, Id, Money, Trouble, Waiting, When } from '../../ui/parts'
import { JobEvents } from './events'
import { Outputs } from './outputs'
import { ReceiptView } from './receipt'
import { Timeline } from './timeline'

const route = getRouteApi('/jobs/$id')

/** The panel of the job that the address names. */
export function JobPanel() {
  const { id } = route.useParams()
  const { data: job, error, refetch } = useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => inos.jobs.get(id, { signal }),
    // Events tell of changes; this is for those that came while nobody could be told.
    refetchInterval: ({ state }) => (state.data && isFinal(state.data.state) ? false : 5_000),
  })
  return (
    <aside className="panel" aria-label="Job">
      <header className="panel-head">
        <div className="row between">
          {job ? <StateMark state={job.state} /> : <span className="dim">Job</span>}
          <Link to="/jobs" search={true} className="icon-button" aria-label="Close the job">
            <X aria-hidden />
          </Link>
        </div>
        <h2 className="title">{job ? `${job.unit}.${job.method}` : 'Job'}</h2>
        <div className="row between">
          <Id id={id} />
          {job && <Deeds job={job} />}
        </div>
      </header>
      {job ? <Parts job={job} /> : error ? <Trouble error={error} again={() => void refetch()} /> : <Waiting lines={8} label="Loading the job" />}
    </aside>
  )
}

function Deeds({ job }: { job: Job }) {
  const [asking, setAsking] = useState(false)
  const navigate = useNavigate()
  const cancel = useMutation({
    mutationFn: () => inos.jobs.cancel(job.id),
    onSuccess: () => {
      tell('The job is being cancelled')
      setAsking(false)
    },
    onError: tellTrouble,
  })
  const retry = useMutation({
    mutationFn: () => inos.jobs.retry(job.id),
    onSuccess: async ({ id }) => {
      tell('Asked once more, as a new job')
      await navigate({ to: '/jobs/$id', params: { id }, search: true })
    },
    onError: tellTrouble,
  })
  return (
    <div className="row">
      {isCancellable(job) && (
        <button type="button" className="button danger" onClick={() => setAsking(true)}>
          Cancel job
        </button>
      )}
      {isRetryable(job) && (
        <button type="button" className="button" disabled={retry.isPending} onClick={() => retry.mutate()}>
          Retry job
        </button>
      )}
      {asking && (
        <Confirm title="Cancel this job?" verb="Cancel job" pending={cancel.isPending} onClose={() => setAsking(false)} onConfirm={() => cancel.mutate()}>
          <p>
            {job.state === 'queued' ? 'It has not begun, so it costs nothing.' : 'It pays for its input and the time it ran.'} What is held beyond that
            comes back.
          </p>
        </Confirm>
      )}
    </div>
  )
}

function Parts({ job }: { job: Job }) {
  const done = isFinal(job.state)
  const parts: readonly (readonly [string, string, ReactNode])[] = [
    ['summary', 'Summary', <Summary key="summary" job={job} />],
    ['params', 'Parameters', <Params key="params" job={job} />],
    ['events', 'Events', <JobEvents key={job.id} id={job.id} />],
    ['outputs', done ? `Outputs (${job.outputs.length})` : 'Outputs', <Outputs key="outputs" job={job} />],
    ['receipt', 'Receipt', <ReceiptView key={job.id} job={job} />],
  ]
  return (
    <Tabs.Root defaultValue="summary" className="panel-body">
      <Tabs.List className="tabs" aria-label="About this job">
        {parts.map(([value, name]) => (
          <Tabs.Trigger key={value} value={value}>
            {name}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {parts.map(([value, , content]) => (
        <Tabs.Content key={value} value={value} className="panel-part">
          {content}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  )
}

function Summary({ job }: { job: Job }) {
  const { error, waiting, metrics, labels = {} } = job
  return (
    <div className="stack wide">
      {error && (
        <div className="trouble flat" role="note">
          <h2>{error.title}</h2>
          <p>{error.detail}</p>
          {(error.errors ?? []).filter(({ message }) => !error.detail.includes(message)).map(({ pointer, message }) => (
            <p key={pointer + message}>
              <code>{pointer || '/'}</code> {message}
            </p>
          ))}
          <p>
            <a href={`/problems/${encodeURIComponent(error.code)}`} target="_blank" rel="noreferrer">
              What <code>{error.code}</code> means
            </a>
          </p>
        </div>
      )}
      <Timeline job={job} />
      {waiting && (
        <p className="why">
          <strong>Why it waits:</strong> {waiting.detail}
          {waiting.until && (
            <>
              {' '}
              It goes on <When at={waiting.until} />.
            </>
          )}
        </p>
      )}
      <Facts
        facts={[
          ['Cost', <Money key="cost" amount={costOf(job)} />],
          ['Held', <Money key="held" amount={job.held} />],
          ...(job.budget === null || job.budget === undefined ? [] : [['Budget', <Money key="budget" amount={job.budget} />] as const]),
          ['Input', bytes(metrics?.bytes_in)],
          ['Output', bytes(metrics?.bytes_out)],
          ['Attempts', String(job.attempts)],
          ['Priority', String(job.priority)],
          ['Ran for', micros(metrics?.run_us)],
          ['Accepted', <When key="at" at={job.submitted} />],
          ...(job.cached_from ? [['Answered by', <JobLink key="from" id={job.cached_from} />] as const] : []),
          ...Object.entries(labels).map(([name, value]) => [`Label ${name}`, value] as const),
        ]}
      />
    </div>
  )
}

function JobLink({ id }: { id: string }) {
  return (
    <Link to="/jobs/$id" params={{ id }} search={true}>
      <code>{id}</code>
    </Link>
  )
}

function Params({ job: { params } }: { job: Job }) {
  if (!params || Object.keys(params).length === 0) {
    return (
      <Empty title="No parameters were given">
        <p>The method ran with its defaults.</p>
      </Empty>
    )
  }
  return <JsonTree value={params} />
}
