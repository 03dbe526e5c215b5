/** What is generated is what the server and the schemas say today. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, inject, test } from 'vitest'
import { layout, SCHEMAS } from '../tools/layout.js'
import { api, problems, secrets, units } from '../tools/types.js'

const schemas = resolve(import.meta.dirname, '../../protocols/schemas')

const layouts = Object.entries(SCHEMAS).map(([name, schema]): [string, () => Promise<string>] => [
  `layout/${name}`,
  async () => layout(schemas, schema),
])

test.each<[string, () => Promise<string>]>([
  ...layouts,
  ['api', () => api(inject('server').url)],
  ['units', () => units(inject('server').url)],
  ['secrets', () => secrets(inject('server').url)],
  ['problems', () => problems(inject('server').url)],
])('src/generated/%s.ts is not stale', async (name, make) => {
  const path = resolve(import.meta.dirname, `../src/generated/${name}.ts`)
  const made = await make()
  if (process.env['INOS_WRITE']) writeFileSync(path, made)
  expect(readFileSync(path, 'utf8')).toBe(made)
})
