/** Prices as they are changed: what was typed over what is in force, and the list that is sent for it. */
import type { PriceList, Prices } from '@inos/sdk'

/** The rates of a method, in the order in which they are shown. */
export const RATES = ['base', 'per_kib_in', 'per_kib_out', 'per_cpu_ms'] as const

/** One of them. */
export type Rate = (typeof RATES)[number]

/** What each is for. */
export const RATE_NAMES: { readonly [rate in Rate]: string } = { base: 'Each job', per_kib_in: 'KiB in', per_kib_out: 'KiB out', per_cpu_ms: 'ms of work' }

/** What stands in a field, by unit, method and rate; what is not there is as it is in force. */
export type Typed = ReadonlyMap<string, string>

/** One price that is to be another. */
export interface Change {
  unit: string
  method: string
  rate: Rate
  from: number
  to: number
}

/** The most that a rate may be, in microcredits. */
export const RATE_MAX = Number.MAX_SAFE_INTEGER

/** Where something that was typed stands. */
export function place(unit: string, method: string, rate: Rate): string {
  return `${unit}.${method}.${rate}`
}

/** A rate as it was typed; nothing where it is none. */
export function rateOf(text: string): number | undefined {
  const trimmed = text.trim()
  const rate = Number(trimmed)
  return /^\d+$/.test(trimmed) && rate <= RATE_MAX ? rate : undefined
}

/** What would change; what is no rate is left out. */
export function changesOf({ prices }: Prices, typed: Typed): Change[] {
  return Object.entries(prices).flatMap(([unit, methods]) =>
    Object.entries(methods).flatMap(([method, price]) =>
      RATES.flatMap((rate) => {
        const to = rateOf(typed.get(place(unit, method, rate)) ?? '')
        const from = price[rate] ?? 0
        return to === undefined || to === from ? [] : [{ unit, method, rate, from, to }]
      }),
    ),
  )
}

/** The list that makes these changes and no others. While the units' own prices stand, it names what changes; over another list it names all, because what a list leaves out is the unit's own again. */
export function listOf({ version, source, prices }: Prices, changes: readonly Change[], storedMibDay: number): PriceList {
  const named: PriceList['prices'] = source === 'units' ? {} : structuredClone(prices)
  for (const { unit, method, rate, to } of changes) {
    const methods = (named[unit] ??= {})
    methods[method] = { ...methods[method], [rate]: to }
  }
  return { version: version.number + 1, stored_mib_day: storedMibDay, prices: named }
}

/** How much more that is, in words. */
export function moreOf({ from, to }: { from: number; to: number }): string {
  if (from === 0) return 'was free'
  if (to === 0) return 'becomes free'
  const percent = (100 * (to - from)) / from
  return `${percent > 0 ? '+' : ''}${percent.toLocaleString('en', { maximumFractionDigits: 1 })} %`
}
