/** What was spent, step by step of time, as parts that a chart draws. */
import type { Spending } from '@inos/sdk'
import { shortId } from '../format'
import type { Part, Step } from '../ui/bars'

/** The steps of what was spent, with their names. */
export function stepsOf({ since, step_ms: length, steps }: Spending): Step[] {
  const isDays = length === 86_400_000
  return Array.from({ length: steps }, (_, at) => {
    const from = new Date(Date.parse(since) + at * length)
    const name = isDays ? from.toISOString().slice(5, 10) : from.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
    return { name, title: isDays ? from.toISOString().slice(0, 10) : from.toLocaleString('en-GB') }
  })
}

/** The parts of what was spent: keys by their names, or units. */
export function partsOf({ since, step_ms: length, steps, items }: Spending, names: ReadonlyMap<string, string>): Part[] {
  const parts = new Map<string, number[]>()
  const all = [...names.values()]
  // A name that several keys have tells none of them.
  const named = (key: string) => {
    const name = names.get(key) ?? 'key'
    return all.filter((other) => other === name).length === 1 ? name : `${name} ${shortId(key)}`
  }
  for (const { from, key, unit, cost } of items) {
    const name = unit ?? (key ? named(key) : 'of before keys were noted')
    const values = parts.get(name) ?? Array.from({ length: steps }, () => 0)
    const at = Math.round((Date.parse(from) - Date.parse(since)) / length)
    values[at] = (values[at] ?? 0) + cost
    parts.set(name, values)
  }
  return [...parts].map(([name, values]) => ({ name, values }))
}
