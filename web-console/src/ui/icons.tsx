/** States as shapes: each has a form, a colour and a word, so that none is told by colour alone. */
import type { State } from '@inos/sdk'

const SHAPES: { [state in State]: React.ReactNode } = {
  queued: <circle cx="8" cy="8" r="5" fill="none" strokeWidth="2" />,
  running: <path className="arc" d="M8 3a5 5 0 1 1-5 5" fill="none" strokeWidth="2.4" strokeLinecap="round" />,
  succeeded: <circle cx="8" cy="8" r="5.5" stroke="none" />,
  failed: <path d="M4 4l8 8M12 4l-8 8" fill="none" strokeWidth="2.4" strokeLinecap="round" />,
  cancelled: <path d="M3 8h10" fill="none" strokeWidth="2.6" strokeLinecap="round" />,
  expired: <path d="M3 6h10M3 10h10" fill="none" strokeWidth="1.8" strokeLinecap="round" />,
}

/** A job's state. */
export function StateMark({ state, quiet = false }: { state: State; quiet?: boolean }) {
  return (
    <span className={`state state-${state}`}>
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {SHAPES[state]}
      </svg>
      <span className={quiet ? 'hidden' : undefined}>{state}</span>
    </span>
  )
}

/** The product's mark. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="10" fill="none" stroke="currentColor" strokeWidth="3" strokeDasharray="47 16" strokeLinecap="round" />
      <circle cx="16" cy="16" r="3.2" fill="currentColor" />
    </svg>
  )
}
