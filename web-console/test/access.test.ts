/** Who sees what: the link and the key, the first minute, scopes, sign-out, and a server that goes away and comes back. */
import { Inos } from '@inos/sdk'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { binary, start } from '../../sdk-ts/test/support/server.js'
import { browse, expectNothingWrong, visit } from './support/visit'

const server = inject('server')
const admin = new Inos(server)
const SENTENCE = '2f1514181aadccd913abd94cfa592701a5686ab23f8df1dff1b74710febc6d4a'

let browser: Browser

beforeAll(async () => {
  browser = await browse()
})

afterAll(() => browser.close())

/** What a server says when it starts, for a person to click on. */
async function linkOf(folder: string): Promise<{ link: string; stop: () => void }> {
  const args = ['serve', '--json', '--listen', '127.0.0.1:0', '--data-dir', folder, '--arena-size', '64MiB']
  const child = spawn(binary(), args, { env: { PATH: process.env['PATH'], INOS_LOG_LEVEL: 'error' }, stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await new Promise<string>((resolve) => child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())))
  // The link itself lies in a file that only who runs the server may read.
  const [, file = ''] = /"console_link":"([^"]+)"/.exec(line) ?? []
  const link = readFileSync(file, 'utf8').trim()
  return { link, stop: () => void child.kill() }
}

test('the link signs in, and one click runs, shows and proves a first job', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inos-console-'))
  const { link, stop } = await linkOf(folder)
  const seen = await visit(browser, { url: new URL(link).origin })
  const { page } = seen
  await page.goto(link)
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  expect(page.url()).toBe(`${new URL(link).origin}/console`)
  await page.getByRole('link', { name: 'Run a first job' }).first().click()
  await page.getByLabel('The file to hash').setInputFiles({ name: 'fox.txt', mimeType: 'text/plain', buffer: Buffer.from('The quick brown fox jumps over the lazy dog') })
  await page.getByText('This is the fingerprint of fox.txt').waitFor()
  await page.getByText(SENTENCE).waitFor()
  await page.getByText('Verified in this page').waitFor()
  await page.getByText('The input is your file, byte for byte').waitFor()
  await page.getByRole('link', { name: 'Look at this job' }).click()
  await page.getByRole('complementary', { name: 'Job' }).getByText('compute.blake3').waitFor()
  expectNothingWrong(seen)
  const again = await visit(browser, { url: new URL(link).origin })
  await again.page.goto(link)
  await again.page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  await again.page.getByText('It was used, or is older than that').waitFor()
  await again.close()
  await seen.close()
  stop()
  rmSync(folder, { recursive: true, force: true })
})

test('a key signs in where somebody wanted to go, a wrong one does not, and signing out shows nothing more', async () => {
  const seen = await visit(browser, { url: server.url })
  const { page, go } = seen
  await go('/credits', 'Sign in')
  await page.getByLabel('API key').fill('inos_00000000000000000000000000000000_wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('alert').getByText('This key opens nothing here').waitFor()
  await page.getByLabel('API key').fill(server.key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Credits' }).waitFor()
  expect(await page.evaluate<string>('document.cookie')).toBe('')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  await page.goBack()
  await page.goto('/console/keys')
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  expectNothingWrong(seen)
  await seen.close()
})

test('a cookie that was taken to another browser opens nothing there, and a second tab of the same one is signed in', async () => {
  const seen = await visit(browser, { url: server.url })
  const { page, go } = seen
  await go('/', 'Sign in')
  await page.getByLabel('API key').fill(server.key)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  const tab = await seen.context.newPage()
  await tab.goto('/console/credits')
  await tab.getByRole('heading', { level: 1, name: 'Credits' }).waitFor()
  const thief = await visit(browser, { url: server.url })
  await thief.context.addCookies(await seen.context.cookies())
  await thief.go('/credits', 'Sign in')
  expectNothingWrong(thief)
  await thief.close()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  await tab.reload()
  await tab.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  expectNothingWrong(seen)
  await seen.close()
})

test('a key without a scope sees no button that it may not press', async () => {
  const made = await admin.keys.create({ name: 'jobs alone', scopes: ['jobs'] })
  const jobs = await visit(browser, { url: server.url, key: made.secret })
  await jobs.go('/', 'Overview')
  const rail = (page: typeof jobs.page) => page.getByRole('navigation', { name: 'Views' }).getByRole('listitem').allInnerTexts()
  expect(await rail(jobs.page)).toEqual(['Overview', 'Jobs', 'Playground', 'Memory', 'Events', 'Node'])
  expect(await jobs.page.getByText('Available credits').count()).toBe(0)
  expectNothingWrong(jobs)
  await jobs.close()
  const other = await admin.keys.create({ name: 'account alone', scopes: ['account'] })
  const money = await visit(browser, { url: server.url, key: other.secret })
  await money.go('/credits', 'Credits')
  expect(await rail(money.page)).toEqual(['Credits', 'Keys', 'Audit', 'Node'])
  await money.page.getByRole('link', { name: 'Keys' }).click()
  await money.page.getByRole('button', { name: 'Make a key' }).click()
  const dialog = money.page.getByRole('dialog')
  expect(await dialog.getByRole('checkbox').count()).toBe(1)
  expectNothingWrong(money)
  await money.close()
})

test('a key is made, shown once, opens what it should, and is revoked', async () => {
  const seen = await visit(browser, server)
  const { page, go } = seen
  await go('/keys', 'Keys')
  await page.getByRole('button', { name: 'Make a key' }).click()
  const form = page.getByRole('dialog', { name: 'Make a key' })
  await form.getByLabel('Name').fill('from the console')
  await form.getByLabel('Budget, in credits').fill('2.5')
  await form.getByRole('button', { name: 'Make the key' }).click()
  const shown = page.getByRole('dialog', { name: 'from the console' })
  const secret = await shown.getByText(/^inos_/).innerText()
  const made = (await admin.keys.list()).items.find(({ name }) => name === 'from the console')
  expect([made?.budget, made?.scopes]).toEqual([2_500_000, ['jobs']])
  const own = new Inos({ url: server.url, key: secret })
  await own.jobs.list()
  await shown.getByRole('button', { name: 'I have it' }).click()
  expect(await page.getByText(secret).count()).toBe(0)
  await page.getByRole('button', { name: 'Revoke from the console' }).click()
  await page.getByRole('button', { name: 'Revoke the key' }).click()
  await page.getByText('from the console opens nothing any more', { exact: true }).waitFor()
  await expect(own.jobs.list()).rejects.toThrow()
  expectNothingWrong(seen)
  await seen.close()
})

test('an operator makes an account and gives it credits, and both are in the audit log', async () => {
  const seen = await visit(browser, server)
  const { page, go } = seen
  await go('/accounts', 'Accounts')
  await page.getByRole('button', { name: 'Make an account' }).click()
  await page.getByLabel('Name').fill('by the console')
  await page.getByLabel('Credits to begin with').fill('3')
  await page.getByRole('button', { name: 'Make the account' }).click()
  const shown = page.getByRole('dialog', { name: 'by the console' })
  const own = new Inos({ url: server.url, key: await shown.getByText(/^inos_/).innerText() })
  expect((await own.account.get()).available).toBe(3_000_000)
  await shown.getByRole('button', { name: 'I have it' }).click()
  await page.getByRole('button', { name: 'Give credits to by the console' }).click()
  await page.getByLabel('Credits', { exact: true }).fill('0.5')
  await page.getByLabel('Words to go with it').fill('for the first steps')
  await page.getByRole('button', { name: 'Give the credits' }).click()
  await page.getByText('by the console has 0.5 credits more', { exact: true }).waitFor()
  expect((await own.account.get()).available).toBe(3_500_000)
  await go('/audit', 'Audit')
  for (const act of ['account.create', 'credits.grant']) await page.getByText(act, { exact: true }).first().waitFor()
  expectNothingWrong(seen)
  await seen.close()
})

test('whoever revokes the key behind the page is shown out', async () => {
  const made = await admin.keys.create({ name: 'short', scopes: ['jobs'] })
  const seen = await visit(browser, { url: server.url, key: made.secret })
  await seen.go('/', 'Overview')
  await admin.keys.revoke(made.key.id)
  await seen.page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor()
  await seen.close()
})

test('a method is quoted, run and taken along; a secret is answered and kept nowhere', async () => {
  const seen = await visit(browser, server)
  const { page, go } = seen
  await go('/playground?method=compute.sha256', 'Playground')
  await page.getByLabel('Input, as text').fill("it's")
  await page.getByText(/^Costs/).waitFor()
  await page.getByText("'it'\\''s'").waitFor()
  await page.getByRole('button', { name: 'Run' }).click()
  const result = page.getByRole('region', { name: 'Result' })
  await result.getByText('succeeded').waitFor()
  await result.getByText(/^[0-9a-f]{64}$/).waitFor()
  await page.getByLabel('Input, as a file').setInputFiles({ name: 'large.bin', mimeType: 'application/octet-stream', buffer: Buffer.alloc(5 << 20, 7) })
  await page.getByText('5 MiB of at most').waitFor()
  await page.getByRole('button', { name: 'Run' }).click()
  await expect.poll(async () => (await admin.jobs.list({ limit: 1, method: 'sha256' })).items[0]?.metrics?.bytes_in).toBe(5 << 20)
  await result.getByText('succeeded').waitFor()
  await go('/playground?method=crypto.x25519_keygen', 'Playground')
  await page.getByRole('button', { name: 'Run' }).click()
  await result.getByText('a secret: the server keeps none of it').waitFor()
  await go('/playground?method=compute.blake3', 'Playground')
  await page.getByLabel('length').fill('0')
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('alert').getByText('At least 1.').waitFor()
  await go('/playground?method=no.such', 'Playground')
  await page.getByText('This server has no method no.such.').waitFor()
  expectNothingWrong(seen)
  await seen.close()
})

test('a server that is away is said to be, and the page goes on without a reload when it is back', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inos-console-'))
  const first = await start({ folder })
  const seen = await visit(browser, first)
  const { page, go } = seen
  await go('/jobs', 'Jobs')
  await page.getByText('No jobs yet').waitFor()
  await page.evaluate('globalThis.here = 1')
  first.kill()
  await page.getByText('The server has not answered for').waitFor()
  const again = await start({ folder, listen: new URL(first.url).host })
  await page.getByText('The server has not answered for').waitFor({ state: 'detached' })
  await new Inos(again).jobs.submit('compute', 'blake3', ['after'], { labels: { when: 'after' } })
  await page.getByText('when=after').waitFor()
  expect(await page.evaluate<number>('globalThis.here')).toBe(1)
  expectNothingWrong(seen)
  await seen.close()
  await again.stop()
  rmSync(folder, { recursive: true, force: true })
})
