/** Forms that are drawn from schemas alone: groups, choices and lists, up to a picture that came of them. */
import { Inos } from '@inos/sdk'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { barriers, browse, expectNothingWrong, visit } from './support/visit'

const server = inject('server')
const admin = new Inos(server)

let browser: Browser

beforeAll(async () => {
  browser = await browse()
})

afterAll(() => browser.close())

test.each([
  [1440, 'dark'],
  [390, 'light'],
] as const)('a pipeline is put together step by step and run, %i pixels wide', async (width, scheme) => {
  const { bytes } = await admin.run('math', 'histogram', new Uint8Array(new Float32Array([1, 2, 2, 3]).buffer), { params: { output: 'png' } })
  const seen = await visit(browser, { ...server, width, scheme })
  const { page, go } = seen
  await go('/playground?method=image.pipeline', 'Playground')
  await page.getByLabel(/as a file$/).first().setInputFiles({ name: 'plot.png', mimeType: 'image/png', buffer: Buffer.from(bytes) })
  await page.getByRole('button', { name: 'Run' }).click()
  await page.getByRole('alert').getByText('This is needed.').waitFor()
  const steps = page.getByRole('group', { name: 'steps' })
  for (const step of ['flip', 'blur', 'resize']) await steps.getByLabel('Add to steps').selectOption(step)
  await steps.getByRole('button', { name: 'Remove blur' }).click()
  await steps.getByLabel('width').fill('0')
  await page.getByRole('alert').getByText('At least 1.').waitFor()
  await steps.getByLabel('width').fill('96')
  expect(await steps.getByLabel('filter').locator('option').first().innerText()).toBe('default: lanczos3')
  await page.locator('summary', { hasText: 'output' }).click()
  await page.getByLabel('format').selectOption('jpeg')
  await page.getByText('JPEG: 8 bits a channel, nothing transparent.').waitFor()
  expect(await barriers(page)).toEqual([])
  await page.getByText('"steps":[{"step":"flip"},{"step":"resize","width":96}]').first().waitFor()
  await page.getByRole('button', { name: 'Run' }).click()
  const result = page.getByRole('region', { name: 'Result' })
  await result.getByText('succeeded').waitFor()
  const picture = result.getByRole('img').first()
  await expect.poll(() => picture.evaluate((image) => (image instanceof HTMLImageElement ? [image.naturalWidth, image.naturalHeight] : []))).toEqual([96, 54])
  expectNothingWrong(seen)
  await seen.close()
})
