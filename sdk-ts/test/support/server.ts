/** A real `inos` for tests: on a free port, with a folder of its own. Never a stand-in for one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const STARTED_MS_MAX = 30_000

/** A running server. */
export interface Server {
  url: string
  key: string
  node: string
  stop(): Promise<void>
  /** Ends it at once, as a loss of power would. */
  kill(): void
}

/** The built server with its units for tests: `INOS_BIN`, or what cargo left. */
export function binary(): string {
  const root = resolve(import.meta.dirname, '../../..')
  const target = process.env['CARGO_TARGET_DIR'] ?? join(root, 'target')
  const path = process.env['INOS_BIN'] ?? join(target, 'debug/inos')
  if (!existsSync(path)) {
    throw new Error(`${path} is not built: cargo build -p inos-node --features inos-node/test-units`)
  }
  return path
}

/** Starts a server; with `listen` on that address, and in `folder` where it is to go on with what is there. */
export async function start(options: { listen?: string; folder?: string; args?: string[] } = {}): Promise<Server> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'inos-sdk-'))
  const args = ['serve', '--json', '--listen', options.listen ?? '127.0.0.1:0', '--data-dir', join(folder, 'data')]
  const child = spawn(binary(), [...args, '--arena-size', '64MiB', '--starting-credits', '1000000', ...(options.args ?? [])], {
    // A setting of whoever runs the tests would be taken for one of the server's.
    env: { PATH: process.env['PATH'], INOS_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = await firstLine(child)
  const { url, node, admin_key }: { url: string; node: string; admin_key: string } = JSON.parse(said)
  return {
    url,
    node,
    key: readFileSync(admin_key, 'utf8').trim(),
    kill: () => void child.kill('SIGKILL'),
    async stop() {
      await ended(child)
      if (!options.folder) rmSync(folder, { recursive: true, force: true })
    },
  }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const timer = setTimeout(() => reject(new Error('the server did not start in time')), STARTED_MS_MAX)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code} before it listened`)))
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (!text.includes('\n')) return
      clearTimeout(timer)
      resolve(text.slice(0, text.indexOf('\n')))
    })
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
