/** Figures as people read them. */
import { expect, test } from 'vitest'
import { ago, bytes, csvCell, micros, money, quantile, share, shortId, span, UNKNOWN } from './format'

test.each([
  [0, '0 µcr'],
  [9_999, '9,999 µcr'],
  [10_000, '0.0100 cr'],
  [-2_500_000, '-2.50 cr'],
  [1_234_000_000, '1,234 cr'],
  [undefined, UNKNOWN],
])('%s microcredits are %s', (amount, wanted) => expect(money(amount)).toBe(wanted))

test.each([
  [0, '0 B'],
  [1_023, '1,023 B'],
  [1_536, '1.5 KiB'],
  [64 << 20, '64 MiB'],
  [2 ** 45, '32 TiB'],
  [null, UNKNOWN],
])('%s bytes are %s', (length, wanted) => expect(bytes(length)).toBe(wanted))

test.each([
  [0, '0 µs'],
  [1_500, '1.5 ms'],
  [2_000_000, '2 s'],
  [undefined, UNKNOWN],
])('%s microseconds are %s', (us, wanted) => expect(micros(us)).toBe(wanted))

test.each([
  [900, '900 ms'],
  [61_000, '1 min 1 s'],
  [3_600_000, '1 h'],
  [50 * 3_600_000, '2 d 2 h'],
])('%s milliseconds are %s', (ms, wanted) => expect(span(ms)).toBe(wanted))

test('times are told from now', () => {
  expect([ago(0, 0), ago(0, 5_000), ago(0, 7_200_000), ago(60_000, 0)]).toEqual(['now', '5 s ago', '2 h ago', 'in 1 min'])
})

test('shares and quantiles of nothing are unknown', () => {
  expect([share(0, 0), share(1, 4), quantile([], 0.5), quantile([1, 2, 3, 4], 0.5), quantile([1], 0.95)]).toEqual([UNKNOWN, '25 %', undefined, 2, 1])
  const hundred = Array.from({ length: 100 }, (_, at) => at + 1)
  expect([0, 0.5, 0.95, 0.99, 1].map((place) => quantile(hundred, place))).toEqual([1, 50, 95, 99, 100])
  expect([shortId('job_0123456789abcdef0123456789abcdef'), shortId('short')]).toEqual(['job_…89abcdef', 'short'])
})

test('a cell of a table is no formula to a spreadsheet', () => {
  expect(['=cmd()', '+1+2', '@x', '\tx', '-x'].map(csvCell)).toEqual(["'=cmd()", "'+1+2", "'@x", "'\tx", "'-x"])
  expect(['-12', 'plain', 'a,b', 'say "x"'].map(csvCell)).toEqual(['-12', 'plain', '"a,b"', '"say ""x"""'])
})
