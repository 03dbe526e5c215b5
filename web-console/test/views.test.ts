/** Each view: found by its words, usable by everybody in both themes, within its policy, and light before the first click. */
import { Inos } from '@inos/sdk'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { gzipSync } from 'node:zlib'
import { barriers, browse, expectNothingWrong, visit } from './support/visit'

const server = inject('server')
const inos = new Inos(server)
const BEFORE_THE_FIRST_CLICK_MAX = 350 * 1024
/** How long a view has to ask for what it draws its figures with, in milliseconds. */
const SETTLED_MS = 500

let browser: Browser
let job: string

beforeAll(async () => {
  browser = await browse()
  const capsule = { labels: { for: 'views' } }
  job = (await inos.jobs.submit('compute', 'blake3', ['abc'], capsule)).id
  await inos.jobs.submit('compute', 'brotli_decompress', ['no brotli'], capsule)
  await inos.jobs.wait(job)
  await inos.request({ method: 'PUT', path: '/v1/regions/views', body: 'some bytes' })
})

afterAll(() => browser.close())

/** The views, each with its heading and something that it must show. */
const VIEWS: readonly (readonly [string, string, string])[] = [
  ['/', 'Overview', 'Throughput'],
  ['/jobs', 'Jobs', 'in all'],
  ['/first-job', 'Run a first job', 'Choose a file'],
  ['/playground', 'Playground', 'The BLAKE3 digest of the input'],
  ['/credits', 'Credits', 'Spending over time'],
  ['/keys', 'Keys', 'first key'],
  ['/accounts', 'Accounts', 'Make an account'],
  ['/prices', 'Prices', 'Storing a MiB for a day'],
  ['/audit', 'Audit', 'console.open'],
  ['/events', 'Events', 'Hold'],
  ['/memory', 'Memory', 'views'],
  ['/memory?region=views', 'Memory', 'Region views'],
  ['/live', 'Live', 'Start a session'],
  ['/live?region=views', 'Live', 'no scene that is known here'],
  ['/node', 'Node', 'Configuration'],
  ['/none', 'Not found', 'The console has no such view'],
]

describe.each(['dark', 'light'] as const)('in %s', (scheme) => {
  test.each([1440, 390])('at %i pixels every view is what it says, and bars nobody', async (width) => {
    const seen = await visit(browser, { ...server, scheme, width })
    const { page, go } = seen
    for (const [path, heading, shows] of VIEWS) {
      await go(path, heading)
      await page.getByText(shows).first().waitFor()
      expect(await barriers(page), `${path} in ${scheme} at ${width}`).toEqual([])
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
      expect(wide, `${path} goes beyond the screen`).toBeLessThanOrEqual(width)
    }
    expectNothingWrong(seen)
    await seen.close()
  })

  test('a job is told in five parts, and bars nobody', async () => {
    const seen = await visit(browser, { ...server, scheme })
    const { page } = seen
    await page.goto(`/console/jobs/${job}`)
    const panel = page.getByRole('complementary', { name: 'Job' })
    await panel.getByText('compute.blake3').waitFor()
    for (const [tab, shows] of [
      ['Summary', 'from acceptance to its end'],
      ['Parameters', 'No parameters were given'],
      ['Events', 'succeeded'],
      ['Outputs (1)', '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85'],
      ['Receipt', 'Verify in this page'],
    ] as const) {
      await panel.getByRole('tab', { name: tab }).click()
      await panel.getByText(shows).first().waitFor()
      expect(await barriers(page), `${tab} in ${scheme}`).toEqual([])
    }
    await panel.getByRole('button', { name: 'Verify in this page' }).click()
    await panel.getByText('Verified in this page').waitFor()
    expect(await panel.getByLabel('holds', { exact: true }).count()).toBe(3)
    expect(await barriers(page)).toEqual([])
    expectNothingWrong(seen)
    await seen.close()
  })

  test('whoever is not signed in is asked to, and barred from nothing else', async () => {
    const seen = await visit(browser, { url: server.url, scheme, width: 390 })
    await seen.go('/jobs', 'Sign in')
    expect(await barriers(seen.page)).toEqual([])
    expectNothingWrong(seen)
    await seen.close()
  })
})

test('dialogs bar nobody, keep the focus, and give it back', async () => {
  const seen = await visit(browser, server)
  const { page, go } = seen
  await go('/keys', 'Keys')
  const button = page.getByRole('button', { name: 'Make a key' })
  await button.click()
  const dialog = page.getByRole('dialog', { name: 'Make a key' })
  await dialog.waitFor()
  expect(await dialog.getByLabel('Name').evaluate((field) => field === document.activeElement)).toBe(true)
  expect(await barriers(page)).toEqual([])
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  expect(await button.evaluate((field) => field === document.activeElement)).toBe(true)
  await page.keyboard.press('Control+k')
  await page.getByRole('combobox', { name: 'Go to a view, a method or a job' }).waitFor()
  expect(await barriers(page)).toEqual([])
  await page.keyboard.type('memo')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Memory' }).waitFor()
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  expect(await barriers(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.keyboard.press('g')
  await page.keyboard.press('c')
  await page.getByRole('heading', { level: 1, name: 'Credits' }).waitFor()
  expectNothingWrong(seen)
  await seen.close()
})

test('on a narrow screen every view is a tap or two away', async () => {
  const seen = await visit(browser, { ...server, width: 390 })
  const { page, go } = seen
  await go('/', 'Overview')
  const rail = page.getByRole('navigation', { name: 'Views' })
  expect(await rail.getByRole('listitem').allInnerTexts()).toEqual(['Overview', 'Jobs', 'Playground', 'Credits', 'More'])
  for (const name of ['Memory', 'Live', 'Keys', 'Accounts', 'Prices', 'Audit', 'Events', 'Node']) {
    await rail.getByRole('button', { name: 'More' }).click()
    const views = page.getByRole('dialog', { name: 'Views' })
    await views.waitFor()
    if (name === 'Memory') expect(await barriers(page)).toEqual([])
    await views.getByRole('link', { name }).click()
    await page.getByRole('heading', { level: 1, name }).waitFor()
    await views.waitFor({ state: 'detached' })
  }
  await rail.getByRole('link', { name: 'Jobs' }).click()
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor()
  expectNothingWrong(seen)
  await seen.close()
})

test('a page weighs at most 350 KiB before the first click, and asks no other origin', async () => {
  const weights: [string, number][] = []
  for (const [path, , shows] of [...VIEWS, [`/jobs/${job}`, 'Jobs', 'from acceptance to its end'] as const]) {
    const seen = await visit(browser, server)
    const asked = new Set<string>()
    seen.page.on('request', (request) => asked.add(request.url()))
    await seen.page.goto(`/console${path}`)
    await seen.page.getByText(shows).first().waitFor()
    // What a view loads once its figures are there is a part of it.
    await seen.page.waitForTimeout(SETTLED_MS)
    const files = ['index.html', ...[...asked].filter((url) => url.includes('/console/assets/')).map((url) => new URL(url).pathname.slice('/console/'.length))]
    const weight = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(resolve(import.meta.dirname, '../dist/app'), file))).length, 0)
    expect(files.length).toBeGreaterThan(3)
    weights.push([path, weight])
    expect(weight, `${path} weighs ${weight}`).toBeLessThanOrEqual(BEFORE_THE_FIRST_CLICK_MAX)
    expect([...asked].filter((url) => !url.startsWith(`${server.url}/`) && !url.startsWith('blob:'))).toEqual([])
    await seen.close()
  }
  const [path, most] = weights.reduce((heaviest, one) => (one[1] > heaviest[1] ? one : heaviest))
  process.stdout.write(`the heaviest of ${weights.length} views before the first click is ${path}: ${(most / 1024).toFixed(1)} KiB gzipped\n`)
})

test('on a slow network a view says that it loads, and nothing jumps', async () => {
  const seen = await visit(browser, server)
  const { page } = seen
  await page.addInitScript(
    "globalThis.jumped = 0; new PerformanceObserver((list) => { for (const { value, hadRecentInput } of list.getEntries()) if (!hadRecentInput) jumped += value }).observe({ type: 'layout-shift', buffered: true })",
  )
  const network = await seen.context.newCDPSession(page)
  await network.send('Network.enable')
  await network.send('Network.emulateNetworkConditions', { offline: false, latency: 600, downloadThroughput: 200_000, uploadThroughput: 100_000 })
  // Nobody knows how long the page takes on its way: the list waits until it was seen to be waited for.
  let release = () => {}
  const wasSeen = new Promise<void>((resolve) => (release = resolve))
  await page.route(/\/v1\/jobs(\?|$)/, async (route) => {
    await wasSeen
    await route.continue()
  })
  await page.goto('/console/jobs')
  await page.getByRole('status', { name: 'Loading jobs' }).waitFor()
  release()
  await page.getByText('in all').waitFor()
  expect(await page.evaluate<number>('jumped')).toBeLessThan(0.1)
  expectNothingWrong(seen)
  await seen.close()
})

test('files are sent compressed, once, and the page is isolated from others', async () => {
  const html = await fetch(`${server.url}/console`)
  const [, script = ''] = /src="(\/console\/assets\/[^"]+\.js)"/.exec(await html.text()) ?? []
  for (const coding of ['br', 'gzip']) {
    const file = await fetch(server.url + script, { headers: { 'accept-encoding': coding } })
    expect([file.status, file.headers.get('content-encoding')]).toEqual([200, coding])
    expect(file.headers.get('cache-control')).toContain('immutable')
    const again = await fetch(server.url + script, { headers: { 'if-none-match': file.headers.get('etag') ?? '' } })
    expect(again.status).toBe(304)
    expect((await file.text()).length).toBeGreaterThan(1_000)
  }
  const seen = await visit(browser, server)
  await seen.go('/node', 'Node')
  expect(await seen.page.evaluate<boolean>('crossOriginIsolated')).toBe(true)
  await seen.close()
})
