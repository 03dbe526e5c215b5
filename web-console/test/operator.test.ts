/** What an operator sees and sets: the server's own figures, its settings, prices, and who spent what; and rows that no browser reads. */
import { Inos, type Prices } from '@inos/sdk'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Server, start } from '../../sdk-ts/test/support/server.js'
import { barriers, browse, expectNothingWrong, visit } from './support/visit'

let browser: Browser
let server: Server
let admin: Inos

// Its own server: prices are for everybody on it.
beforeAll(async () => {
  browser = await browse()
  server = await start({ args: ['--name', 'operated', '--keep-jobs', '3d'] })
  admin = new Inos(server)
})

afterAll(async () => {
  await browser.close()
  await server.stop()
})

const prices = () => admin.request<Prices>({ method: 'GET', path: '/v1/admin/prices' })

test('prices are changed where they stand, reviewed with their effect, and paid from then on', async () => {
  const seen = await visit(browser, server)
  const { page, go } = seen
  await go('/prices', 'Prices')
  await page.getByText('the units’ own').waitFor()
  await page.getByLabel('Find a method').fill('compute.b')
  await page.getByLabel('compute.blake3, Each job').fill('25')
  await page.getByLabel('compute.blake3, KiB in').fill('1.5')
  await page.getByText('1 field is no whole number of microcredits').waitFor()
  expect(await page.getByRole('button', { name: 'Review and set' }).isDisabled()).toBe(true)
  expect(await barriers(page)).toEqual([])
  await page.getByLabel('compute.blake3, KiB in').fill('1')
  await page.getByText('1 price differs from what is in force').waitFor()
  await page.getByRole('button', { name: 'Review and set' }).click()
  const dialog = page.getByRole('dialog', { name: 'Set table 2 of prices' })
  await dialog.getByText('10 → 25 µcr').waitFor()
  await dialog.getByText('+150 %').waitFor()
  await dialog.getByText('jobs under way keep theirs').waitFor()
  expect(await barriers(page)).toEqual([])
  expect((await prices()).version.number, 'nothing is set before it is confirmed').toBe(1)
  await dialog.getByRole('button', { name: 'Set 1 prices' }).click()
  await page.getByText('set by an admin').waitFor()
  expect((await prices()).prices['compute']?.['blake3']).toMatchObject({ base: 25, per_kib_in: 1 })
  expect((await admin.run('compute', 'blake3', 'abc')).cost).toBe(26)
  // Somebody else sets prices meanwhile: what was typed over the older table is refused, and nothing changes.
  await page.getByLabel('compute.sha256, Each job').fill('77')
  await admin.request({ method: 'PUT', path: '/v1/admin/prices', json: { version: 3, stored_mib_day: 0, prices: { compute: { blake3: { base: 30 } } } } })
  await page.getByRole('button', { name: 'Review and set' }).click()
  await page.getByRole('button', { name: 'Set 1 prices' }).click()
  await page.getByRole('alert').getByText('Nothing was changed').waitFor()
  expect((await prices()).prices['compute']?.['sha256']?.base).not.toBe(77)
  expectNothingWrong(seen)
  await seen.close()
})

test('what was spent stands over time, by unit and by the key that asked', async () => {
  const made = await admin.keys.create({ name: 'nightly build', scopes: ['jobs'] })
  const nightly = new Inos({ url: server.url, key: made.secret })
  await nightly.run('compute', 'sha256', 'abc')
  await admin.run('compute', 'blake3', 'abc')
  const seen = await visit(browser, server)
  const { page, go } = seen
  await go('/credits', 'Credits')
  const section = page.locator('section', { has: page.getByRole('heading', { name: 'Spending over time' }) })
  await section.getByRole('img', { name: 'Spent by unit, last 24 hours' }).waitFor()
  await section.getByRole('cell', { name: 'compute' }).waitFor()
  await section.getByLabel('Told apart by').selectOption('key')
  await section.getByRole('cell', { name: 'nightly build' }).waitFor()
  await section.getByLabel('Over how long').selectOption('30 days')
  await section.getByRole('img', { name: 'Spent by key, last 30 days' }).waitFor()
  expect(await barriers(page)).toEqual([])
  expectNothingWrong(seen)
  await seen.close()
})

test('the server’s own figures say how jobs of all accounts ended, how long they took, and over which window', async () => {
  await admin.run('compute', 'blake3', 'abc')
  const seen = await visit(browser, server)
  const { page, go } = seen
  await go('/', 'Overview')
  const figures = page.getByLabel(/^Jobs of all accounts, last \d+ s$/)
  await figures.getByText(/^\d+ jobs? ended, last\s\d+\ss$/).waitFor()
  await figures.getByText(/^95 % within [\d.]+ (µs|ms|s), last\s\d+\ss$/).first().waitFor()
  expectNothingWrong(seen)
  await seen.close()
})

test('what the server was told stands with the node, and who is no admin does not see it', async () => {
  const seen = await visit(browser, server)
  const { page, go } = seen
  await go('/node', 'Node')
  const settings = page.getByRole('region', { name: 'Configuration' })
  await settings.getByRole('row', { name: /^keep-jobs 3d flag --keep-jobs/ }).waitFor()
  await settings.getByRole('row', { name: /^queue-max 65536 default/ }).waitFor()
  expect(await barriers(page)).toEqual([])
  await seen.close()
  const { secret } = await admin.keys.create({ name: 'looker', scopes: ['jobs', 'account'] })
  const other = await visit(browser, { url: server.url, key: secret })
  await other.go('/node', 'Node')
  await other.page.getByRole('heading', { name: 'Units' }).waitFor()
  expect(await other.page.getByRole('heading', { name: 'Configuration' }).count()).toBe(0)
  await other.go('/prices', 'Prices')
  await other.page.getByText('This is for operators').waitFor()
  expectNothingWrong(other)
  await other.close()
})

test.each([
  ['parquet', 'Parquet'],
  ['arrow', 'Arrow'],
] as const)('rows of %s are read by a job that says what it costs, as many as were asked for', async (output, kind) => {
  // One number that no page can hold as a number, and words that are no markup.
  const csv = ['no,large,text', ...Array.from({ length: 1_200 }, (_, at) => `${at},${9007199254740993n + BigInt(at)},${at === 99 ? '<img src=x onerror=alert(1)>' : `row ${at}`}`)].join('\n')
  const job = await admin.jobs.submit('data', 'convert', csv, { params: { output } })
  expect((await admin.jobs.wait(job.id)).state).toBe('succeeded')
  const seen = await visit(browser, server)
  const { page } = seen
  await page.goto(`/console/jobs/${job.id}`)
  const panel = page.getByRole('complementary', { name: 'Job' })
  await panel.getByRole('tab', { name: 'Outputs (1)' }).click()
  await panel.getByText(`${kind} keeps its rows by columns`).waitFor()
  await panel.getByText(/^costs about [\d,.]+ (µcr|cr), at most/).waitFor()
  const before = (await admin.jobs.list({ method: 'query' })).items.length
  expect(await barriers(page)).toEqual([])
  await panel.getByRole('button', { name: 'Show the first 1,000 rows' }).click()
  await panel.getByRole('cell', { name: '9007199254740993', exact: true }).waitFor()
  await panel.getByRole('cell', { name: '<img src=x onerror=alert(1)>' }).waitFor()
  await panel.getByText('Only the first 1,000 rows were read').waitFor()
  await panel.getByText(/^Read by a job .* for/).waitFor()
  await panel.getByRole('button', { name: 'Show the first 20,000 rows' }).click()
  await panel.getByText('0 to 99 of 1,200 rows').waitFor()
  await panel.getByRole('button', { name: 'Later rows' }).click()
  await panel.getByRole('cell', { name: 'row 100', exact: true }).waitFor()
  expect((await admin.jobs.list({ method: 'query' })).items.length).toBe(before + 2)
  expect(await barriers(page)).toEqual([])
  expectNothingWrong(seen)
  await seen.close()
})

test('rows of a file are seen before it becomes an input', async () => {
  const { bytes } = await admin.run('data', 'convert', 'a,b\n1,first\n2,second\n', { params: { output: 'parquet' } })
  const seen = await visit(browser, server)
  const { page, go } = seen
  await go('/playground?method=data.profile', 'Playground')
  await page.getByLabel(/as a file$/).setInputFiles({ name: 'table.parquet', mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) })
  await page.getByText('Its rows').click()
  await page.getByRole('button', { name: 'Show the first 1,000 rows' }).click()
  await page.getByRole('cell', { name: 'second' }).waitFor()
  expect(await barriers(page)).toEqual([])
  expectNothingWrong(seen)
  await seen.close()
})
