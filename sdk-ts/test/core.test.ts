/** One call and its answer, against a real server. */
import { createHash } from 'node:crypto'
import { WebSocket } from 'ws'
import { describe, expect, inject, test } from 'vitest'
import {
  AuthenticationError,
  ConflictError,
  ConnectionError,
  Inos,
  InsufficientCreditsError,
  InvalidRequestError,
  type Job,
  JobError,
  NotFoundError,
  PermissionError,
  ProblemError,
  RateLimitError,
  TimeoutError,
} from '../src/index.js'
import { upload } from '../src/upload/index.js'
import { cutter } from './support/cutter.js'

const server = inject('server')
const inos = new Inos(server)
const ABC = '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85'

describe('run', () => {
  test('gives the output, what it cost and its receipt', async () => {
    const output = await inos.run('compute', 'blake3', 'abc')
    expect(output.text()).toBe(ABC)
    expect(output.mediaType).toBe('text/plain')
    expect(output.cost).toBeGreaterThan(0)
    expect(output.job).toMatch(/^job_[0-9a-f]{32}$/)
    expect(output.receipt).toEqual(expect.any(String))
  })

  test('takes bytes, buffers, files and streams', async () => {
    const bytes = new TextEncoder().encode('abc')
    for (const input of [bytes, bytes.buffer, new Blob([bytes]), new Blob([bytes]).stream()]) {
      expect((await inos.run('compute', 'blake3', input)).text()).toBe(ABC)
    }
  })

  test('takes parameters, and says which of them is wrong', async () => {
    const raw = await inos.run('compute', 'blake3', 'abc', { params: { length: 4, encoding: 'raw' } })
    expect(Buffer.from(raw.bytes).toString('hex')).toBe(ABC.slice(0, 8))
    const wrong = await inos.run('compute', 'blake3', 'abc', { params: { length: 0 } }).catch((error: unknown) => error)
    expect(wrong).toBeInstanceOf(InvalidRequestError)
    expect(wrong).toMatchObject({ code: 'invalid-params', status: 422, errors: [{ pointer: expect.stringContaining('length') }] })
  })

  test('what headers cannot say goes as a batch and gives the same', async () => {
    const output = await inos.run('compute', 'blake3', 'abc', { labels: { of: 'tests' }, budget: 1_000_000 })
    expect(output.text()).toBe(ABC)
    expect((await inos.jobs.get(output.job)).labels).toEqual({ of: 'tests' })
    const { hash } = await inos.blobs.put('abc')
    expect((await inos.run('compute', 'blake3', { blob: hash })).text()).toBe(ABC)
    await expect(inos.run('test', 'broken', 'x', { labels: { a: 'b' } })).rejects.toMatchObject({ code: 'internal' })
  })

  test('a key makes two requests one job', async () => {
    const idempotency_key = `test-${Math.random()}`
    const first = await inos.run('compute', 'blake3', 'abc', { idempotency_key })
    const second = await inos.run('compute', 'blake3', 'abc', { idempotency_key })
    expect([first.replayed, second.replayed, second.job]).toEqual([false, true, first.job])
    await expect(inos.run('compute', 'blake3', 'other', { idempotency_key })).rejects.toBeInstanceOf(ConflictError)
  })

  test('streams both ways and tells how far it is', async () => {
    const bytes = new Uint8Array(3 << 20).map((_, index) => (Math.imul(index, 2654435761) >>> 24) ^ (index >> 11))
    const [up, down]: [number[], number[]] = [[], []]
    const packed = await inos.run('compute', 'brotli_compress', bytes, { params: { quality: 1 } }, { onUpload: ({ done }) => up.push(done) })
    expect(up.at(-1)).toBe(bytes.length)
    const { body, cost } = await inos.stream('compute', 'brotli_decompress', new Blob([new Uint8Array(packed.bytes)]).stream())
    const hash = createHash('sha256')
    for await (const piece of body) {
      hash.update(piece)
      down.push(piece.length)
    }
    expect(down.length).toBeGreaterThan(1)
    expect(cost).toBeGreaterThan(0)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  test('withResponse gives the answer too', async () => {
    const { data, response, requestId } = await inos.run('compute', 'blake3', 'abc').withResponse()
    expect(data.text()).toBe(ABC)
    expect(response.status).toBe(200)
    expect(requestId).toBe(response.headers.get('x-request-id'))
    const settled = await inos.node.get().finally(() => {})
    expect(settled.id).toBe(server.node)
  })
})

describe('what goes wrong has a class', () => {
  test.each([
    ['a wrong key', () => new Inos({ ...server, key: 'inos_a_b' }).account.get(), AuthenticationError, 'unauthorized'],
    ['a unit that is not there', () => inos.request({ method: 'GET', path: '/v1/units/none' }), NotFoundError, 'unknown-unit'],
    ['a job that is not there', () => inos.jobs.get(`job_${'0'.repeat(32)}`), NotFoundError, 'not-found'],
    ['a budget that does not reach', () => inos.run('compute', 'blake3', 'abc', { budget: 1 }), InsufficientCreditsError, undefined],
    ['a job that takes too long', () => inos.run('test', 'wait', 'x', { params: { ms: 5_000 }, timeout_ms: 50 }), JobError, 'deadline-exceeded'],
    ['output that is no more', async () => inos.jobs.output((await inos.batch([{ unit: 'compute', method: 'blake3', inputs: ['a'], idempotency_key: null }]))[0]?.outcome?.job ?? ''), NotFoundError, 'output-not-kept'],
  ] as const)('%s', async (_, ask, Class, code) => {
    const error = await Promise.resolve(ask()).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(Class)
    expect(error).toBeInstanceOf(ProblemError)
    if (code) expect(error).toMatchObject({ code, requestId: expect.any(String) })
  })

  test('a key that may not do it', async () => {
    const { secret: key } = await inos.keys.create({ name: 'blobs only', scopes: ['blobs'] })
    await expect(new Inos({ ...server, key }).jobs.list()).rejects.toBeInstanceOf(PermissionError)
  })

  test('nobody there', async () => {
    const nobody = new Inos({ url: 'http://127.0.0.1:9', maxRetries: 1 })
    const error = await nobody.node.get().catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ cause: expect.any(TypeError) })
  })

  test('an answer that takes too long', async () => {
    const slow = inos.run('test', 'wait', 'x', { params: { ms: 5_000 } }, { timeoutMs: 50, maxRetries: 0 })
    await expect(slow).rejects.toBeInstanceOf(TimeoutError)
  })

  test('a signal stops a call with its own reason', async () => {
    const stop = new AbortController()
    const waiting = inos.run('test', 'wait', 'x', { params: { ms: 5_000 } }, { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 20)
    await expect(waiting).rejects.toThrow('enough')
    await expect(inos.node.get({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })
})

describe('a call is sent again where that is safe', () => {
  test('a server that has no time for this key is waited for', async () => {
    const { secret: key } = await inos.keys.create({ name: 'slow', scopes: ['jobs'], rate_limit: 1 })
    const limited = new Inos({ ...server, key, maxRetries: 10 })
    const outputs = await Promise.all(Array.from({ length: 4 }, () => limited.run('compute', 'blake3', 'abc')))
    expect(outputs.every((output) => output.text() === ABC)).toBe(true)
    const hasty = new Inos({ ...server, key, maxRetries: 0 })
    const all = await Promise.allSettled(Array.from({ length: 4 }, () => hasty.run('compute', 'blake3', 'abc')))
    const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(refused.length).toBeGreaterThan(0)
    for (const error of refused) expect(error).toBeInstanceOf(RateLimitError)
    expect(refused[0]).toMatchObject({ retryAfterMs: expect.any(Number), retryable: true })
  })

  test('a job whose answer was cut off is not run twice', async () => {
    const way = await cutter(server.url)
    const cut = new Inos({ ...server, url: way.url })
    const unique = `cut ${Math.random()}`
    const waiting = cut.run('test', 'wait', unique, { params: { ms: 300 }, labels: { unique } })
    setTimeout(() => way.cut(), 100)
    const { job } = await waiting
    const same = (await inos.jobs.list({ method: 'wait', limit: 50 })).items.filter(({ labels }) => labels?.['unique'] === unique)
    expect(same.map(({ id }) => id)).toEqual([job])
    await way.close()
  })

  test('what must not be done twice is not', async () => {
    const way = await cutter(server.url)
    way.cutAfter(1)
    const cut = new Inos({ ...server, url: way.url })
    await expect(cut.keys.create({ name: 'once', scopes: ['jobs'] })).rejects.toBeInstanceOf(ConnectionError)
    const { items } = await inos.keys.list()
    expect(items.filter(({ name }) => name === 'once').length).toBeLessThanOrEqual(1)
    await way.close()
  })
})

describe('jobs', () => {
  test('are submitted, waited for and proven', async () => {
    const job = await inos.jobs.submit('compute', 'sha256', 'abc')
    expect(['queued', 'running', 'succeeded']).toContain(job.state)
    const done = await inos.jobs.wait(job.id)
    expect(done.state).toBe('succeeded')
    expect((await inos.jobs.output(job.id)).text()).toBe(createHash('sha256').update('abc').digest('hex'))
    expect((await inos.jobs.receipt(job.id)).receipt.job).toBe(job.id)
  })

  test('take what others leave', async () => {
    const packed = await inos.jobs.submit('compute', 'brotli_compress', 'hello '.repeat(100))
    const plain = await inos.jobs.submit('compute', 'brotli_decompress', { job: packed.id })
    expect((await inos.jobs.wait(plain.id)).state).toBe('succeeded')
    expect((await inos.jobs.output(plain.id)).text()).toBe('hello '.repeat(100))
  })

  test('tell what happens to them, over a cut as well', async () => {
    const way = await cutter(server.url)
    const job = await inos.jobs.submit('test', 'tell', 'x', { params: { steps: 20, ms: 20, text: 'step' } })
    const lines: number[] = []
    let cuts = 0
    for await (const event of new Inos({ ...server, url: way.url }).jobs.events(job.id)) {
      if (event.line !== undefined && event.event !== undefined) lines.push(event.event)
      if (lines.length % 7 === 6 && cuts < 2) {
        cuts += 1
        way.cut()
      }
    }
    expect(cuts).toBe(2)
    expect(lines.length).toBe(20)
    expect(new Set(lines).size).toBe(20)
    await way.close()
  })

  test('keep their secrets: none is recorded, and none is in a URL', async () => {
    const key = '5ec4e7c0ffee'.repeat(5) + '5ec4'
    const asked: string[] = []
    const watched = new Inos({ ...inject('server'), fetch: (url, init) => (asked.push(String(url)), fetch(url, init)) })
    const code = await watched.run('crypto', 'hmac', 'abc', { params: { key } })
    expect(code.text()).toMatch(/^[0-9a-f]{64}$/)
    expect((await watched.jobs.get(code.job)).params).toEqual({ key: '(secret)' })
    const pair = await watched.run('crypto', 'ed25519_keygen')
    expect(pair.replayed).toBe(false)
    await expect(watched.jobs.output(pair.job)).rejects.toMatchObject({ code: 'output-not-kept' })
    await expect(watched.jobs.submit('crypto', 'random')).rejects.toBeInstanceOf(InvalidRequestError)
    expect(asked.length).toBeGreaterThan(3)
    expect(asked.filter((url) => url.includes(key))).toEqual([])
    const connection = await inos.connect({ WebSocket })
    const outcome = await connection.run('crypto', 'hmac', 'abc', { params: { key } })
    expect(outcome.outputs[0]?.text()).toBe(code.text())
    await connection.close()
  })

  test('can be cancelled, and tried again', async () => {
    const job = await inos.jobs.submit('test', 'wait', 'x', { params: { ms: 60_000 } })
    await inos.jobs.cancel(job.id)
    expect((await inos.jobs.wait(job.id)).state).toBe('cancelled')
    const again = await inos.jobs.retry(job.id)
    expect(again.id).not.toBe(job.id)
    await inos.jobs.cancel(again.id)
    await expect(inos.jobs.cancel(job.id)).rejects.toBeInstanceOf(ConflictError)
  })

  test('are waited for with patience', async () => {
    const job = await inos.jobs.submit('test', 'wait', 'x', { params: { ms: 60_000 } })
    await expect(inos.jobs.wait(job.id, { patienceMs: 50 })).rejects.toBeInstanceOf(TimeoutError)
    await inos.jobs.cancel(job.id)
  })

  test('are listed page by page, each once', async () => {
    const { secret: key } = await inos.keys.create({ name: 'lister', scopes: ['jobs'] })
    const lister = new Inos({ ...server, key })
    await lister.batch(Array.from({ length: 25 }, (_, index) => ({ unit: 'test', method: 'noop', labels: { page: `${index}` } })))
    const { items: first } = await lister.jobs.list({ method: 'noop', limit: 10 })
    expect(first.length).toBe(10)
    const seen: Job[] = []
    for await (const job of lister.jobs.list({ method: 'noop', limit: 10 })) seen.push(job)
    expect(seen.length).toBe(25)
    expect(new Set(seen.map(({ id }) => id)).size).toBe(25)
  })
})

test('a batch answers each capsule alone', async () => {
  const items = await inos.batch([
    { unit: 'compute', method: 'blake3', inputs: ['abc'] },
    { unit: 'compute', method: 'none' },
    { unit: 'test', method: 'panic' },
  ])
  expect(items[0]?.outcome?.outputs[0]?.text).toBe(ABC)
  expect(items[1]?.problem?.code).toBe('unknown-method')
  expect(items[2]?.outcome?.error?.code).toBe('internal')
})

test('a quote is what the job then costs at most', async () => {
  const quote = await inos.quote({ unit: 'compute', method: 'blake3', inputs: [{ text: 'abc' }] })
  const { cost } = await inos.run('compute', 'blake3', 'abc')
  expect(cost).toBeLessThanOrEqual(quote.most)
})

test('blobs go up and down, by their hash', async () => {
  const bytes = new Uint8Array(2 << 20).map((_, index) => index % 251)
  const told: number[] = []
  const stored = await inos.blobs.put(new Blob([bytes]), { mediaType: 'image/x-test' }, { onUpload: ({ done }) => told.push(done) })
  expect(told.at(-1)).toBe(bytes.length)
  const down: (number | undefined)[] = []
  const back = await inos.blobs.get(stored.hash, { onDownload: ({ total }) => down.push(total) })
  expect(Buffer.compare(back.bytes, bytes)).toBe(0)
  expect([back.mediaType, down.at(-1)]).toEqual(['image/x-test', bytes.length])
  await expect(inos.blobs.put('other', { hash: stored.hash })).rejects.toBeInstanceOf(ProblemError)
  const hashes = []
  for await (const { hash } of inos.blobs.list()) hashes.push(hash)
  expect(hashes).toContain(stored.hash)
  await inos.blobs.delete(stored.hash)
  await expect(inos.blobs.get(stored.hash)).rejects.toBeInstanceOf(NotFoundError)
})

test('an upload is hashed while it goes, and the two agree', async () => {
  const file = new Blob([new Uint8Array(1 << 20).fill(3)], { type: 'application/x-threes' })
  const stored = await upload(inos, file)
  expect(stored).toMatchObject({ bytes: 1 << 20, media_type: 'application/x-threes' })
})

test('the account says what it has and what moved', async () => {
  const { available, id } = await inos.account.get()
  expect(available).toBeGreaterThan(0)
  expect(id).toMatch(/^acc_/)
  expect((await inos.account.usage()).items.length).toBeGreaterThan(0)
  expect((await inos.account.entries()).items.length).toBeGreaterThan(0)
  const { token } = await inos.keys.token({ scopes: ['jobs'], budget: 1_000_000, expires_in_s: 60 })
  expect((await new Inos({ ...server, key: token }).run('compute', 'blake3', 'abc')).text()).toBe(ABC)
})

test('the environment says where the server is', async () => {
  process.env['INOS_URL'] = `${server.url}/`
  process.env['INOS_KEY'] = server.key
  try {
    expect((await new Inos().run('compute', 'blake3', 'abc')).text()).toBe(ABC)
  } finally {
    delete process.env['INOS_URL']
    delete process.env['INOS_KEY']
  }
})
