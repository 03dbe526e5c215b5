/** Every unit gives through this library what its own vectors say, over HTTP and over a connection. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { WebSocket } from 'ws'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { capsule } from '../src/capnp/index.js'
import { type Connection, Inos, ProblemError } from '../src/index.js'

interface Case {
  name: string
  method: string
  params?: object
  input?: { hex?: string; text?: string; counting?: number; repeat?: [string, number] }
  output?: { hex?: string; text?: string; repeat?: [string, number]; sha256?: string; length?: number; fault?: string }
}

const root = resolve(import.meta.dirname, '../../units')

function casesOf(unit: string): Case[] {
  const path = join(root, unit, 'vectors.json')
  const { cases }: { cases: Case[] } = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { cases: [] }
  // Other units compare numbers with a tolerance, which is theirs to judge.
  return cases.filter(({ input }) => input !== undefined)
}

const units = readdirSync(root).filter((unit) => casesOf(unit).length > 0)

function bytesOf({ hex, text, counting, repeat }: NonNullable<Case['input']>): Uint8Array {
  if (hex !== undefined) return Buffer.from(hex, 'hex')
  if (text !== undefined) return Buffer.from(text)
  if (counting !== undefined) return Uint8Array.from({ length: counting }, (_, index) => index % 251)
  const [piece, times] = repeat ?? ['', 0]
  return Buffer.from(piece.repeat(times), 'hex')
}

function holds(output: NonNullable<Case['output']>, bytes: Uint8Array): void {
  if (output.sha256 !== undefined) {
    expect([createHash('sha256').update(bytes).digest('hex'), bytes.length]).toEqual([output.sha256, output.length])
  } else {
    expect(Buffer.compare(bytes, bytesOf(output))).toBe(0)
  }
}

describe.each(units)('%s', (unit) => {
  const cases = casesOf(unit)
  const inos = new Inos(inject('server'))
  let connection: Connection

  beforeAll(async () => {
    connection = await inos.connect({ WebSocket, codec: capsule })
  })
  afterAll(() => connection.close())

  test('keeps its vectors over HTTP and over a connection', async () => {
    for (const { name, method, params = {}, input, output } of cases) {
      const bytes = bytesOf(input ?? {})
      const asked = { params: { ...params } }
      const answers = [
        () => inos.run(unit, method, bytes, asked).then((output) => output.bytes),
        () => connection.run(unit, method, bytes, asked).then(({ outputs }) => outputs[0]?.bytes ?? new Uint8Array()),
      ]
      for (const answer of answers) {
        if (output && output.fault === undefined) holds(output, await answer())
        else await expect(answer(), name).rejects.toBeInstanceOf(ProblemError)
      }
    }
    expect(cases.length).toBeGreaterThan(0)
  })
})
