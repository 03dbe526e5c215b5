/** What each view says while it waits, when it is refused, when there is nothing to show, and when the server is away. */
import { Inos } from '@inos/sdk'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { start } from '../../sdk-ts/test/support/server.js'
import { barriers, browse, expectNothingWrong, refuse, REFUSAL, visit, type Watched } from './support/visit'

const server = inject('server')
const inos = new Inos(server)

let browser: Browser
let job: string

beforeAll(async () => {
  browser = await browse()
  job = (await inos.jobs.submit('compute', 'blake3', ['states'])).id
  await inos.jobs.wait(job)
})

afterAll(() => browser.close())

interface View {
  path: string
  heading: string
  /** What it asks the server for first. */
  asks: RegExp
  /** What it says until that is there. */
  loads: string
  /** What it shows then. */
  shows: string
}

const figures = { asks: /\/v1\/stats$/, loads: "Reading the server's figures" }

const VIEWS = (): readonly View[] => [
  { path: '/', heading: 'Overview', ...figures, shows: 'Throughput' },
  { path: '/jobs', heading: 'Jobs', asks: /\/v1\/jobs\?/, loads: 'Loading jobs', shows: 'in all' },
  { path: `/jobs/${job}`, heading: 'Jobs', asks: /\/v1\/jobs\/job_\w+$/, loads: 'Loading the job', shows: 'from acceptance to its end' },
  { path: '/playground', heading: 'Playground', asks: /\/v1\/units$/, loads: 'Loading methods', shows: 'The BLAKE3 digest' },
  { path: '/credits', heading: 'Credits', asks: /\/v1\/account$/, loads: 'Loading the account', shows: 'Spending over time' },
  { path: '/keys', heading: 'Keys', asks: /\/v1\/keys(\?|$)/, loads: 'Loading keys', shows: 'first key' },
  { path: '/accounts', heading: 'Accounts', asks: /\/v1\/admin\/accounts\?/, loads: 'Loading accounts', shows: 'Give credits' },
  { path: '/prices', heading: 'Prices', asks: /\/v1\/admin\/prices$/, loads: 'Loading prices', shows: 'Storing a MiB for a day' },
  { path: '/audit', heading: 'Audit', asks: /\/v1\/audit\?/, loads: 'Loading the audit log', shows: 'console.open' },
  { path: '/memory', heading: 'Memory', ...figures, shows: 'Fragmentation' },
  { path: '/live', heading: 'Live', asks: /\/v1\/regions(\?|$)/, loads: 'Looking for regions', shows: 'Start a session' },
  { path: '/node', heading: 'Node', asks: /\/v1\/node$/, loads: 'Loading who this is', shows: 'Started' },
]

test('each view says what it waits for, in a place that stays, and what went wrong, with a way on', async () => {
  for (const [at, { path, heading, asks, loads, shows }] of VIEWS().entries()) {
    const seen = await visit(browser, { ...server, scheme: at % 2 ? 'light' : 'dark', width: at % 3 ? 1440 : 390 })
    const { page } = seen
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    await page.route(asks, async (route) => {
      await held
      await refuse(route)
    })
    await page.goto(`/console${path}`)
    const waiting = page.getByRole('status', { name: loads })
    await waiting.waitFor()
    expect(await page.getByRole('heading', { level: 1, name: heading }).count(), `${path} says what it is before anything is there`).toBe(1)
    expect(await barriers(page), `${path} while it waits`).toEqual([])
    release()
    const trouble = page.getByRole('alert').filter({ hasText: REFUSAL.title }).first()
    await trouble.waitFor()
    await trouble.getByRole('link', { name: 'What internal means' }).waitFor()
    await trouble.getByText(`request ${REFUSAL.request_id}`).waitFor()
    expect(await barriers(page), `${path} when it is refused`).toEqual([])
    await page.unroute(asks)
    // What asks again by itself may be quicker than the button.
    await trouble.getByRole('button', { name: 'Try again' }).click({ timeout: 1_000 }).catch(() => undefined)
    await page.getByText(shows).first().waitFor()
    await trouble.waitFor({ state: 'detached' })
    expectNothingWrong(seen)
    await seen.close()
  }
}, 180_000)

test('who may not be asked for is said to be so, with a way on', async () => {
  const seen = await visit(browser, { ...server, width: 390 })
  const { page } = seen
  await page.route('**/v1/console/session', refuse)
  await page.goto('/console/credits')
  await page.getByRole('alert').getByText(REFUSAL.title).waitFor()
  expect(await barriers(page)).toEqual([])
  await page.unroute('**/v1/console/session')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByRole('heading', { level: 1, name: 'Credits' }).waitFor()
  expectNothingWrong(seen)
  await seen.close()
})

/** What views without anything say; what every account has from its start on is not among them. */
const NOTHING = [
  ['/', 'Overview', 'No jobs yet'],
  ['/jobs', 'Jobs', 'No jobs yet'],
  ['/jobs?status=failed', 'Jobs', 'No job fits'],
  ['/credits', 'Credits', 'Nothing was spent in this time'],
  ['/events', 'Events', 'Nothing has happened since you opened this page'],
  ['/memory', 'Memory', 'No regions yet'],
  ['/live', 'Live', 'Nothing lives yet'],
  ['/accounts', 'Accounts', 'This is for operators'],
  ['/prices', 'Prices', 'This is for operators'],
] as const

test.each([
  ['dark', 1440],
  ['light', 390],
] as const)('whoever has nothing yet is told what would be here, in %s at %i', async (scheme, width) => {
  const made = await inos.request<{ key: { secret: string } }>({ method: 'POST', path: '/v1/admin/accounts', json: { name: `nothing ${scheme}`, credits: 1_000_000 } })
  const seen = await visit(browser, { url: server.url, key: made.key.secret, scheme, width })
  for (const [path, heading, says] of NOTHING) {
    await seen.go(path, heading)
    await seen.page.getByRole('heading', { name: says }).first().waitFor()
    expect(await barriers(seen.page), path).toEqual([])
  }
  expectNothingWrong(seen)
  await seen.close()
})

test('a server that takes no work is not called ready any more', async () => {
  const seen = await visit(browser, server)
  const { page, go } = seen
  await go('/node', 'Node')
  const health = page.getByRole('banner').getByRole('link', { name: 'ready' })
  await health.waitFor()
  await page.route('**/readyz', (route) => route.fulfill({ status: 503, contentType: 'application/json', body: '{"status":"unready","checks":{"database":"does not answer","arena":"ok","workers":"ok","draining":"no"}}' }))
  await page.getByRole('banner').getByRole('link', { name: 'unready' }).waitFor()
  await page.getByText('The server takes no work now').waitFor()
  await page.unroute('**/readyz')
  await page.getByRole('banner').getByRole('link', { name: 'ready', exact: true }).waitFor()
  await page.getByText('The server takes no work now').waitFor({ state: 'detached' })
  expectNothingWrong(seen)
  await seen.close()
})

test('what was read stays while the server is away, on every view, and goes on when it is back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inos-console-'))
  const first = await start({ folder })
  const own = new Inos(first)
  job = (await own.jobs.submit('compute', 'blake3', ['states'])).id
  await own.jobs.wait(job)
  const all: [View, Watched][] = []
  for (const view of VIEWS()) {
    const seen = await visit(browser, { ...first, scheme: all.length % 2 ? 'light' : 'dark', width: all.length % 2 ? 390 : 1440 })
    await seen.go(view.path, view.heading)
    await seen.page.getByText(view.shows).first().waitFor()
    // A part that was not there yet has nothing to keep.
    await expect.poll(() => seen.page.locator('.skeleton').count()).toBe(0)
    await seen.page.evaluate('globalThis.here = 1')
    all.push([view, seen])
  }
  first.kill()
  for (const [{ path, shows }, { page }] of all) {
    await page.getByText('The server has not answered for').waitFor()
    expect(await page.getByText(shows).count(), `${path} keeps what it has`).toBeGreaterThan(0)
    expect(await page.getByRole('alert').count(), `${path} says it once`).toBe(0)
    expect(await barriers(page), `${path} while the server is away`).toEqual([])
  }
  const again = await start({ folder, listen: new URL(first.url).host })
  for (const [{ path, shows }, seen] of all) {
    await seen.page.getByText('The server has not answered for').waitFor({ state: 'detached' })
    await seen.page.getByText(shows).first().waitFor()
    expect(await seen.page.evaluate<number>('globalThis.here'), `${path} is the same page`).toBe(1)
    expectNothingWrong(seen)
    await seen.close()
  }
  await again.stop()
  rmSync(folder, { recursive: true, force: true })
}, 180_000)
