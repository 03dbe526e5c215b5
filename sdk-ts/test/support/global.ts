/** One server for all tests that need nothing of their own; they know it by `inject('server')`. */
import type { TestProject } from 'vitest/node'
import { start } from './server.js'

declare module 'vitest' {
  export interface ProvidedContext {
    server: { url: string; key: string; node: string }
  }
}

/** Starts the server before the first test and stops it after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, key, node, stop } = await start()
  project.provide('server', { url, key, node })
  return stop
}
