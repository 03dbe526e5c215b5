/** The library in Chromium: a page of another origin than the server, built as it is published, and the page without a bundler. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { blake3 } from '../src/receipts/index.js'
import { Inos } from '../src/index.js'
import { type Cutter, cutter } from './support/cutter.js'
import { openBrowser, type Pages, root, servePages } from './support/pages.js'

const server = inject('server')

/** What the pages of these tests have, each module under its name. */
declare const sdk: {
  index: typeof import('../src/index.js')
  capnp: typeof import('../src/capnp/index.js')
  receipts: typeof import('../src/receipts/index.js')
  upload: typeof import('../src/upload/index.js')
}
/** Cuts every connection through the test's way to the server. */
declare function breakOff(): Promise<void>
const NAMES = ['index', 'capnp', 'receipts', 'upload']
const MODULES = `${NAMES.map((name) => `import * as ${name} from '/dist/${name}.js'\n`).join('')}globalThis.sdk = { ${NAMES} }`

const react = mkdtempSync(join(tmpdir(), 'inos-sdk-react-'))
let browser: Browser
let pages: Pages
let page: Page
let faults: string[]

/** Serves the examples, one of them built with Vite, and what is published. */
async function serve(): Promise<Pages> {
  await build({
    root: join(root, 'examples/react'),
    base: '/react/',
    logLevel: 'error',
    resolve: { alias: { '@inos/sdk/react': join(root, 'dist/react.js'), '@inos/sdk': join(root, 'dist/index.js') } },
    build: { outDir: react, emptyOutDir: true },
  })
  const empty = `<!doctype html><title>Empty</title><script type="module">${MODULES}</script>`
  return servePages({ '/empty.html': empty }, { folders: { '/react/': react } })
}

async function open(path: string): Promise<Page> {
  page = await browser.newPage()
  page.on('pageerror', (error) => faults.push(String(error)))
  await page.goto(pages.origin + path)
  return page
}

beforeAll(async () => {
  pages = await serve()
  browser = await openBrowser()
  faults = []
})

afterEach(async () => {
  await page.close()
  expect(faults).toEqual([])
})

afterAll(async () => {
  await browser.close()
  pages.close()
  rmSync(react, { recursive: true })
})

describe('in a page', () => {
  test('a job runs, is proven, and the other origin lets every header through', async () => {
    await open('/empty.html')
    const seen = await page.evaluate(async ({ url, key, node }) => {
      const { Inos } = sdk.index
      const { verifyReceipt } = sdk.receipts
      const inos = new Inos({ url, key })
      const clocks = { queue_ttl_ms: 10_000, timeout_ms: 10_000, deadline: new Date(Date.now() + 60_000).toISOString(), keep: true, budget: 1_000_000, priority: 7 }
      const output = await inos.run('compute', 'blake3', 'abc', { cache: 'refresh', ...clocks })
      const again = await inos.run('compute', 'blake3', 'abc', { cache: 'use' })
      const receipt = await verifyReceipt(output.receipt, { input: 'abc', output: output.bytes, nodeKey: node })
      const { requestId } = await inos.account.get().withResponse()
      const refused = await inos.units.get('none').catch((error: unknown) => (error instanceof sdk.index.ProblemError ? error.code : error))
      return { text: output.text(), job: output.job, proven: receipt.job, requestId, refused, cachedFrom: again.cachedFrom }
    }, server)
    expect(seen.text).toBe('6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85')
    expect([seen.proven, seen.cachedFrom]).toEqual([seen.job, seen.job])
    expect(seen.requestId).toEqual(expect.any(String))
    expect(seen.refused).toBe('unknown-unit')
  })

  test.each(['json', 'capnp'])('a connection in %s goes on over cuts', async (name) => {
    const cuts = 8
    const way: Cutter = await cutter(server.url)
    await open('/empty.html')
    await page.exposeFunction('breakOff', () => way.cut())
    const { via, asked, answered } = await page.evaluate(
      async ({ url, key, name, cuts }) => {
        const connection = await new sdk.index.Inos({ url, key }).connect(name === 'capnp' ? { codec: sdk.capnp.capsule } : {})
        const via = connection.via
        const texts = new Set<string>()
        let asked = 0
        let cut = 0
        const ask = async () => {
          while (cut < cuts) {
            asked += 1
            const input = `${asked}`
            const { outputs } = await connection.run('test', 'echo', input)
            if (outputs[0]?.text() !== input) throw new Error(`${input} was answered with another's output`)
            texts.add(input)
            // A cut comes after so many answers, not after so long: the others' questions are on their way then.
            if (texts.size % 32 === 0 && cut < cuts) {
              cut += 1
              await breakOff()
            }
          }
        }
        await Promise.all(Array.from({ length: 16 }, ask))
        connection.close()
        return { via, asked, answered: texts.size }
      },
      { url: way.url, key: server.key, name, cuts },
    )
    expect(via).toBe('websocket')
    expect(answered).toBe(asked)
    expect(asked).toBeGreaterThanOrEqual(32 * cuts)
    await way.close()
  })

  test('a file goes up with progress while a worker hashes it', async () => {
    await open('/empty.html')
    const seen = await page.evaluate(async ({ url, key }) => {
      const { Inos } = sdk.index
      const { upload } = sdk.upload
      const file = new File([new Uint8Array(4 << 20).fill(9)], 'nines', { type: 'application/x-nines' })
      const told: number[] = []
      const onProgress = ({ done }: { done: number }) => told.push(done)
      const { hash, media_type } = await upload(new Inos({ url, key }), file, {}, { onProgress })
      return { hash, media_type, last: told.at(-1) }
    }, server)
    const hash = await blake3(new Uint8Array(4 << 20).fill(9))
    expect(seen).toEqual({ hash, media_type: 'application/x-nines', last: 4 << 20 })
  })
})

test('the page without a bundler hashes a file under a token', async () => {
  const { token } = await new Inos(server).keys.token({ scopes: ['jobs'], budget: 1_000_000 })
  await open(`/index.html?url=${encodeURIComponent(server.url)}&token=${encodeURIComponent(token)}`)
  await page.setInputFiles('#file', { name: 'abc', mimeType: 'text/plain', buffer: Buffer.from('abc') })
  await page.waitForFunction(() => document.getElementById('digest')?.textContent)
  expect(await page.textContent('#digest')).toBe('6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85')
})

test('React sees the catalogue, and a job from its start to its end', async () => {
  const { token } = await new Inos(server).keys.token({ scopes: ['jobs'] })
  await open(`/react/index.html?url=${encodeURIComponent(server.url)}&token=${encodeURIComponent(token)}`)
  await page.selectOption('select', 'test.tell')
  await page.fill('input[name=params]', '{"steps":5,"ms":50}')
  await page.click('button')
  await page.waitForFunction(() => document.getElementById('state')?.textContent === 'succeeded')
  // The state may be that of now while the events before it are still being told.
  await page.waitForFunction(() => document.getElementById('progress')?.textContent === '5 of 5')
  await page.fill('input[name=params]', '{}')
  await page.selectOption('select', 'compute.brotli_decompress')
  await page.click('button')
  await page.waitForFunction(() => document.getElementById('state')?.textContent === 'failed')
})

test('React keeps a region current, each epoch of it drawn', async () => {
  const inos = new Inos(server)
  const { token } = await inos.keys.token({ scopes: ['jobs', 'regions'] })
  await inos.regions.put('react', 'one')
  await open(`/react/index.html?url=${encodeURIComponent(server.url)}&token=${encodeURIComponent(token)}&region=react`)
  const shows = (text: string) => page.waitForFunction((text) => document.getElementById('region')?.textContent === text, text)
  const { epoch } = await inos.regions.get('react')
  await shows(`one at ${epoch}`)
  await inos.regions.put('react', 'another')
  await shows(`another at ${epoch + 1n}`)
  await inos.regions.delete('react')
  await page.waitForFunction(() => document.querySelector('[role=alert]')?.textContent?.includes('was removed'))
})

function runs(file: string): string {
  const env = { PATH: process.env['PATH'], INOS_URL: server.url, INOS_KEY: server.key }
  return execFileSync('node', [file], { cwd: root, env, encoding: 'utf8' })
}

test('the example for Node runs', () => {
  expect(runs('examples/node.mjs')).toMatch(/proven: job_[0-9a-f]{32}\nran 100 jobs over one connection\n/)
})

test('the first lines of the README run as they stand', () => {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
  const file = join(root, 'dist/readme.mjs')
  writeFileSync(file, code.replace('http://127.0.0.1:4667', server.url))
  try {
    expect(runs(file)).toMatch(/^[0-9a-f]{64} cost \d+ microcredits\n$/)
  } finally {
    rmSync(file)
  }
})
