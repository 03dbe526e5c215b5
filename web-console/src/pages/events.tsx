/** What happens to the account's jobs, as it happens; what is quiet now begins with the next event. */
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { useSession } from '../data/session'
import { feed } from '../data/live'
import { useSignal } from '../data/signal'
import { count, shortId } from '../format'
import { EventLine } from '../ui/event-line'
import { Empty, PageHead } from '../ui/parts'

const KINDS = ['state', 'progress', 'log', 'attempt', 'output'] as const

/** The feed. */
export function Events() {
  const session = useSession()
  const live = useSignal(feed)
  const [frozen, setFrozen] = useState<typeof live>()
  const [kind, setKind] = useState('')
  const all = frozen ?? live
  const shown = useMemo(() => (kind === '' ? all : all.filter(({ type }) => type === kind)), [all, kind])
  return (
    <main id="main" className="page">
      <PageHead title="Events" note={frozen ? `Held; ${count(live.length)} are remembered` : 'As they happen, newest first, since you opened this page; of progress the newest, of all the last 500'}>
        <select aria-label="Kind" value={kind} onChange={(event) => setKind(event.target.value)}>
          <option value="">Every kind</option>
          {KINDS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        <button type="button" className="button" aria-pressed={frozen !== undefined} onClick={() => setFrozen(frozen ? undefined : live)}>
          {frozen ? 'Go on' : 'Hold'}
        </button>
      </PageHead>
      {!session.may('jobs') ? (
        <Empty title="This key may not look at jobs" />
      ) : all.length > 0 && shown.length === 0 ? (
        <Empty title={`None of the ${count(all.length)} events is a “${kind}”`}>
          <button type="button" className="button" onClick={() => setKind('')}>
            Show every kind
          </button>
        </Empty>
      ) : shown.length === 0 ? (
        <Empty title="Nothing has happened since you opened this page">
          <p>Events appear here the moment a job of yours changes. This makes some:</p>
          <pre>echo hello | inos run compute.blake3 -</pre>
        </Empty>
      ) : (
        <section className="section">
          <ol className="event-list" aria-label="Events">
            {shown.map((event, at) => (
              <EventLine
                key={event.event ?? `gap-${at}`}
                event={event}
                job={
                  event.job === undefined ? undefined : (
                    <Link to="/jobs/$id" params={{ id: event.job }}>
                      <code>{shortId(event.job)}</code>
                    </Link>
                  )
                }
              />
            ))}
          </ol>
        </section>
      )}
    </main>
  )
}
