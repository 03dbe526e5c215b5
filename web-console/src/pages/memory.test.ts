/** The arena's map. */
import { expect, test } from 'vitest'
import { partsOf } from './arena-parts'

test('the parts of the arena add up to it, whatever the figures are', () => {
  const sum = (figures: Parameters<typeof partsOf>[0]) => partsOf(figures).reduce((all, part) => all + part.bytes, 0)
  expect(sum({ bytes: 100, leased_bytes: 10, taken_bytes: 30, free_bytes: 60 })).toBe(100)
  expect(sum({ bytes: 100, leased_bytes: 0, taken_bytes: 0, free_bytes: 100 })).toBe(100)
  expect(partsOf({ bytes: 100, leased_bytes: 10, taken_bytes: 30, free_bytes: 60 }).map(({ bytes }) => bytes)).toEqual([10, 20, 60, 10])
})
