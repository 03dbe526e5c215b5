/** The sessions that keep a region moving: which job it is, how it stands, and a button that stops it. */
import { isFinal, type Job } from '@inos/sdk'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Square } from 'lucide-react'
import { useEffect } from 'react'
import { inos, queries } from '../../data/client'
import { onJobs } from '../../data/live'
import { StateMark } from '../../ui/icons'
import { tell, tellTrouble } from '../../ui/notices'
import { Money, Trouble, When } from '../../ui/parts'

/** The methods that are sessions with a picture, and the region of each where its job names none. */
const METHODS = [
  ['compute', 'life', 'life'],
  ['boids', 'session', 'flock'],
] as const
/** The most jobs of a method that are looked at: an account runs few sessions at once. */
const JOBS_MAX = 100
const LOOK_MS = 5_000

/** The region that a session steps. */
function regionOf({ params }: Job, fallback: string): string {
  const named = params?.['region']
  return typeof named === 'string' ? named : fallback
}

async function running(region: string, signal: AbortSignal): Promise<Job[]> {
  const pages = await Promise.all(
    METHODS.map(async ([unit, method, fallback]) => {
      // By method alone: a session that has just begun may not be listed as running yet.
      const { items } = await inos.jobs.list({ unit, method, limit: JOBS_MAX }, { signal })
      return items.filter((job) => !isFinal(job.state) && regionOf(job, fallback) === region)
    }),
  )
  return pages.flat()
}

/** The sessions of a region, and the one that was started here last, however it ended. */
export function Sessions({ region, started }: { region: string; started: string | undefined }) {
  const { data = [], error } = useQuery({ queryKey: ['sessions', region], queryFn: ({ signal }) => running(region, signal), refetchInterval: LOOK_MS })
  const { data: last } = useQuery({ queryKey: ['job', started], queryFn: ({ signal }) => inos.jobs.get(started ?? '', { signal }), enabled: started !== undefined })
  useEffect(() => onJobs(() => void queries.invalidateQueries({ queryKey: ['sessions'] })), [])
  const ended = last && isFinal(last.state) ? [last] : []
  const shown = [...data, ...ended.filter(({ id }) => !data.some((job) => job.id === id))]
  if (error && shown.length === 0) return <Trouble error={error} />
  if (shown.length === 0) return <p className="dim">No session steps this region now: it stays as it is until one does, or somebody publishes.</p>
  return (
    <ul className="stack">
      {shown.map((job) => (
        <Session key={job.id} job={job} />
      ))}
    </ul>
  )
}

function Session({ job }: { job: Job }) {
  const { mutate, isPending } = useMutation({
    mutationFn: () => inos.jobs.cancel(job.id),
    onSuccess: () => {
      tell('The session is stopped. The region stays as it was stepped last.')
      void queries.invalidateQueries({ queryKey: ['sessions'] })
      void queries.invalidateQueries({ queryKey: ['job', job.id] })
    },
    onError: tellTrouble,
  })
  return (
    <li className="row between">
      <span className="row">
        <StateMark state={job.state} />
        <Link to="/jobs/$id" params={{ id: job.id }}>
          {job.unit}.{job.method}
        </Link>
        {isFinal(job.state) ? (
          <>
            <span className="dim">
              ended <When at={job.finished} />, cost <Money amount={job.cost} />
            </span>
            {job.error && <span className="bad">{job.error.detail}</span>}
          </>
        ) : (
          <span className="dim">
            since <When at={job.started} />, at most <Money amount={job.held} />
          </span>
        )}
      </span>
      {!isFinal(job.state) && (
        <button type="button" className="button danger" disabled={isPending} onClick={() => mutate()}>
          <Square aria-hidden />
          Stop the session
        </button>
      )}
    </li>
  )
}
