/** Twins in Chromium: 4 MiB at 60 Hz for a page and its workers, isolated or not, over cuts, and no epoch torn. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { capsule } from '../src/capnp/index.js'
import { Inos } from '../src/index.js'
import { block, BLOCK, BLOCKS } from './support/blocks.js'
import { cutter } from './support/cutter.js'
import { ISOLATED, openBrowser, type Pages, root, servePages } from './support/pages.js'

/** How long the region changes, in milliseconds: 30,000 in the long form. */
const RUN_MS = Number(process.env['INOS_SDK_TWIN_MS'] ?? 5_000)
const HZ = 60
const server = inject('server')
const inos = new Inos(server)

interface Seen {
  reads: number
  torn: string[]
  backwards: number
  ages: number[]
  last: number
}

declare const page: {
  run(to: { url: string; key: string; name: string; ms: number }): Promise<{ shared: boolean; skipped: string; seen: { [who: string]: Seen } }>
  epoch(): string
}

/** The page opens the twin; one worker waits without blocking, one blocks where it can, and one is ended in between. */
const PAGE = `<!doctype html><title>Twin</title><script type="module">
import { Inos } from '/dist/index.js'
import { watch } from '/blocks.js'
let twin
const reader = (how, until) => {
  const worker = new Worker('/reader.js', { type: 'module' })
  const port = twin.share()
  const seen = new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data))
    worker.addEventListener('error', ({ message }) => reject(new Error(message)))
  })
  worker.postMessage({ port, how, until }, [port])
  return { worker, seen }
}
globalThis.page = {
  epoch: () => String(twin?.epoch ?? 0n),
  async run({ url, key, name, ms }) {
    const until = performance.timeOrigin + performance.now() + ms
    twin = await new Inos({ url, key }).regions.twin(name)
    const [waits, blocks, ends] = ['next', twin.isShared ? 'wait' : 'next', 'next'].map((how) => reader(how, until))
    ends.seen.catch(() => {})
    setTimeout(() => ends.worker.terminate(), ms / 2)
    const end = AbortSignal.timeout(ms)
    const own = await watch(twin, (twin) => twin.next({ signal: end }).catch(() => undefined), until)
    const seen = { page: own, waits: await waits.seen, blocks: await blocks.seen }
    return { shared: twin.isShared, skipped: String(twin.skipped), seen }
  },
}
</script>`

const READER = `
import { attachTwin } from '/dist/twin.js'
import { watch } from '/blocks.js'
addEventListener('message', async ({ data: { port, how, until } }) => {
  const twin = await attachTwin(port)
  const next = (twin) => (how === 'wait' ? twin.wait(100) : twin.next({ signal: AbortSignal.timeout(1000) }).catch(() => undefined))
  postMessage(await watch(twin, next, until))
})`

let browser: Browser
let isolated: Pages
let plain: Pages

beforeAll(async () => {
  const made = { '/twin.html': PAGE, '/reader.js': READER, '/blocks.js': readFileSync(join(root, 'test/support/blocks.js'), 'utf8') }
  isolated = await servePages(made, { headers: ISOLATED })
  plain = await servePages(made)
  browser = await openBrowser()
})

afterAll(async () => {
  await browser.close()
  isolated.close()
  plain.close()
})

/** Publishes a block after the other until it is told to stop; gives the last epoch. */
function writing(name: string, end: AbortSignal): Promise<bigint> {
  const begun = performance.now()
  let round = BLOCKS
  const write = async (): Promise<bigint> => {
    const connection = await inos.connect({ WebSocket, codec: capsule })
    let epoch = 0n
    while (!end.aborted) {
      epoch = await connection.publish(name, block(round), { offset: (round % BLOCKS) * BLOCK })
      round += 1
      const due = begun + ((round - BLOCKS) * 1_000) / HZ
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    }
    connection.close()
    return epoch
  }
  return write()
}

function figures(ages: number[]): string {
  const sorted = [...ages].sort((one, other) => one - other)
  const at = (share: number) => sorted[Math.floor(sorted.length * share)]?.toFixed(1)
  return `p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, p99 ${at(0.99)} ms`
}

test.each([
  ['isolated', true, false],
  ['isolated, over cuts', true, true],
  ['plain', false, false],
])('on a page that is %s no epoch is torn, for the page and its workers', async (title, shared, cuts) => {
  const name = `twin.${title.replaceAll(/\W/g, '')}`
  const first = new Uint8Array(BLOCKS * BLOCK)
  for (let round = 0; round < BLOCKS; round += 1) first.set(block(round), round * BLOCK)
  await inos.regions.put(name, first)
  const way = await cutter(server.url)
  const tab = await browser.newPage()
  const faults: string[] = []
  tab.on('pageerror', (error) => faults.push(String(error)))
  await tab.goto(`${(shared ? isolated : plain).origin}/twin.html`)
  const end = new AbortController()
  const written = writing(name, end.signal)
  const cutting = cuts ? setInterval(() => way.cut(), 400) : undefined
  const ran = await tab.evaluate((to) => page.run(to), { url: way.url, key: server.key, name, ms: RUN_MS })
  clearInterval(cutting)
  end.abort()
  const last = await written
  await tab.waitForFunction((last) => page.epoch() === last, String(last))
  if (process.env['INOS_SDK_FIGURES']) {
    for (const [who, { reads, ages }] of Object.entries(ran.seen)) console.log(title, who, reads, figures(ages), ran.skipped)
  }
  expect(ran.shared).toBe(shared)
  for (const { reads, torn, backwards } of Object.values(ran.seen)) {
    expect({ torn, backwards }).toEqual({ torn: [], backwards: 0 })
    expect(reads).toBeGreaterThan(0)
  }
  expect(faults).toEqual([])
  await tab.close()
  await way.close()
}, RUN_MS + 60_000)
