/** The list and the job: live, by address, by keyboard, in bulk, and many of them. */
import { Inos } from '@inos/sdk'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { start, type Server } from '../../sdk-ts/test/support/server.js'
import { browse, expectNothingWrong, refuse, visit } from './support/visit'

const shared = inject('server')
const MANY = Number(process.env['INOS_CONSOLE_JOBS'] ?? 50_000)
const BATCH = 1_000

let browser: Browser

beforeAll(async () => {
  browser = await browse()
})

afterAll(() => browser.close())

/** An account of its own, so that no other test's jobs are in its list. */
async function account(name: string): Promise<{ inos: Inos; visitor: { url: string; key: string } }> {
  const made = await new Inos(shared).request<{ key: { secret: string } }>({ method: 'POST', path: '/v1/admin/accounts', json: { name, credits: 1_000_000_000 } })
  const visitor = { url: shared.url, key: made.key.secret }
  return { inos: new Inos(visitor), visitor }
}

test('jobs come and change in the list and in their panel without a reload', async () => {
  const { inos, visitor } = await account('live')
  const seen = await visit(browser, visitor)
  const { page, go } = seen
  await go('/jobs', 'Jobs')
  await page.getByText('No jobs yet').waitFor()
  const { id } = await inos.jobs.submit('test', 'tell', [], { params: { steps: 60, ms: 100, text: 'a line' }, labels: { run: 'live' } })
  const row = page.getByRole('row').filter({ hasText: 'run=live' })
  await row.getByText('running').waitFor()
  await row.getByRole('link').click()
  const panel = page.getByRole('complementary', { name: 'Job' })
  await panel.getByRole('tab', { name: 'Events' }).click()
  await panel.getByText('a line').first().waitFor()
  await panel.getByRole('progressbar').waitFor()
  expect(await panel.getByText('not remembered').count(), 'its story is whole').toBe(0)
  expect(page.url()).toBe(`${visitor.url}/console/jobs/${id}`)
  await panel.getByRole('button', { name: 'Cancel job' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel job' }).click()
  await panel.locator('.panel-head').getByText('cancelled').waitFor()
  await page.getByRole('row').getByText('cancelled', { exact: true }).waitFor()
  await panel.getByRole('button', { name: 'Retry job' }).click()
  await page.waitForURL((url) => !url.pathname.endsWith(id) && url.pathname.includes('/jobs/job_'))
  await expect.poll(() => page.getByRole('row').count()).toBe(3)
  expectNothingWrong(seen)
  await seen.close()
})

test('what is filtered and searched for stands in the address', async () => {
  const { inos, visitor } = await account('filters')
  await inos.batch(Array.from({ length: 12 }, (_, at) => ({ unit: 'compute', method: at % 2 ? 'blake3' : 'sha256', inputs: [`${at}`], labels: { at: `no-${at}` } })))
  const failed = await inos.jobs.submit('compute', 'brotli_decompress', ['no brotli'])
  await inos.jobs.wait(failed.id)
  const seen = await visit(browser, visitor)
  const { page, go } = seen
  const rows = page.getByRole('row')
  await go('/jobs', 'Jobs')
  await expect.poll(() => rows.count()).toBe(14)
  await page.getByLabel('State').selectOption('failed')
  await expect.poll(() => rows.count()).toBe(2)
  expect(new URL(page.url()).search).toBe('?status=failed')
  await page.getByLabel('State').selectOption('')
  await page.getByLabel('Method', { exact: true }).selectOption('compute.sha256')
  await expect.poll(() => rows.count()).toBe(7)
  await page.keyboard.press('Escape')
  await page.locator('h1').click()
  await page.keyboard.press('/')
  await page.keyboard.type('no-4')
  await expect.poll(() => rows.count()).toBe(2)
  await page.reload()
  await expect.poll(() => rows.count()).toBe(2)
  expect(await page.getByLabel('Search the loaded jobs by id, method or label').inputValue()).toBe('no-4')
  await page.goto('/console/jobs?status=nonsense&since=ever')
  await expect.poll(() => rows.count()).toBe(14)
  expectNothingWrong(seen)
  await seen.close()
})

test('the keyboard goes through the list, opens, selects and closes', async () => {
  const { inos, visitor } = await account('keys')
  for (const text of ['a', 'b', 'c']) await inos.jobs.submit('compute', 'blake3', [text], { labels: { text } })
  const seen = await visit(browser, visitor)
  const { page, go } = seen
  await go('/jobs', 'Jobs')
  await page.getByText('text=c').waitFor()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('x')
  await page.getByText('1 selected').waitFor()
  await page.keyboard.press('Enter')
  const panel = page.getByRole('complementary', { name: 'Job' })
  await panel.getByText('Label text').waitFor()
  const first = page.url()
  await page.keyboard.press('j')
  await page.waitForURL((url) => String(url) !== first)
  await page.keyboard.press('Escape')
  await panel.waitFor({ state: 'detached' })
  expectNothingWrong(seen)
  await seen.close()
})

test('a job that is opened by its address is in sight in the list, even as the last of it', async () => {
  const { inos, visitor } = await account('sight')
  const answers = await inos.batch(Array.from({ length: 60 }, (_, at) => ({ unit: 'compute', method: 'blake3', inputs: [`${at}`], labels: { at: `${at}` } })))
  const ids = answers.flatMap(({ outcome }) => outcome?.job ?? []).sort()
  expect(ids.length).toBe(60)
  const seen = await visit(browser, visitor)
  const { page } = seen
  for (const id of [ids[0], ids[1], ids[30], ids[59]]) {
    await page.goto(`/console/jobs/${id}`)
    await page.getByRole('complementary', { name: 'Job' }).getByText('compute.blake3').waitFor()
    const edges = () => page.evaluate<[number, number, number, number]>("['.job-head', '.job-row.current', '.job-foot'].map((one) => document.querySelector(one)?.getBoundingClientRect()).flatMap((box, at) => (at === 1 ? [box?.top ?? NaN, box?.bottom ?? NaN] : [(at ? box?.top : box?.bottom) ?? NaN]))")
    await expect.poll(async () => {
      const [head, top, bottom, foot] = await edges()
      return top >= head && bottom <= foot
    }).toBe(true)
  }
  expectNothingWrong(seen)
  await seen.close()
})

test('what comes next in the list is asked for again by whoever wants it, when it could not be had', async () => {
  const { inos, visitor } = await account('next')
  await inos.batch(Array.from({ length: 300 }, (_, at) => ({ unit: 'compute', method: 'blake3', inputs: [`${at}`] })))
  // What happens to a job has the list looked at: here nothing is to happen any more.
  await expect.poll(async () => (await inos.jobs.list({ status: 'queued' })).items.length + (await inos.jobs.list({ status: 'running' })).items.length).toBe(0)
  const seen = await visit(browser, visitor)
  const { page } = seen
  let asked = 0
  const next = /\/v1\/jobs\?.*cursor=/
  await page.route(next, async (route) => {
    asked += 1
    await refuse(route)
  })
  await page.goto('/console/jobs')
  const list = page.getByRole('table', { name: 'Jobs' })
  await list.getByText('compute.blake3').first().waitFor()
  await list.evaluate((element) => element.scrollTo({ top: element.scrollHeight }))
  const button = page.getByRole('button', { name: 'Load more than 200' })
  await button.waitFor()
  expect(await list.getByText('compute.blake3').count(), 'what was loaded stays').toBeGreaterThan(10)
  const before = asked
  await page.waitForTimeout(500)
  expect(asked, 'nobody asks again and again').toBe(before)
  await page.unroute(next)
  await button.click()
  await page.getByText('300 in all').waitFor()
  expectNothingWrong(seen)
  await seen.close()
})

test('many jobs are cancelled at once', async () => {
  const { inos, visitor } = await account('bulk')
  for (let at = 0; at < 8; at += 1) await inos.jobs.submit('test', 'wait', [], { params: { ms: 60_000 }, labels: { at: `${at}` } })
  const seen = await visit(browser, visitor)
  const { page, go } = seen
  await go('/jobs', 'Jobs')
  await page.getByText('at=7').waitFor()
  await page.getByLabel('Select all loaded jobs').check()
  await page.getByRole('button', { name: 'Cancel 8' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel 8 jobs' }).click()
  await page.getByText('Cancelled 8 jobs', { exact: true }).waitFor()
  await expect.poll(() => page.getByRole('row').getByText('cancelled', { exact: true }).count()).toBe(8)
  expectNothingWrong(seen)
  await seen.close()
})

/** Notes when the page first painted something, and when its first row stood there, in milliseconds after somebody went to it. */
const PAINT = `
  globalThis.painted = { first: 0, rows: 0 }
  new PerformanceObserver((list) => {
    for (const { name, startTime } of list.getEntries()) if (name === 'first-contentful-paint') painted.first = startTime
  }).observe({ type: 'paint', buffered: true })
  new MutationObserver(() => {
    if (painted.rows === 0 && document.querySelector('[role=row] [class*=state-]')) requestAnimationFrame(() => { painted.rows ||= performance.now() })
  }).observe(document, { subtree: true, childList: true })
`

test(`a list of ${MANY} jobs is drawn row by row, and goes on to its end`, async () => {
  const own: Server = await start({ args: ['--account-queue-max', '65536'] })
  const inos = new Inos(own)
  for (let at = 0; at < MANY; at += BATCH) {
    const capsules = Array.from({ length: BATCH }, (_, place) => ({ unit: 'test', method: 'noop', labels: { no: `${at + place}` }, idempotency_key: null }))
    await inos.batch(capsules, { timeoutMs: 0 })
  }
  const seen = await visit(browser, own)
  const { page } = seen
  await page.addInitScript(PAINT)
  await page.goto('/console/jobs')
  await page.getByText(`no=${MANY - 1}`).waitFor()
  const painted = await page.evaluate<{ first: number; rows: number }>('globalThis.painted')
  expect(painted.first).toBeGreaterThan(0)
  expect(painted.rows).toBeGreaterThan(0)
  process.stdout.write(`a list of ${MANY} jobs: first paint after ${Math.round(painted.first)} ms, its rows after ${Math.round(painted.rows)} ms\n`)
  const drawn = () => page.getByRole('row').count()
  expect(await drawn()).toBeLessThan(80)
  const list = page.getByRole('table', { name: 'Jobs' })
  for (let step = 0; step < 12; step += 1) {
    const before = await page.locator('.job-foot').innerText()
    await list.evaluate((element) => element.scrollTo({ top: element.scrollHeight }))
    await expect.poll(() => page.locator('.job-foot').innerText()).not.toBe(before)
  }
  expect(await drawn()).toBeLessThan(80)
  const { id } = await inos.jobs.submit('compute', 'blake3', ['newest'], { labels: { which: 'newest' } })
  await list.evaluate((element) => element.scrollTo({ top: 0 }))
  await page.getByText('which=newest').waitFor()
  await page.keyboard.press('Control+k')
  await page.keyboard.type(id)
  await page.keyboard.press('Enter')
  await page.getByRole('complementary', { name: 'Job' }).getByText('compute.blake3').waitFor()
  expectNothingWrong(seen)
  await seen.close()
  await own.stop()
}, 180_000 + MANY)
