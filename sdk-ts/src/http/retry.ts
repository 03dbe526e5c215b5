/** When a request is sent again, and after how long. Never sends anything. */
import { ConnectionError, ProblemError, TimeoutError } from '../errors.js'

/** The pause after the first attempt is at most this; it doubles with each. In milliseconds. */
const PAUSE_MS = 500
/** And never more than this. */
const PAUSE_MS_MAX = 8_000
/** A server that asks for a longer pause is not waited for: the caller hears of it. */
const RETRY_AFTER_MS_MAX = 60_000
const STATUSES = [408, 429, 502, 503, 504]
/** Answers of a server that has not begun: to send again is safe whatever was asked. */
const REFUSED = ['rate-limited', 'queue-full', 'overloaded']

/** Why a request is sent again: how long to wait first, in milliseconds; nothing where it is not. */
export function pauseBefore(failed: unknown, attempt: number, idempotent: boolean): number | undefined {
  if (failed instanceof ProblemError) {
    const untouched = REFUSED.includes(failed.code)
    const fitting = failed.retryable && STATUSES.includes(failed.status ?? 0) && failed.code !== 'deadline-exceeded'
    return fitting && (idempotent || untouched) ? pause(attempt, failed.retryAfterMs) : undefined
  }
  const lost = failed instanceof ConnectionError || failed instanceof TimeoutError
  return lost && idempotent ? pause(attempt, undefined) : undefined
}

function pause(attempt: number, asked: number | undefined): number | undefined {
  if (asked !== undefined && asked > RETRY_AFTER_MS_MAX) return undefined
  // Clients that failed together must not come back together.
  const own = Math.min(PAUSE_MS * 2 ** attempt, PAUSE_MS_MAX) * (0.5 + Math.random() / 2)
  return Math.max(asked ?? 0, own)
}

/** What a `Retry-After` header means, in milliseconds. */
export function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined
}

/** Waits, unless the signal says to stop. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
