/** What took how long: waited, ran, settled; by the times that the server measured, and nothing that it did not. */
import type { Job, State } from '@inos/sdk'
import { isFinal } from '@inos/sdk'
import { useNow } from '../../data/clock'
import { micros, span } from '../../format'
import { When } from '../../ui/parts'

/** The narrowest bar that is still seen, in percent of the whole. */
const SHARE_MIN = 1.5

interface Step {
  name: string
  words: string
  /** When it began after acceptance and how long it took, in microseconds. */
  from: number
  took: number
  tone: 'wait' | State
}

/** The steps of a job as far as they are known at some time. */
export function stepsOf(job: Job, now: number): Step[] {
  const begun = Date.parse(job.submitted)
  const { metrics } = job
  const started = job.started ? Date.parse(job.started) : undefined
  const open = !isFinal(job.state)
  if (started === undefined && !open) return []
  const queued = started !== undefined && metrics ? metrics.queued_us : ((started ?? now) - begun) * 1_000
  const steps: Step[] = [{ name: started === undefined && open ? 'Waits' : 'Waited', words: micros(Math.max(0, queued)), from: 0, took: Math.max(0, queued), tone: 'wait' }]
  if (started === undefined) return steps
  const ran = metrics ? metrics.run_us : Math.max(0, (job.finished ? Date.parse(job.finished) : now) - started) * 1_000
  steps.push({ name: open ? 'Runs' : 'Ran', words: micros(ran), from: Math.max(0, queued), took: ran, tone: open ? 'running' : job.state })
  return steps
}

/** The timeline. */
export function Timeline({ job }: { job: Job }) {
  const now = useNow()
  const steps = stepsOf(job, now)
  const whole = Math.max(1, ...steps.map(({ from, took }) => from + took))
  const finished = job.finished ? Date.parse(job.finished) : undefined
  return (
    <figure className="timeline" aria-label="Timeline">
      <ol>
        {steps.map(({ name, words, from, took, tone }) => (
          <li key={name}>
            <span className="step">{name}</span>
            <span className="bar">
              <i className={`tone-${tone}`} style={{ left: `${Math.min(100 - SHARE_MIN, (100 * from) / whole)}%`, width: `${Math.max(SHARE_MIN, (100 * took) / whole)}%` }} />
            </span>
            <span className="number">{words}</span>
          </li>
        ))}
      </ol>
      <figcaption className="dim">
        {finished === undefined ? (
          <>
            Accepted <When at={job.submitted} />
          </>
        ) : (
          <>
            {span(finished - Date.parse(job.submitted))} from acceptance to its end, in {job.attempts === 1 ? 'one attempt' : `${job.attempts} attempts`}
          </>
        )}
      </figcaption>
    </figure>
  )
}
