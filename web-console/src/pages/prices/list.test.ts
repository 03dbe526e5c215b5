/** A list of prices changes what was typed and nothing else. */
import type { Prices } from '@inos/sdk'
import { expect, test } from 'vitest'
import { changesOf, listOf, moreOf, rateOf } from './list'

const price = { base: 10, per_kib_in: 1, per_kib_out: 0, per_cpu_ms: 5 }
const prices: Prices = { version: { number: 3, hash: '00' }, source: 'admin', stored_mib_day: 7, prices: { compute: { blake3: price, sha256: price }, crypto: { sign: price } } }

test('only what was typed and is another rate is a change', () => {
  const typed = new Map([
    ['compute.blake3.base', ' 20 '],
    ['compute.blake3.per_kib_in', '1'],
    ['compute.sha256.per_kib_out', '1.5'],
    ['crypto.sign.per_cpu_ms', ''],
    ['crypto.none.base', '9'],
  ])
  expect(changesOf(prices, typed)).toEqual([{ unit: 'compute', method: 'blake3', rate: 'base', from: 10, to: 20 }])
})

test.each([
  ['0', 0],
  [' 12 ', 12],
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', undefined],
  ['-1', undefined],
  ['1e3', undefined],
  ['1.5', undefined],
  ['', undefined],
])('“%s” is the rate %s', (text, rate) => expect(rateOf(text)).toBe(rate))

test('over another list all is named, over the units’ own what changes', () => {
  const changes = changesOf(prices, new Map([['crypto.sign.base', '0']]))
  expect(listOf(prices, changes, 8)).toEqual({ version: 4, stored_mib_day: 8, prices: { compute: { blake3: price, sha256: price }, crypto: { sign: { ...price, base: 0 } } } })
  expect(prices.prices['crypto']?.['sign']?.base, 'what is in force is not touched').toBe(10)
  expect(listOf({ ...prices, source: 'units' }, changes, 7).prices).toEqual({ crypto: { sign: { base: 0 } } })
})

test('how much more a price is', () => {
  expect([moreOf({ from: 10, to: 15 }), moreOf({ from: 3, to: 2 }), moreOf({ from: 0, to: 2 }), moreOf({ from: 2, to: 0 })]).toEqual(['+50 %', '-33.3 %', 'was free', 'becomes free'])
})
