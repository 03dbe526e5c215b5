/** Many jobs over one connection: each answered once, whatever breaks. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { capsule } from '../src/capnp/index.js'
import { type CapsuleForm, ConnectionError, Inos, type ConnectOptions, type Connection, type Happening, ProblemError } from '../src/index.js'
import { verifyReceipt } from '../src/receipts/index.js'
import { json } from '../src/socket/json.js'
import { cutter } from './support/cutter.js'
import { start } from './support/server.js'
import { until } from './support/until.js'

const codecs = [
  ['json', json],
  ['capnp', capsule],
] as const
const CUTS = Number(process.env['INOS_SDK_CUTS'] ?? 50)
const open: Connection[] = []

async function connect(options: ConnectOptions = {}, url = inject('server').url): Promise<Connection> {
  const connection = await new Inos({ url, key: inject('server').key }).connect({ WebSocket, ...options })
  open.push(connection)
  return connection
}

afterEach(() => {
  for (const connection of open.splice(0)) connection.close()
})

describe.each(codecs)('over %s', (_, codec) => {
  test('a job gives what HTTP gives, with a receipt that holds', async () => {
    const connection = await connect({ codec })
    expect(connection.via).toBe('websocket')
    const { outputs, cost, job, state, metrics, receipt } = await connection.run('compute', 'blake3', 'abc')
    expect(outputs[0]?.text()).toBe('6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85')
    expect(outputs[0]?.mediaType).toBe('text/plain')
    expect({ state, job, bytes: metrics.bytes_in }).toEqual({ state: 'succeeded', job: expect.stringMatching(/^job_/), bytes: 3 })
    expect(cost).toBeGreaterThan(0)
    if (!receipt) throw new Error('no receipt')
    const stated = await verifyReceipt(receipt, { input: 'abc', output: outputs[0]?.bytes, nodeKey: inject('server').node })
    expect(stated).toMatchObject({ job, cost, unit: 'compute', method: 'blake3' })
  })

  test('thousands of jobs at once are each answered with their own output', async () => {
    const connection = await connect({ codec, keys: false })
    const inputs = Array.from({ length: 5_000 }, (_, index) => `job ${index}`)
    const outcomes = await Promise.all(inputs.map((input) => connection.run('test', 'echo', input)))
    expect(outcomes.map(({ outputs }) => outputs[0]?.text())).toEqual(inputs)
    expect(new Set(outcomes.map(({ job }) => job)).size).toBe(inputs.length)
  })

  test('what does not succeed throws its problem', async () => {
    const connection = await connect({ codec })
    const failed = await connection.run('compute', 'brotli_decompress', 'no brotli').catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(ProblemError)
    expect(failed).toMatchObject({ job: expect.stringMatching(/^job_/) })
    await expect(connection.submit({ unit: 'compute', method: 'nothing' })).rejects.toMatchObject({ code: 'unknown-method' })
  })

  test('a signal ends the wait and the job', async () => {
    const inos = new Inos(inject('server'))
    // Other tests cancel jobs meanwhile.
    const told = crypto.randomUUID()
    const ours = async () => (await inos.jobs.list({ method: 'wait', limit: 1000 })).items.find((job) => job.labels?.told === told)
    const connection = await connect({ codec })
    const stop = new AbortController()
    const waiting = connection.run('test', 'wait', 'x', { params: { ms: 30_000 }, labels: { told } }, { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 200)
    await expect(waiting).rejects.toThrow('enough')
    await until(async () => (await ours())?.state === 'cancelled')
  })

  test('a job that takes longer than the connection is answered over the next one', async () => {
    const way = await cutter(inject('server').url)
    const connection = await connect({ codec }, way.url)
    const waiting = connection.run('test', 'wait', 'x', { params: { ms: 600 } })
    waiting.catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 100))
    way.cut()
    expect((await waiting).state).toBe('succeeded')
    await way.close()
  })

  test(`no answer is lost and none comes twice over ${CUTS} cuts`, async () => {
    const way = await cutter(inject('server').url)
    const connection = await connect({ codec, window: 512 }, way.url)
    let [asked, answered, cuts] = [0, 0, 0]
    const jobs = new Set<string>()
    const ask = async () => {
      while (cuts < CUTS) {
        asked += 1
        const input = `${asked}`
        const { outputs, job } = await connection.run('test', 'echo', input)
        expect(outputs[0]?.text()).toBe(input)
        expect(jobs.has(job)).toBe(false)
        jobs.add(job)
        answered += 1
      }
    }
    const asking = Array.from({ length: 64 }, ask)
    while (cuts < CUTS) {
      const before = answered
      await until(() => answered > before + 20)
      way.cut()
      cuts += 1
    }
    await Promise.all(asking)
    expect(answered).toBe(asked)
    await until(() => connection.via === 'websocket')
    await way.close()
  })

  test('a frame that is cut in the middle is had again', async () => {
    const way = await cutter(inject('server').url)
    const connection = await connect({ codec }, way.url)
    way.cutAfter(3_000)
    const inputs = Array.from({ length: 200 }, (_, index) => `${index}`)
    const outcomes: (string | undefined)[] = []
    const some = inputs.map(async (input) => outcomes.push((await connection.run('test', 'echo', input)).outputs[0]?.text()))
    await until(() => outcomes.length > 0 || connection.via === 'none')
    way.cutAfter(0)
    await Promise.all(some)
    expect(outcomes.sort()).toEqual(inputs.sort())
    await way.close()
  })
})

test('a session that is gone is begun anew, and what was under way is asked again under its key', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inos-sdk-'))
  const first = await start({ folder })
  const listen = new URL(first.url).host
  const connection = await new Inos(first).connect({ WebSocket })
  open.push(connection)
  const session = connection.welcome?.session
  const before = await connection.run('test', 'echo', 'before')
  const waiting = Array.from({ length: 20 }, (_, index) => connection.run('test', 'wait', `${index}`, { params: { ms: 400 } }))
  setTimeout(() => first.kill(), 100)
  await until(() => connection.via === 'none')
  const second = await start({ folder, listen })
  const outcomes = await Promise.all(waiting)
  expect(outcomes.every(({ state }) => state === 'succeeded')).toBe(true)
  expect(new Set([before, ...outcomes].map(({ job }) => job)).size).toBe(21)
  expect(connection.welcome?.session).not.toBe(session)
  await second.stop()
  rmSync(folder, { recursive: true })
})

test('jobs go over HTTP where no WebSocket can be had', async () => {
  class Refused extends WebSocket {
    constructor() {
      super('ws://127.0.0.1:9/')
    }
  }
  const connection = await connect({ WebSocket: Refused })
  expect(connection.via).toBe('http')
  const inputs = Array.from({ length: 1_500 }, (_, index) => `${index}`)
  const outcomes = await Promise.all(inputs.map((input) => connection.run('test', 'echo', input)))
  expect(outcomes.map(({ outputs }) => outputs[0]?.text())).toEqual(inputs)
  await expect(connect({ WebSocket: Refused, fallback: false })).rejects.toBeInstanceOf(ConnectionError)
})

test('a wrong key opens nothing', async () => {
  const inos = new Inos({ url: inject('server').url, key: 'inos_wrong_key' })
  await expect(inos.connect({ WebSocket })).rejects.toMatchObject({ code: 'unauthorized' })
})

test('without keys a job under a cut ends in an error instead of running twice', async () => {
  const way = await cutter(inject('server').url)
  const connection = await connect({ keys: false }, way.url)
  const waiting = connection.run('test', 'wait', 'x', { params: { ms: 2_000 } })
  await new Promise((resolve) => setTimeout(resolve, 100))
  way.cut()
  await expect(waiting).rejects.toBeInstanceOf(ConnectionError)
  expect((await connection.run('test', 'echo', 'on')).outputs[0]?.text()).toBe('on')
  await way.close()
})

test('a job that no frame can carry goes over HTTP', async () => {
  const connection = await connect()
  const large = new Uint8Array(3 << 20).fill(7)
  const { outputs } = await connection.run('compute', 'sha256', large)
  expect(outputs[0]?.text()).toHaveLength(64)
  expect(connection.via).toBe('websocket')
})

test('a capsule that is asked twice is two jobs, and one with a key of its own is one', async () => {
  const connection = await connect()
  const twice = async (form: CapsuleForm) => new Set([(await connection.submit(form)).job, (await connection.submit(form)).job]).size
  expect(await twice({ unit: 'test', method: 'echo', inputs: ['x'] })).toBe(2)
  expect(await twice({ unit: 'test', method: 'echo', inputs: ['x'], idempotency_key: `own ${Math.random()}` })).toBe(1)
})

test('a closed connection answers nothing more', async () => {
  const connection = await connect()
  const waiting = expect(connection.run('test', 'wait', 'x', { params: { ms: 10_000 } })).rejects.toBeInstanceOf(ConnectionError)
  connection.close()
  await waiting
  await expect(connection.run('test', 'echo', 'x')).rejects.toBeInstanceOf(ConnectionError)
})

test.each(codecs)('over %s what happens to accepted jobs is heard, and after a cut what was missed as well', async (_, codec) => {
  const way = await cutter(inject('server').url)
  const inos = new Inos(inject('server'))
  const connection = await connect({ codec }, way.url)
  const heard: Happening[] = []
  const end = connection.on({}, (happening) => heard.push(happening))
  const states = (job: string) => heard.flatMap((one) => (one.is === 'state' && one.job === job ? [one.state] : []))
  const first = await inos.jobs.submit('test', 'tell', 'x', { params: { steps: 3, ms: 1, text: 'step' } })
  await until(() => states(first.id).includes('succeeded'))
  expect(new Set(heard.map(({ is }) => is))).toEqual(new Set(['state', 'progress', 'log', 'output']))
  way.cut()
  const second = await inos.jobs.submit('test', 'wait', 'x', { params: { ms: 1 } })
  await until(() => states(second.id).includes('succeeded'))
  expect(states(second.id)).toEqual(['queued', 'running', 'succeeded'])
  end()
  const count = heard.length
  await inos.jobs.wait((await inos.jobs.submit('test', 'echo', 'x')).id)
  await connection.run('test', 'echo', 'x')
  expect(heard.length).toBe(count)
  await way.close()
})
