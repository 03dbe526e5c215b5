/** What was spent becomes bars: each amount at its time, the many small ones as one. */
import type { Spending } from '@inos/sdk'
import { expect, test } from 'vitest'
import { largest } from '../ui/bars'
import { partsOf, stepsOf } from './spent'

const HOUR = 3_600_000
const spending = (items: Spending['items']): Spending => ({ since: '2026-01-31T22:00:00.000Z', step_ms: HOUR, steps: 3, items })

test('each amount stands at its step and with its name', () => {
  const items = [
    { from: '2026-01-31T22:00:00.000Z', key: 'key_1', jobs: 1, cost: 3 },
    { from: '2026-02-01T00:00:00.000Z', key: 'key_1', jobs: 2, cost: 4 },
    { from: '2026-02-01T00:00:00.000Z', jobs: 1, cost: 5 },
  ]
  expect(partsOf(spending(items), new Map([['key_1', 'laptop']]))).toEqual([
    { name: 'laptop', values: [3, 0, 4] },
    { name: 'of before keys were noted', values: [0, 0, 5] },
  ])
  expect(stepsOf({ ...spending([]), step_ms: 24 * HOUR }).map(({ title }) => title)).toEqual(['2026-01-31', '2026-02-01', '2026-02-02'])
})

test('keys of one name are told apart', () => {
  const items = ['key_1', 'key_2'].map((key) => ({ from: '2026-01-31T22:00:00.000Z', key, jobs: 1, cost: 3 }))
  const names = new Map([['key_1', 'laptop'], ['key_2', 'laptop']])
  expect(partsOf(spending(items), names).map(({ name }) => name)).toEqual(['laptop key_1', 'laptop key_2'])
  expect(partsOf(spending(items), new Map()).map(({ name }) => name)).toEqual(['key key_1', 'key key_2'])
})

test('the smallest parts are one', () => {
  const parts = [1, 5, 3, 4].map((cost) => ({ name: `n${cost}`, values: [cost, 0] }))
  expect(largest(parts, 2)).toEqual([
    { name: 'n5', values: [5, 0] },
    { name: 'n4', values: [4, 0] },
    { name: '2 others', values: [4, 0] },
  ])
  expect(largest(parts).length).toBe(4)
})
