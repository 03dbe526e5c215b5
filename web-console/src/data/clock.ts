/** The page's clock: one timer for every relative time, at rest while the page is hidden. */
import { useSyncExternalStore } from 'react'

const TICK_MS = 1_000

let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

function tick(): void {
  if (document.hidden) return
  now = Date.now()
  for (const told of listeners) told()
}

function subscribe(told: () => void): () => void {
  listeners.add(told)
  if (timer === undefined) {
    now = Date.now()
    timer = setInterval(tick, TICK_MS)
  }
  return () => {
    listeners.delete(told)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The time in milliseconds, to the second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}
