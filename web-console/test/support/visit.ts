/** The console in Chromium, as somebody sees it: signed in, and watched for whatever no page may do. */
import axe from 'axe-core'
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium, type Page, type Route } from 'playwright-core'
import { expect } from 'vitest'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** Scenes are drawn without a graphics card, by the browser itself. */
const GRAPHICS = ['--enable-unsafe-swiftshader', '--ignore-gpu-blocklist']

/** How somebody comes. */
export interface Visit {
  url: string
  /** Whose they are; nobody's without it. */
  key?: string | undefined
  scheme?: 'light' | 'dark'
  width?: number
}

/** A browser for the tests of one file. */
export async function browse(): Promise<Browser> {
  if (!CHROMIUM) throw new Error('Chromium is missing: apt-get install chromium')
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', ...GRAPHICS] })
}

/** A page with what went wrong in it. */
export interface Watched {
  page: Page
  context: BrowserContext
  /** What no page may do: faults, dialogs, breaches of its policy. */
  wrongs: string[]
  /** Goes to a view and waits until it says what it is. */
  go: (path: string, heading: string) => Promise<void>
  close: () => Promise<void>
}

/** Opens a page, signed in by a cookie as the server gives it. */
export async function visit(browser: Browser, { url, key, scheme = 'dark', width = 1440 }: Visit): Promise<Watched> {
  const height = width < 600 ? 844 : 900
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce', baseURL: url })
  if (key !== undefined) {
    const { cookie, secret } = await sessionOf(url, key)
    await context.addCookies([cookie])
    // What the page itself keeps at sign-in, once: a page that signs out is not to be signed in again.
    await context.addInitScript(`if (!sessionStorage.getItem('came')) { sessionStorage.setItem('came', '1'); localStorage.setItem('inos-session', ${JSON.stringify(secret)}) }`)
  }
  const page = await context.newPage()
  const wrongs: string[] = []
  page.on('pageerror', (error) => wrongs.push(`fault: ${error.message}`))
  page.on('dialog', (dialog) => {
    wrongs.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('console', (message) => {
    const text = message.text()
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) wrongs.push(`console: ${text}`)
  })
  await page.exposeFunction('breach', (what: string) => void wrongs.push(`policy: ${what}`))
  await page.addInitScript("addEventListener('securitypolicyviolation', (event) => breach(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`))")
  const go = async (path: string, heading: string) => {
    await page.goto(`/console${path}`)
    await page.getByRole('heading', { level: 1, name: heading }).waitFor()
  }
  return { page, context, wrongs, go, close: () => context.close() }
}

async function sessionOf(url: string, key: string) {
  const response = await fetch(`${url}/v1/console/session`, { method: 'POST', headers: { authorization: `Bearer ${key}` } })
  const { secret }: { secret: string } = await response.json()
  const [pair = ''] = (response.headers.get('set-cookie') ?? '').split(';')
  const [name = '', value = ''] = pair.split('=')
  return { secret, cookie: { name, value, url, httpOnly: true, sameSite: 'Strict' as const } }
}

/** What of a page people who see, hear or move otherwise cannot use: serious and critical findings, and where. */
export async function barriers(page: Page): Promise<string[]> {
  // Evaluated by the driver: the page's own policy lets no such script in.
  await page.evaluate(`{const define = undefined, module = undefined; ${axe.source}}`)
  const found = await page.evaluate<{ id: string; impact: string; nodes: { html: string; any: { message: string }[] }[] }[]>(
    "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }).then(({ violations }) => violations)",
  )
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 160)} (${any[0]?.message ?? ''})`).join(' | ')}`)
}

/** Nothing went wrong in a page. */
export function expectNothingWrong({ wrongs }: Watched): void {
  expect(wrongs).toEqual([])
}

/** A refusal as the server writes one. */
export const REFUSAL = {
  type: '/problems/internal',
  title: 'Something broke on our side',
  status: 500,
  detail: 'Nothing was charged.',
  instance: '/v1',
  code: 'internal',
  request_id: 'r-of-the-test',
  retryable: false,
}

/** Answers in the server's place that it will not, for what it refuses too seldom to wait for. */
export async function refuse(route: Route): Promise<void> {
  await route.fulfill({ status: REFUSAL.status, contentType: 'application/problem+json', body: JSON.stringify(REFUSAL) })
}
