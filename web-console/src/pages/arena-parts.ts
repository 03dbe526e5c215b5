/** The arena as parts that add up to it: what the map of memory is drawn from. */
import type { Arena } from '@inos/sdk'

/** A part of the arena. */
export interface Part {
  name: string
  bytes: number
  tone: string
}

/** The arena in parts that add up to it. */
export function partsOf({ bytes: whole, leased_bytes: leased, taken_bytes: taken, free_bytes: free }: Pick<Arena, 'bytes' | 'leased_bytes' | 'taken_bytes' | 'free_bytes'>): Part[] {
  return [
    { name: 'leased to jobs', bytes: leased, tone: 'leased' },
    { name: 'kept for further leases of a size', bytes: Math.max(0, taken - leased), tone: 'kept' },
    { name: 'free', bytes: free, tone: 'free' },
    { name: 'its own bookkeeping', bytes: Math.max(0, whole - Math.max(taken, leased) - free), tone: 'own' },
  ].filter(({ bytes: length, tone }) => length > 0 || tone !== 'own')
}
