/** A browser, and pages of another origin than the server's, with what is published beside them. */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, resolve } from 'node:path'
import { once } from 'node:events'
import { type Browser, chromium } from 'playwright-core'

/** The folder of the SDK. */
export const root = resolve(import.meta.dirname, '../..')
const TYPES: { [ending: string]: string } = { '.html': 'text/html', '.js': 'text/javascript' }
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** What makes a page one that may share memory with its workers. */
export const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

/** Pages that are served. */
export interface Pages {
  origin: string
  close(): void
}

/** Opens Chromium. */
export function openBrowser(): Promise<Browser> {
  if (!CHROMIUM) throw new Error('Chromium is missing: apt-get install chromium')
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
}

/** Serves texts by their paths, `dist`, and folders by what their paths begin with. */
export async function servePages(
  made: { [path: string]: string },
  { folders = {}, headers = {} }: { folders?: { [prefix: string]: string }; headers?: { [name: string]: string } } = {},
): Promise<Pages> {
  const places: [string, string][] = [...Object.entries(folders), ['/dist/', join(root, 'dist')]]
  const files = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost')
    const [prefix, folder] = places.find(([prefix]) => pathname.startsWith(prefix)) ?? ['/', join(root, 'examples/page')]
    const path = join(folder, pathname.slice(prefix.length))
    const body = made[pathname] ?? (existsSync(path) ? readFileSync(path) : undefined)
    const type = TYPES[extname(pathname)] ?? 'text/plain'
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type, ...headers })
    response.end(body)
  })
  files.listen(0, '127.0.0.1')
  await once(files, 'listening')
  const address = files.address()
  if (typeof address !== 'object' || address === null) throw new Error('no address')
  // Another host name than the server's, so that it is another site to the browser.
  return { origin: `http://localhost:${address.port}`, close: () => void files.close() }
}
