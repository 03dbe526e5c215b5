/** What a job told while it ran: states, progress, log lines, as they come. */
import { type JobEvent, NotFoundError } from '@inos/sdk'
import { useEffect, useState } from 'react'
import { inos } from '../../data/client'
import { withNewer } from '../../data/live'
import { count } from '../../format'
import { EventLine } from '../../ui/event-line'
import { Empty, Trouble, Waiting } from '../../ui/parts'

/** How many lines are kept; earlier ones are dropped and said to be. */
const LINES_MAX = 2_000
/** How often the view is drawn anew while lines come, in milliseconds. */
const DRAW_MS = 100

interface Heard {
  events: readonly JobEvent[]
  dropped: number
  over: boolean
  error: unknown
}

const NOTHING: Heard = { events: [], dropped: 0, over: false, error: undefined }

/** The events of a job. */
export function JobEvents({ id }: { id: string }) {
  const { events, dropped, over, error } = useEvents(id)
  const progress = events.findLast(({ done }) => done !== undefined)
  if (error !== undefined) return <Trouble error={error} />
  if (events.length === 0) {
    if (!over) return <Waiting label="Waiting for events" />
    return (
      <Empty title="Nothing is remembered">
        <p>Events are kept for a while only. The summary says how the job ended.</p>
      </Empty>
    )
  }
  return (
    <div className="stack">
      {progress?.done !== undefined && progress.total !== undefined && progress.total > 0 && (
        <label className="progress">
          <span>
            {count(progress.done)} of {count(progress.total)}
          </span>
          <progress max={progress.total} value={progress.done} />
        </label>
      )}
      {dropped > 0 && <p className="dim">{dropped} earlier events are not shown.</p>}
      <ol className="event-list" aria-label="Events of this job" aria-live="off">
        {events.map((event, at) => (
          <EventLine key={event.event ?? `first-${at}`} event={event} />
        ))}
      </ol>
    </div>
  )
}

function useEvents(id: string): Heard {
  const [heard, setHeard] = useState(NOTHING)
  useEffect(() => {
    const stop = new AbortController()
    let waiting: JobEvent[] = []
    const draw = (change: Partial<Heard> = {}) => {
      const more = waiting
      waiting = []
      setHeard((was) => {
        const newest = [...was.events, ...more].reverse()
        const all = withNewer([], newest).reverse()
        return { ...was, events: all.slice(-LINES_MAX), dropped: was.dropped + Math.max(0, all.length - LINES_MAX), ...change }
      })
    }
    const timer = setInterval(() => {
      if (waiting.length > 0) draw()
    }, DRAW_MS)
    const listen = async () => {
      try {
        // From its own beginning: numbers are the account's, and those before it are nobody's loss.
        for await (const event of inos.jobs.events(id, { signal: stop.signal })) waiting.push(event)
        draw({ over: true })
      } catch (error) {
        if (!stop.signal.aborted) draw(error instanceof NotFoundError ? { over: true } : { error })
      }
    }
    void listen()
    return () => {
      stop.abort()
      clearInterval(timer)
    }
  }, [id])
  return heard
}
