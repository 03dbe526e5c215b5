/** The list as it is kept. */
import type { Job, State } from '@inos/sdk'
import { expect, test } from 'vitest'
import { fitting, hasWords, type Pages, withHead } from './pages'

function job(id: string, state: State = 'queued', more: Partial<Job> = {}): Job {
  const base = { account: 'acc_1', attempts: 0, cost: 0, held: 0, method: 'blake3', outputs: [], outputs_kept: true, priority: 100, submitted: '2026-01-01T00:00:00.000Z', unit: 'compute' }
  return { ...base, id, state, ...more }
}

function pages(...ids: string[][]): Pages {
  return { pages: ids.map((page) => ({ items: page.map((id) => job(id)) })), pageParams: ids.map(() => undefined) }
}

const head = (...items: Job[]) => ({ items })

const idsOf = ({ pages }: Pages) => pages.map(({ items }) => items.map(({ id, state }) => `${id}:${state}`))

test('what is new comes first, what is known is replaced where it stands, and nothing is twice', () => {
  const list = withHead(pages(['c', 'b'], ['a']), head(job('d'), job('c', 'running')), [job('a', 'failed'), job('unknown')])
  expect(idsOf(list)).toEqual([['d:queued', 'c:running', 'b:queued'], ['a:failed']])
  expect(idsOf(withHead(list, head()))).toEqual(idsOf(list))
  expect(withHead({ pages: [], pageParams: [] }, head(job('a'))).pages).toEqual([])
})

test('where more came than one look sees, the list begins anew rather than leave some out', () => {
  const before = pages(['b'], ['a'])
  const full = { items: [job('e'), job('d')], next_cursor: 'd' }
  const list = withHead(before, full)
  expect(list).toEqual({ pages: [full], pageParams: [undefined] })
  expect(idsOf(withHead(before, { ...full, items: [job('c'), job('b')] }))).toEqual([['c:queued', 'b:queued'], ['a:queued']])
})

test('pages in which nothing changed stay the very same', () => {
  const before = pages(['b'], ['a'])
  expect(withHead(before, head(job('b', 'failed'))).pages[1]).toBe(before.pages[1])
  expect(fitting(before, { status: 'queued' }).pages[0]).toBe(before.pages[0])
})

test('what is no longer as was asked for is gone', () => {
  const list = withHead(pages(['b', 'a']), head(job('b', 'running')))
  expect(idsOf(fitting(list, { status: 'queued' }))).toEqual([['a:queued']])
  expect(idsOf(fitting(list, {}))).toEqual([['b:running', 'a:queued']])
})

test('words are looked for in id, method, state and labels, all of them', () => {
  const one = job('job_12ab', 'failed', { labels: { run: 'Nightly' } })
  const found = ['12ab', 'COMPUTE.blake3', 'run=nightly', 'failed 12ab'].map((words) => hasWords(one, words))
  expect(found).toEqual([true, true, true, true])
  expect(hasWords(one, '12ab other')).toBe(false)
})
