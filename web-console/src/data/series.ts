/** Figures of the server over the last minutes, read every two seconds while somebody looks; nothing is made up between. */
import type { Stats } from '@inos/sdk'
import { useQuery } from '@tanstack/react-query'
import { inos } from './client'
import { Signal, useSignal } from './signal'

/** How often figures are read, in milliseconds. */
export const READ_MS = 2_000
/** How many readings are remembered: five minutes. */
const READINGS_MAX = 150
/** After how long without a reading what is shown is old, in milliseconds. */
const STALE_MS = 3 * READ_MS

/** One reading. */
export interface Reading {
  /** In seconds since 1970. */
  at: number
  stats: Stats
}

const readings = new Signal<readonly Reading[]>([])

async function read(signal: AbortSignal): Promise<Stats> {
  const stats = await inos.node.stats({ signal, maxRetries: 0 })
  const at = Date.parse(stats.at) / 1_000
  const before = readings.read()
  // A server that was started anew counts from nothing: what was before is another series.
  const same = before.filter(({ stats: earlier }) => earlier.node.started === stats.node.started)
  readings.set([...same, { at, stats }].slice(-READINGS_MAX))
  return stats
}

/** The readings so far, the newest last, and whether they are old. */
export function useSeries(): { readings: readonly Reading[]; now: Stats | undefined; stale: boolean; error: Error | null; refetch: () => void } {
  const { data, error, dataUpdatedAt, isError, refetch } = useQuery({ queryKey: ['stats'], queryFn: ({ signal }) => read(signal), refetchInterval: READ_MS })
  return { readings: useSignal(readings), now: data, stale: isError && Date.now() - dataUpdatedAt > STALE_MS, error, refetch: () => void refetch() }
}

/** How much a count grew each second, between each reading and the one before; the first has none. */
export function rates(list: readonly Reading[], of: (stats: Stats) => number): (number | null)[] {
  return list.map(({ at, stats }, place) => {
    const before = list[place - 1]
    if (!before || at <= before.at) return null
    return Math.max(0, of(stats) - of(before.stats)) / (at - before.at)
  })
}

/** How much a count grew each second over the last while; nothing where there is no reading to go by. */
export function rateOver(list: readonly Reading[], seconds: number, of: (stats: Stats) => number): number | undefined {
  const last = list.at(-1)
  const first = last && list.find(({ at }) => at >= last.at - seconds)
  if (!last || !first || first === last) return undefined
  return Math.max(0, of(last.stats) - of(first.stats)) / (last.at - first.at)
}
