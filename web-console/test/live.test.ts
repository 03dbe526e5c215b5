/** Regions as they move: drawn from the twin that a worker feeds, read as bytes and records, and stopped from the page. */
import { Inos } from '@inos/sdk'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { barriers, browse, expectNothingWrong, visit } from './support/visit'

/** For how long frames are looked at. */
const PACED_MS = 5_000

const server = inject('server')
const admin = new Inos(server)

let browser: Browser

beforeAll(async () => {
  browser = await browse()
})

afterAll(() => browser.close())

async function account(name: string): Promise<{ inos: Inos; own: { url: string; key: string } }> {
  const { key } = await admin.request<{ key: { secret: string } }>({ method: 'POST', path: '/v1/admin/accounts', json: { name, credits: 1_000_000_000 } })
  const own = { url: server.url, key: key.secret }
  return { inos: new Inos(own), own }
}

/** A figure of the scene, as digits. */
function figure(page: Page, name: string): Promise<string> {
  return page.locator('.scene-figures .figure', { has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) }).locator('.value').innerText()
}

test.each([
  ['Birds: a flock', 'flock', '200 birds', 'dark'],
  ['Cells: a cellular automaton', 'life', '128 × 128 cells', 'light'],
] as const)('a session of %s is started, drawn while it plays, and stopped', async (kind, region, size, scheme) => {
  const { inos, own } = await account(`live ${region}`)
  const seen = await visit(browser, { ...own, scheme })
  const { page, go } = seen
  await go('/live', 'Live')
  await page.getByText('Nothing lives yet').waitFor()
  await page.getByRole('button', { name: 'Start a session' }).click()
  const form = page.getByRole('dialog', { name: 'Start a session' })
  await form.getByLabel('What lives in it').selectOption({ label: kind })
  await form.getByLabel('How much').selectOption({ label: size })
  expect(await barriers(page)).toEqual([])
  await form.getByRole('button', { name: 'Start the session' }).click()
  const canvas = page.getByRole('img', { name: `drawn from the region ${region}` })
  await canvas.waitFor()
  // Whoever asks for little motion gets a picture that stands still, until they play it.
  await page.getByText('Your system asks for little motion').waitFor()
  const first = await figure(page, 'Epoch')
  await page.getByRole('button', { name: 'Play' }).click()
  await expect.poll(() => figure(page, 'Epoch')).not.toBe(first)
  await expect.poll(async () => Number(await figure(page, 'Uploads'))).toBeGreaterThan(0)
  await expect.poll(() => figure(page, 'Frame time')).toMatch(/^[\d.]+ ms$/)
  // Fed by a worker, over memory that the page shares with it.
  await page.getByText('memory shared with the worker').waitFor()
  expect(page.workers().map((worker) => new URL(worker.url()).pathname)).toEqual([expect.stringMatching(/^\/console\/assets\/twin-worker-/)])
  expect(await barriers(page)).toEqual([])
  await page.getByRole('button', { name: 'Pause' }).click()
  const still = await canvas.screenshot()
  await page.waitForTimeout(300)
  expect((await canvas.screenshot()).equals(still)).toBe(true)
  await page.getByRole('button', { name: 'Stop the session' }).click()
  await page.getByText('The region stays as it was stepped last').first().waitFor()
  await expect.poll(async () => (await inos.jobs.list({ limit: 1 })).items[0]?.state).toBe('cancelled')
  await page.getByText(/^ended/).waitFor()
  expectNothingWrong(seen)
  await seen.close()
})

test('the time between frames is measured while a scene plays, and the twin is young', async () => {
  const { inos, own } = await account('paced')
  await inos.jobs.submit('boids', 'session', [], { params: { count: 500, hz: 60 } })
  await expect.poll(async () => (await inos.regions.list()).items.length).toBe(1)
  const seen = await visit(browser, own)
  const { page, go } = seen
  await go('/live?region=flock', 'Live')
  await page.getByRole('button', { name: 'Play' }).click()
  await expect.poll(async () => Number(await figure(page, 'Uploads'))).toBeGreaterThan(0)
  const first = BigInt(await figure(page, 'Epoch'))
  const browsers = await seen.context.newCDPSession(page)
  await browsers.send('Performance.enable')
  const spent = async () => new Map((await browsers.send('Performance.getMetrics')).metrics.map(({ name, value }) => [name, value]))
  const before = await spent()
  // As a screen would see it: the browser's own frames, beside what the page says of them.
  const gaps = await page.evaluate<number[]>(
    `new Promise((resolve) => {
      const [gaps, begun] = [[], performance.now()]
      let before
      requestAnimationFrame(function frame(now) {
        if (before !== undefined) gaps.push(now - before)
        before = now
        if (now - begun < ${PACED_MS}) requestAnimationFrame(frame)
        else resolve(gaps)
      })
    })`,
  )
  const after = await spent()
  const each = (name: string) => (1_000 * ((after.get(name) ?? NaN) - (before.get(name) ?? NaN))) / gaps.length
  const sorted = [...gaps].sort((a, b) => a - b)
  const at = (place: number) => sorted[Math.floor(place * (sorted.length - 1))] ?? NaN
  const told = { frame: await figure(page, 'Frame time'), worst: await figure(page, 'Slow frames'), draw: await figure(page, 'Drawing'), age: await figure(page, 'Twin age'), picture: await figure(page, 'Picture') }
  process.stdout.write(
    `a flock of 500 at 60 Hz, seen for ${PACED_MS / 1_000} s: ${gaps.length} frames, median ${at(0.5).toFixed(1)} ms, 95 % within ${at(0.95).toFixed(1)} ms; of the page's thread ${each('TaskDuration').toFixed(2)} ms a frame, ${each('ScriptDuration').toFixed(2)} ms of them in scripts; the page says ${JSON.stringify(told)}\n`,
  )
  // No speed is asserted, only that it is one: frames came, epochs went by, and the page's figure is a time between them.
  expect(gaps.length).toBeGreaterThan(PACED_MS / 1_000)
  expect(BigInt(await figure(page, 'Epoch')) > first).toBe(true)
  const said = Number.parseFloat(told.frame)
  expect(said).toBeGreaterThan(0)
  expect(said).toBeLessThanOrEqual(at(1))
  expect(each('ScriptDuration')).toBeGreaterThan(0)
  expect(told.picture).toMatch(/^\d+ × \d+$/)
  expect(told.age).toMatch(/^[\d.]+ ms$/)
  expectNothingWrong(seen)
  await seen.close()
})

test('a flock is turned by keys, and nothing else than the picture moves', async () => {
  const { inos, own } = await account('turned')
  await inos.jobs.submit('boids', 'session', [], { params: { count: 50, hz: 5 } })
  await expect.poll(async () => (await inos.regions.list()).items.length).toBe(1)
  const seen = await visit(browser, { ...own, width: 390 })
  const { page, go } = seen
  await go('/live?region=flock', 'Live')
  const canvas = page.getByRole('img', { name: 'Arrow keys turn it' })
  await canvas.waitFor()
  await page.getByRole('button', { name: 'Show the newest' }).click()
  const before = await canvas.screenshot()
  await canvas.focus()
  await page.keyboard.press('ArrowLeft')
  await expect.poll(async () => (await canvas.screenshot()).equals(before)).toBe(false)
  const wide = await page.evaluate<number>('document.documentElement.scrollWidth')
  expect(wide).toBeLessThanOrEqual(390)
  expectNothingWrong(seen)
  await seen.close()
})

test('a region is read as bytes, records and a line while others publish it', async () => {
  const { inos, own } = await account('read')
  const numbers = Float32Array.from({ length: 200 }, (_, at) => at / 2)
  await inos.regions.put('numbers', new Uint8Array(numbers.buffer), { stride: 8 })
  const seen = await visit(browser, own)
  const { page, go } = seen
  await go('/memory', 'Memory')
  await page.getByRole('link', { name: 'numbers' }).click()
  const view = page.locator('section', { hasText: 'Region numbers' })
  const hex = view.getByLabel('Bytes in hexadecimal')
  await hex.getByText('00000000  00 00 00 00 00 00 00 3f').waitFor()
  await inos.regions.patch('numbers', Uint8Array.of(0xab), { offset: 0 })
  await hex.getByText('00000000  ab 00 00 00').waitFor()
  await view.getByRole('button', { name: 'Later bytes' }).click()
  await hex.getByText('00000200').waitFor()
  await view.getByRole('tab', { name: 'Records' }).click()
  await view.getByLabel('Read records as').selectOption('f32')
  await view.getByRole('button', { name: 'Later records' }).click()
  await view.getByRole('button', { name: 'Later records' }).click()
  await view.getByRole('row', { name: '64 64.00000 64.50000' }).waitFor()
  expect(await barriers(page)).toEqual([])
  await view.getByRole('tab', { name: 'Plot' }).click()
  await view.getByLabel('Field').selectOption('1')
  await view.getByText('99.5').waitFor()
  expect(await barriers(page)).toEqual([])
  await inos.regions.delete('numbers')
  await view.waitFor({ state: 'detached' })
  expectNothingWrong(seen)
  await seen.close()
})

/** A second of two tones as RIFF with 16 bits a sample. */
function wave(): Uint8Array {
  const [rate, count] = [22_050, 22_050]
  const bytes = Buffer.alloc(44 + 2 * count)
  bytes.write('RIFF', 0)
  bytes.writeUInt32LE(36 + 2 * count, 4)
  bytes.write('WAVEfmt ', 8)
  bytes.writeUInt32LE(16, 16)
  bytes.writeUInt16LE(1, 20)
  bytes.writeUInt16LE(1, 22)
  bytes.writeUInt32LE(rate, 24)
  bytes.writeUInt32LE(2 * rate, 28)
  bytes.writeUInt16LE(2, 32)
  bytes.writeUInt16LE(16, 34)
  bytes.write('data', 36)
  bytes.writeUInt32LE(2 * count, 40)
  for (let at = 0; at < count; at += 1) bytes.writeInt16LE(Math.round(20_000 * Math.sin((2 * Math.PI * (at < count / 2 ? 1_000 : 4_000) * at) / rate)), 44 + 2 * at)
  return new Uint8Array(bytes)
}

test('what is typed is shown as what it is: tables page by page, and sound as waveform and spectrogram', async () => {
  const { inos, own } = await account('typed')
  const rows = Array.from({ length: 250 }, (_, at) => ({ no: at, text: at === 240 ? '<img src=x onerror=alert(1)>' : `row ${at}` }))
  await inos.regions.put('csv', ['no,text', ...rows.map(({ no, text }) => `${no},${text}`)].join('\n'), { mediaType: 'text/csv' })
  await inos.regions.put('lines', rows.map((row) => JSON.stringify(row)).join('\n'), { mediaType: 'application/x-ndjson' })
  await inos.regions.put('sound', wave(), { mediaType: 'audio/wav' })
  const seen = await visit(browser, own)
  const { page, go } = seen
  for (const [name, type] of [['csv', 'text/csv'], ['lines', 'application/x-ndjson']] as const) {
    await go(`/memory?region=${name}`, 'Memory')
    await page.getByRole('tab', { name: `As ${type}` }).click()
    await page.getByRole('cell', { name: 'row 99', exact: true }).waitFor()
    expect(await page.getByRole('cell', { name: 'row 100', exact: true }).count()).toBe(0)
    for (let press = 0; press < 2; press += 1) await page.getByRole('button', { name: 'Later rows' }).click()
    await page.getByText('200 to 249 of 250 rows').waitFor()
    await page.getByRole('cell', { name: '<img src=x onerror=alert(1)>' }).waitFor()
    expect(await barriers(page)).toEqual([])
  }
  await go('/memory?region=sound', 'Memory')
  await page.getByRole('tab', { name: 'As audio/wav' }).click()
  await page.getByRole('img', { name: 'Waveform of 1.0 seconds' }).waitFor()
  const picture = page.getByRole('img', { name: 'Spectrogram from 0 to 11025 hertz' })
  await picture.waitFor()
  // In the first half 1 kHz is the loudest, in the second 4 kHz: rows from below, of 256 up to 11,025 Hz.
  const loudest = (column: number) =>
    picture.evaluate((canvas, at) => {
      if (!(canvas instanceof HTMLCanvasElement)) return -1
      const data = canvas.getContext('2d')?.getImageData(at, 0, 1, 256).data ?? []
      const off = (row: number) => [0, 1, 2].reduce((sum, part) => sum + Math.abs((data[4 * row + part] ?? 0) - (data[part] ?? 0)), 0)
      const all = Array.from({ length: 256 }, (_, row) => off(row))
      return 255 - all.indexOf(Math.max(...all))
    }, column)
  expect(Math.abs((await loudest(180)) - (1_000 * 256) / 11_025)).toBeLessThan(2)
  expect(Math.abs((await loudest(540)) - (4_000 * 256) / 11_025)).toBeLessThan(2)
  expect(await barriers(page)).toEqual([])
  expectNothingWrong(seen)
  await seen.close()
})
