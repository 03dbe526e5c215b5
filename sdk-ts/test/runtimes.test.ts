/** The SDK as it is published, in Node, Bun and Deno: each with its own `fetch`, its own WebSocket and its own workers. */
import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, inject, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const program = join(import.meta.dirname, 'support/runtime.mjs')
const packages = join(root, 'node_modules')
// The programs lie in packages of their own for each platform; their starters want to be installed by a script.
const platform = `${process.platform}-${process.arch === 'arm64' ? 'aarch64' : process.arch}`
const glibc = process.platform === 'linux' ? '-glibc' : ''

const HELLO = 'ea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f'

describe.each([
  ['Bun', join(packages, `@oven/bun-${platform}/bin/bun`), []],
  // No file but the SDK's own, no host but the server's, and no question asked.
  [
    'Deno',
    join(packages, `@deno/${process.platform}-${process.arch}${glibc}/deno`),
    ['run', '--no-prompt', '--no-config', `--allow-read=${root}`, '--allow-net=127.0.0.1'],
  ],
])('in %s', (name, path, args) => {
  test('jobs, proofs, events, connections, twins and uploads work', async () => {
    const { url, key } = inject('server')
    const { stdout } = await promisify(execFile)(path, [...args, program, url, key, `runtime.${name}.${Date.now()}`], {
      cwd: root,
      timeout: 50_000,
    })
    expect(JSON.parse(stdout)).toEqual({
      hash: HELLO,
      proven: true,
      states: ['queued', 'running', 'succeeded'],
      connections: [100, 100],
      seen: [
        [1, 2, 3],
        [4, 5],
      ],
      isShared: true,
      blob: 3 << 20,
      missing: true,
    })
  })
})
