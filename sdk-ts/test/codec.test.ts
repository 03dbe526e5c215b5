/** The binary codec keeps the vectors that Rust keeps: what we write is byte for byte what it writes, and we read it. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../src/bytes.js'
import { capsule, readServerFrame } from '../src/capnp/index.js'
import type { CapsuleForm, InputForm } from '../src/capsules.js'
import { AnswerError, CapsuleError } from '../src/errors.js'
import type { Capsule, Input } from '../src/generated/api.js'
import { partsOf } from '../src/receipts/index.js'
import type { ClientFrame, RegionTopic, ServerBody, Topic } from '../src/socket/frames.js'
import { json } from '../src/socket/json.js'

interface Vector {
  name: string
  json: { [name: string]: unknown }
  capnp: string
}

/** The vectors of a message, as Rust's tests read them. */
export function vectors(name: string): Vector[] {
  return JSON.parse(readFileSync(resolve(import.meta.dirname, `../../protocols/vectors/${name}.json`), 'utf8'))
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (!bytes) throw new Error('a vector is no hex')
  return bytes
}

function inputOf(input: Input): InputForm {
  if ('text' in input) return input.text
  if ('base64' in input) return new Uint8Array(Buffer.from(input.base64, 'base64'))
  if ('region' in input) return { region: input.region }
  return 'blob' in input ? { blob: input.blob } : { job: input.job, output: input.output ?? 0 }
}

function formOf({ inputs, ...capsule }: Capsule): CapsuleForm {
  return inputs ? { ...capsule, inputs: inputs.map(inputOf) } : capsule
}

/** What JSON says to a server, as a frame. */
function frameOf(said: { [name: string]: never }): ClientFrame {
  const [is, value] = Object.entries(said)[0] ?? []
  switch (is) {
    case 'submit': {
      const all: { correlation: number; capsule: Capsule }[] = value ?? []
      return { is, submissions: all.map(({ correlation, capsule }) => ({ correlation, capsule: formOf(capsule) })) }
    }
    case 'cancel':
      return { is, correlation: value ?? 0 }
    case 'ack':
      return { is, seq: value ?? 0 }
    case 'ping':
      return { is, number: value ?? 0 }
    case 'subscribe':
    case 'unsubscribe':
      return { is, topic: topicOf(value ?? 'jobs') }
    case 'have': {
      const { name, epoch }: { name: string; epoch: string } = value ?? { name: '', epoch: '0' }
      return { is, name, epoch: BigInt(epoch) }
    }
    case 'publish': {
      const { correlation, name, offset, base64 }: { correlation: number; name: string; offset?: number; base64: string } =
        value ?? { correlation: 0, name: '', base64: '' }
      return { is, correlation, name, offset, bytes: new Uint8Array(Buffer.from(base64, 'base64')) }
    }
    case 'resume': {
      const { session, last_seq }: { session: string; last_seq: number } = value ?? { session: '', last_seq: 0 }
      return { is, session, lastSeq: last_seq }
    }
    default:
      throw new Error(`${is} is no frame`)
  }
}

type SaidTopic =
  | 'jobs'
  | { job: string }
  | { after: { event: number; job?: string } }
  | { region: { name: string; max_rate_hz: number; after: string; deflate?: boolean; confirms?: boolean } }

function topicOf(topic: SaidTopic): Topic | RegionTopic {
  if (topic === 'jobs') return {}
  if ('region' in topic) {
    const { name, max_rate_hz, after, deflate, confirms } = topic.region
    return { region: name, maxRateHz: max_rate_hz, after: BigInt(after), deflate, confirms }
  }
  return 'job' in topic ? { job: topic.job } : { after: topic.after.event, job: topic.after.job }
}

/** A frame's body with everything in it read, and bytes as hex. */
function seen(body: ServerBody): unknown {
  if (body.is === 'result') {
    return body.answers.map(({ correlation, outcome }) => ({
      correlation,
      job: outcome.job,
      state: outcome.state,
      cost: outcome.cost,
      metrics: outcome.metrics,
      error: outcome.error,
      outputs: outcome.outputs.map(({ bytes, mediaType }) => [mediaType, toHex(bytes)]),
      receipt: outcome.receipt && seenParts(partsOf(outcome.receipt)),
    }))
  }
  return 'bytes' in body ? { ...body, bytes: toHex(body.bytes) } : body
}

function seenParts({ leaf, path, root, ...rest }: ReturnType<typeof partsOf>): unknown {
  const { node, root: hash, signature, ...numbers } = root
  return { ...rest, ...numbers, bytes: [leaf, path, node, hash, signature].map(toHex) }
}

describe('what we write is what Rust writes', () => {
  test.each(vectors('client_frame').map((vector): [string, Vector] => [vector.name, vector]))('%s', (_, vector) => {
    const said: { [name: string]: never } = JSON.parse(JSON.stringify(vector.json))
    const frame = frameOf(said)
    const written = capsule.write(frame)
    if (typeof written === 'string') throw new Error('text')
    expect(toHex(written)).toBe(vector.capnp)
    const text: unknown = JSON.parse(String(json.write(frame)))
    expect(text).toEqual(vector.json)
  })
})

describe('what Rust writes means the same in both subprotocols', () => {
  test.each(vectors('server_frame').map((vector): [string, Vector] => [vector.name, vector]))('%s', (_, vector) => {
    const binary = readServerFrame(bytesOf(vector.capnp))
    const text = json.read(JSON.stringify(vector.json))
    expect(binary.seq).toBe(text.seq)
    expect(binary.body.is).not.toBe('unknown')
    expect(seen(binary.body)).toEqual(seen(text.body))
  })
})

describe('a hostile server cannot crash or stall a page', () => {
  const COUNT = Number(process.env['INOS_SDK_HOSTILE'] ?? 30_000)
  const messages = vectors('server_frame').map(({ capnp }) => bytesOf(capnp))

  test(`${COUNT} mutated messages are read or refused as what they are`, () => {
    const random = generator(7)
    let [read, refused] = [0, 0]
    for (let round = 0; round < COUNT; round += 1) {
      const message = mutated(messages[round % messages.length] ?? new Uint8Array(), random)
      try {
        seen(readServerFrame(message).body)
        read += 1
      } catch (error) {
        if (!(error instanceof CapsuleError)) throw error
        refused += 1
      }
    }
    expect(read + refused).toBe(COUNT)
    expect(refused).toBeGreaterThan(COUNT / 10)
  })

  test('mutated JSON is read or refused as well', () => {
    const random = generator(11)
    const texts = vectors('server_frame').map((vector) => new TextEncoder().encode(JSON.stringify(vector.json)))
    for (let round = 0; round < COUNT; round += 1) {
      const text = new TextDecoder().decode(mutated(texts[round % texts.length] ?? new Uint8Array(), random))
      expect(() => outcomeOf(() => seen(json.read(text).body))).not.toThrow()
    }
  })

  test.each([
    ['nothing', ''],
    ['a count of segments without segments', '0000003d'],
    ['four thousand million segments', 'ffffffff00000000'],
    ['a segment longer than the message', '00000000ffffffff'],
    ['a root that is null', '00000000010000000000000000000000'],
    ['a pointer to itself', '00000000010000000200000000000000'],
    ['bytes after the message', '000000000100000000000000000000000000000000000000'],
    ['a list of 2^29 structs of nothing', '0000000005000000000000000300010000000000000000000200000000000000000000000000000001000000ffffffff'],
  ])('%s is refused', (_, hex) => {
    expect(() => seen(readServerFrame(bytesOf(hex)).body)).toThrow(CapsuleError)
  })

  test('a frame of a newer server is let go', () => {
    const newer = json.read('{"seq":4,"weather":{"rain":true}}')
    expect(newer).toEqual({ seq: 4, body: { is: 'unknown' } })
  })
})

function outcomeOf(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    if (error instanceof AnswerError) return error.name
    throw error
  }
}

/** A generator of numbers that says the same ones each time. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** A few bytes changed, cut or put in. */
function mutated(message: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(message)
  const at = () => Math.floor(random() * copy.length)
  for (let change = 0; change < 1 + random() * 4; change += 1) {
    const how = random()
    if (how < 0.4) copy[at()] = Math.floor(random() * 256)
    else if (how < 0.7) copy[at()] = (copy[at()] ?? 0) ^ (1 << Math.floor(random() * 8))
    else if (how < 0.8) copy.fill(255, at(), at())
    else if (how < 0.9) copy.copyWithin(at(), at(), at())
    else return copy.slice(0, at())
  }
  return copy
}
