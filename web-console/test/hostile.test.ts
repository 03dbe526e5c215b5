/** What others wrote is text: sixty payloads through every name, label, parameter, log line, file name and output. */
import { Inos } from '@inos/sdk'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { browse, visit } from './support/visit'

const server = inject('server')

const BASE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '"><script>alert(1)</script>',
  "'><img src=x onerror=alert(1)>",
  '</title><script>alert(1)</script>',
  '</textarea><script>alert(1)</script>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<iframe src=javascript:alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<body onload=alert(1)>',
  '<input autofocus onfocus=alert(1)>',
  '<details open ontoggle=alert(1)>',
  '<video src=x onerror=alert(1)>',
  '<object data="javascript:alert(1)">',
  '<embed src="javascript:alert(1)">',
  '<math href="javascript:alert(1)">x</math>',
  '<style>@import "http://evil.test"</style>',
  '<link rel=stylesheet href=http://evil.test>',
  '<base href=http://evil.test>',
  '<meta http-equiv=refresh content="0;url=http://evil.test">',
  '<form action=http://evil.test><button autofocus>x</button></form>',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}}',
  '${alert(1)}',
  '`${alert(1)}`',
  '<!--><img src=x onerror=alert(1)>-->',
  '<template><img src=x onerror=alert(1)></template>',
]
/** The same in other clothes: letters of both cases, and encoded for whoever decodes once too often. */
const PAYLOADS = [...BASE, ...BASE.map((text, at) => (at % 2 ? text.replace(/[a-z]/g, (c, place: number) => (place % 2 ? c.toUpperCase() : c)) : encodeURIComponent(text).slice(0, 120)))]
const LABELS_A_JOB = 10
/** How long a view has for what would run in it, in milliseconds. */
const SETTLED_MS = 300
const OUTLIERS = ['=cmd|"/c calc"!A1', '__proto__', 'constructor']

let browser: Browser

beforeAll(async () => {
  browser = await browse()
})

afterAll(() => browser.close())

test('sixty payloads on every view run nothing, open nothing and break no policy', async () => {
  expect(new Set(PAYLOADS).size).toBeGreaterThanOrEqual(60)
  const admin = new Inos(server)
  const made = await admin.request<{ key: { secret: string } }>({ method: 'POST', path: '/v1/admin/accounts', json: { name: '<img src=x onerror=alert(1)>', credits: 1_000_000_000 } })
  const own = { url: server.url, key: made.key.secret }
  const inos = new Inos(own)
  for (const name of PAYLOADS.slice(0, 20)) await inos.keys.create({ name, scopes: ['jobs'] })
  const jobs: string[] = []
  for (let at = 0; at < PAYLOADS.length; at += LABELS_A_JOB) {
    const some = PAYLOADS.slice(at, at + LABELS_A_JOB)
    const labels = Object.fromEntries(some.map((text, place) => [`l${place}`, text.slice(0, 120)]))
    const { id } = await inos.jobs.submit('test', 'echo', [some.join('\n')], { labels })
    jobs.push(id)
  }
  const told: string[] = []
  for (const text of PAYLOADS) told.push((await inos.jobs.submit('test', 'tell', [], { params: { steps: 1, text } })).id)
  for (const id of [...jobs, ...told]) await inos.jobs.wait(id)
  for (const [at, text] of PAYLOADS.slice(0, 6).entries()) {
    await inos.request({ method: 'PUT', path: `/v1/regions/hostile${at}`, query: { schema: at % 2 ? text : `inos.life.v1 ${text}` }, headers: { 'content-type': 'application/x-hostile' }, body: PAYLOADS.join('\n') })
  }
  const note = PAYLOADS[1] ?? ''
  const { id: to } = await inos.account.get()
  await admin.account.transfer({ to, amount: 5, note })
  const seen = await visit(browser, own)
  const { page, go, wrongs } = seen
  for (const [path, heading] of [['/', 'Overview'], ['/jobs', 'Jobs'], ['/credits', 'Credits'], ['/keys', 'Keys'], ['/audit', 'Audit'], ['/events', 'Events'], ['/memory', 'Memory'], ['/memory?region=hostile1', 'Memory'], ['/live', 'Live'], ['/live?region=hostile0', 'Live'], ['/node', 'Node']] as const) {
    await go(path, heading)
    await page.waitForTimeout(SETTLED_MS)
  }
  await go('/credits', 'Credits')
  await page.getByText(note).first().waitFor()
  for (const id of [...jobs, ...told.slice(0, 6)]) {
    await page.goto(`/console/jobs/${id}`)
    const panel = page.getByRole('complementary', { name: 'Job' })
    await panel.getByText('succeeded').first().waitFor()
    for (const tab of ['Parameters', 'Events', 'Outputs (1)', 'Receipt']) {
      const shown = panel.getByRole('tab', { name: tab })
      if ((await shown.count()) > 0) await shown.click()
    }
  }
  for (const text of PAYLOADS.slice(0, 20)) {
    await page.goto(`/console/jobs?q=${encodeURIComponent(text)}&method=${encodeURIComponent(text)}&status=${encodeURIComponent(text)}`)
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor()
    for (const view of ['live', 'memory']) await page.goto(`/console/${view}?region=${encodeURIComponent(text)}`)
    await page.goto(`/console/playground?method=${encodeURIComponent(text)}`)
    await page.getByRole('heading', { level: 1, name: 'Playground' }).waitFor()
  }
  await go('/playground?method=test.echo', 'Playground')
  for (const text of [...PAYLOADS.slice(0, 20), ...OUTLIERS]) {
    await page.getByLabel('Input, as text').fill(text)
    const name = text.replaceAll('/', '_')
    await page.getByLabel('Input, as a file').setInputFiles({ name, mimeType: 'text/html', buffer: Buffer.from(text) })
    await page.getByText(name).first().waitFor()
    await page.getByRole('button', { name: 'Type instead' }).click()
  }
  expect(wrongs).toEqual([])
  expect(await page.evaluate<number>("document.querySelectorAll('#root script, #root iframe, #root object, #root embed, #root base, #root link').length")).toBe(0)
  await seen.close()
}, 150_000)

test('a page of another origin cannot act through the cookie, nor put the console into a frame', async () => {
  const seen = await visit(browser, server)
  const { page } = seen
  const before = (await new Inos(server).jobs.list({ limit: 1 })).items[0]?.id
  // Another host name for the same machine, and so another site to the browser.
  const elsewhere = server.url.replace('127.0.0.1', 'localhost')
  await page.goto(`${elsewhere}/docs`)
  const tried = await page.evaluate<string[]>(`(async () => {
    const to = ${JSON.stringify(server.url)}
    const attempt = async (init) => {
      try {
        const answer = await fetch(to + '/v1/jobs', { credentials: 'include', ...init })
        return String(answer.status)
      } catch (error) {
        return error.name
      }
    }
    const body = JSON.stringify({ unit: 'compute', method: 'blake3', inputs: [{ text: 'evil' }] })
    return [
      await attempt({ method: 'POST', body, mode: 'no-cors' }),
      await attempt({ method: 'POST', body, headers: { 'content-type': 'application/json', 'inos-console': '1' } }),
      await attempt({ headers: { 'inos-console': '1' } }),
    ]
  })()`)
  expect(tried.every((one) => ['0', 'TypeError', '401', '403'].includes(one)), tried.join()).toBe(true)
  expect((await new Inos(server).jobs.list({ limit: 1 })).items[0]?.id).toBe(before)
  const page2 = await seen.context.newPage()
  await page2.setContent(`<iframe src="${server.url}/console"></iframe>`)
  await page2.waitForTimeout(500)
  const inside = page2.frames().find((frame) => frame !== page2.mainFrame())
  expect(inside?.url()).toBe('chrome-error://chromewebdata/')
  await seen.close()
})
