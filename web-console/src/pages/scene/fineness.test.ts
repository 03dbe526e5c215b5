/** What becomes of a picture's fineness on devices that are fast, slow by their pixels, or slow by something else. */
import { expect, test } from 'vitest'
import { Fineness } from './fineness'

const SCREEN_MS = 1_000 / 60

/** The shares that a device settles on, one after the other, whose frames take this long at a share. */
function settles(ms: (share: number, frame: number) => number, frames: number): number[] {
  const fineness = new Fineness()
  const shares = [fineness.share]
  for (let frame = 0; frame < frames; frame += 1) {
    if (fineness.note(Math.max(SCREEN_MS, ms(fineness.share, frame)))) shares.push(fineness.share)
  }
  return shares
}

test('what is fast enough stays as fine as the screen is', () => {
  expect(settles(() => 4, 10_000)).toEqual([1])
})

test('where pixels take the time there are as few of them as it takes', () => {
  expect(settles((share) => 38 * share * share, 1_000)).toEqual([1, 0.75])
  expect(settles((share) => 80 * share * share, 1_000)).toEqual([1, 0.75, 0.5])
  expect(settles((share) => 400 * share * share, 1_000)).toEqual([1, 0.75, 0.5, 0.35])
})

test('where something else takes the time nobody gets a coarse picture for it', () => {
  expect(settles(() => 33, 10_000)).toEqual([1, 0.75, 1])
})

test('a page that nobody saw is not slow', () => {
  expect(settles((_, frame) => (frame % 2 ? 60_000 : 1), 1_000)).toEqual([1])
})

test('what was slow for a while is fine again, and what stays too slow is tried ever more seldom', () => {
  const once = settles((share, frame) => (frame < 180 ? 60 * share * share : 4), 6_000)
  expect([once.at(1), once.at(-1)]).toEqual([0.75, 1])
  const tries = settles((share) => (share === 1 ? 30 : 4), 60_000)
  expect(tries.filter((share) => share === 1).length).toBeLessThanOrEqual(5)
})

test('a picture of another size begins anew', () => {
  const fineness = new Fineness()
  for (let frame = 0; frame < 60; frame += 1) fineness.note(50)
  expect(fineness.share).toBe(0.75)
  fineness.reset()
  expect(fineness.share).toBe(1)
})
