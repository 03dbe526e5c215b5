/** One server for all tests that need nothing of their own, with the console that was built. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { start } from '../../../sdk-ts/test/support/server.js'

declare module 'vitest' {
  export interface ProvidedContext {
    server: { url: string; key: string; node: string }
  }
}

/** Starts the server before the first test and stops it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const page = join(resolve(import.meta.dirname, '../..'), 'dist/app/index.html')
  if (!existsSync(page)) throw new Error('the console is not built: npm run build')
  const server = await start()
  const { url, key, node } = server
  project.provide('server', { url, key, node })
  return () => server.stop()
}
