/** Regions: each epoch whole, none twice, none older than the one before, whatever breaks. */
import { WebSocket } from 'ws'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { capsule } from '../src/capnp/index.js'
import { AnswerError, ConflictError, ConnectionError, type Connection, type ConnectOptions, Inos, NotFoundError } from '../src/index.js'
import { json } from '../src/socket/json.js'
import type { RegionState } from '../src/socket/frames.js'
import { RegionCopy } from '../src/socket/region-copy.js'
import { cutter } from './support/cutter.js'
import { until } from './support/until.js'

const PAGE = 4096
const CUTS = Number(process.env['INOS_SDK_CUTS'] ?? 50)
const inos = new Inos(inject('server'))
const open: Connection[] = []
let names = 0

function newName(): string {
  names += 1
  return `r${names}.${Date.now()}`
}

async function connect(options: ConnectOptions = {}, url = inject('server').url): Promise<Connection> {
  const connection = await new Inos({ url, key: inject('server').key }).connect({ WebSocket, ...options })
  open.push(connection)
  return connection
}

afterEach(() => {
  for (const connection of open.splice(0)) connection.close()
})

describe('over HTTP', () => {
  test('a region is made, read, changed in part, awaited and removed', async () => {
    const name = newName()
    const made = await inos.regions.put(name, 'hello', { mediaType: 'text/plain', stride: 1, schema: 'letters' })
    expect(made).toMatchObject({ name, bytes: 5, media_type: 'text/plain', stride: 1, schema: 'letters' })
    const first = await inos.regions.get(name)
    expect([first.text(), first.mediaType, first.epoch]).toEqual(['hello', 'text/plain', made.epoch])
    const changed = await inos.regions.patch(name, new TextEncoder().encode('J'), { offset: 0 })
    expect(changed.epoch).toBe(made.epoch + 1n)
    expect((await inos.regions.get(name, { after: made.epoch }))?.text()).toBe('Jello')
    expect(await inos.regions.get(name, { after: changed.epoch })).toBeUndefined()
    const waiting = inos.regions.get(name, { after: changed.epoch, waitMs: 20_000 })
    await until(async () => ((await inos.regions.about(name))?.waiters ?? 0) > 0)
    await inos.regions.put(name, 'bye')
    expect((await waiting)?.text()).toBe('bye')
    expect(await inos.regions.about(name)).toMatchObject({ published: 3, bytes: 3 })
    await inos.regions.delete(name)
    await expect(inos.regions.get(name)).rejects.toBeInstanceOf(NotFoundError)
    expect(await inos.regions.about(name)).toBeUndefined()
  })

  test('of many who saw the same epoch one is let through', async () => {
    const name = newName()
    const { epoch } = await inos.regions.put(name, '0', { at: 'absent' })
    await expect(inos.regions.put(name, '0', { at: 'absent' })).rejects.toBeInstanceOf(ConflictError)
    const changes = Array.from({ length: 8 }, (_, index) => inos.regions.put(name, `${index}`, { at: epoch }))
    const settled = await Promise.allSettled(changes)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of settled) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'precondition-failed' })
  })

  test('a signal ends a wait', async () => {
    const { name, epoch } = await inos.regions.put(newName(), 'x')
    const stop = new AbortController()
    const waiting = inos.regions.get(name, { after: epoch, waitMs: 60_000 }, { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 50)
    await expect(waiting).rejects.toThrow('enough')
  })

  test('a list goes over all pages', async () => {
    const some = await Promise.all(Array.from({ length: 5 }, () => inos.regions.put(newName(), 'x')))
    const seen: string[] = []
    for await (const { name } of inos.regions.list({ limit: 2 })) seen.push(name)
    for (const { name } of some) expect(seen).toContain(name)
  })
})

describe.each([
  ['json', json],
  ['capnp', capsule],
])('over a connection in %s', (_, codec) => {
  test('a region is told whole and then by what changed, and an epoch that is published has a number', async () => {
    const name = newName()
    const { epoch } = await inos.regions.put(name, new Uint8Array(3 * PAGE).fill(1))
    const connection = await connect({ codec })
    const heard: [bigint, readonly number[] | undefined, string][] = []
    const { close, ended } = connection.subscribe(name, (copy, pages) => {
      heard.push([copy.epoch, pages, [0, 1, 2].map((page) => copy.bytes[page * PAGE]).join()])
    })
    await until(() => heard.length === 1)
    expect(await connection.publish(name, new Uint8Array([7]), { offset: PAGE })).toBe(epoch + 1n)
    await until(() => heard.length === 2)
    expect(heard).toEqual([
      [epoch, undefined, '1,1,1'],
      [epoch + 1n, [1], '1,7,1'],
    ])
    close()
    await ended
    await connection.publish(name, 'another')
    expect(heard).toHaveLength(2)
  })

  test('what is refused is told to whoever asked', async () => {
    const connection = await connect({ codec })
    const name = newName()
    await expect(connection.subscribe(name, () => {}).ended).rejects.toBeInstanceOf(NotFoundError)
    await expect(connection.publish(name, 'x', { offset: 0 })).rejects.toBeInstanceOf(NotFoundError)
    await connection.publish(name, 'abc')
    const wrong = [1, 2, 3].map((offset) => connection.publish(name, 'xyz', { offset }))
    for (const one of wrong) await expect(one).rejects.toMatchObject({ code: 'range-not-satisfiable' })
    const { ended } = connection.subscribe(name, () => {})
    await inos.regions.delete(name)
    await expect(ended).rejects.toBeInstanceOf(NotFoundError)
  })

  test(`over ${CUTS} cuts no epoch comes twice, none is older than the one before, and the last one comes`, async () => {
    const name = newName()
    const region = new Uint8Array(8 * PAGE)
    await inos.regions.put(name, region)
    const way = await cutter(inject('server').url)
    const connection = await connect({ codec }, way.url)
    const epochs: bigint[] = []
    const faults: string[] = []
    let last = 0
    const { copy } = connection.subscribe(name, ({ bytes, epoch }) => {
      epochs.push(epoch)
      last = checked(bytes, faults)
    })
    // One page after the other says which round it is of, so that a page that was missed would be seen.
    const writer = await connect({ codec })
    let round = 0
    const write = async () => {
      round += 1
      return writer.publish(name, new Uint8Array(new Uint32Array([round]).buffer), { offset: (round % 8) * PAGE })
    }
    let epoch = 0n
    for (let cut = 0; cut < CUTS; cut += 1) {
      const before = epochs.length
      epoch = await write()
      await until(() => epochs.length > before)
      way.cut()
      epoch = await write()
    }
    await until(() => copy.epoch === epoch)
    expect(faults).toEqual([])
    expect(last).toBe(round)
    expect(epochs.every((one, index) => index === 0 || one > (epochs[index - 1] ?? 0n))).toBe(true)
    await way.close()
  })

  test('a region that no frame can carry is had all the same', async () => {
    const name = newName()
    const connection = await connect({ codec })
    const large = new Uint8Array(17 << 20).fill(3)
    const first = await connection.publish(name, large)
    const { copy } = connection.subscribe(name, () => {})
    await until(() => copy.epoch === first)
    const second = await connection.publish(name, new Uint8Array([9]), { offset: 5 * PAGE })
    await until(() => copy.epoch === second)
    expect([copy.bytes.length, copy.bytes[5 * PAGE], copy.bytes[5 * PAGE + 1]]).toEqual([17 << 20, 9, 3])
  })
})

/** The round that the newest page is of; every page is to be of the newest round in which it was written. */
function checked(bytes: Uint8Array, faults: string[]): number {
  const rounds = Array.from({ length: 8 }, (_, page) => new DataView(bytes.buffer, bytes.byteOffset + page * PAGE).getUint32(0, true))
  const newest = Math.max(...rounds)
  rounds.forEach((round, page) => {
    const wanted = newest - ((newest - page + 8) % 8)
    if (round !== Math.max(0, wanted)) faults.push(`page ${page} is of round ${round} and not ${wanted}`)
  })
  return newest
}

test('regions are told and published over HTTP where no WebSocket can be had', async () => {
  class Refused extends WebSocket {
    constructor() {
      super('ws://127.0.0.1:9/')
    }
  }
  const name = newName()
  const connection = await connect({ WebSocket: Refused })
  expect(connection.via).toBe('http')
  const first = await connection.publish(name, 'one')
  const { copy, close, ended } = connection.subscribe(name, () => {})
  await until(() => copy.epoch === first)
  const second = await connection.publish(name, 'w', { offset: 1 })
  await until(() => copy.epoch === second)
  expect(new TextDecoder().decode(copy.bytes)).toBe('owe')
  close()
  await ended
})

test('a part that may have been published before a cut is not published twice', async () => {
  const name = newName()
  await inos.regions.put(name, 'abc')
  const way = await cutter(inject('server').url)
  const connection = await connect({}, way.url)
  const publishing = connection.publish(name, new Uint8Array(1), { offset: 0 })
  way.cut()
  await expect(publishing).rejects.toBeInstanceOf(ConnectionError)
  const whole = connection.publish(name, 'whole')
  way.cut()
  expect(await whole).toBeGreaterThan(0n)
  await way.close()
})

test('whoever follows hears of the end of the connection', async () => {
  const { name } = await inos.regions.put(newName(), 'x')
  const connection = await connect()
  const { ended } = connection.subscribe(name, () => {})
  expect(() => connection.subscribe(name, () => {})).toThrow('already')
  connection.close()
  await expect(ended).rejects.toBeInstanceOf(ConnectionError)
  expect(() => connection.subscribe(name, () => {})).toThrow(ConnectionError)
})

describe('a copy believes no frame that it has not looked at', () => {
  const frame = (parts: Partial<RegionState>): RegionState => ({ is: 'region', name: 'r', epoch: 9n, base: 8n, len: 2 * PAGE, pages: [], bytes: new Uint8Array(), deflated: false, ...parts })
  const full = () => {
    const copy = new RegionCopy()
    copy.apply(frame({ epoch: 8n, base: 0n, bytes: new Uint8Array(2 * PAGE) }))
    return copy
  }

  test.each<[string, Partial<RegionState>]>([
    ['a base that never came', { base: 80n, epoch: 90n }],
    ['a page behind the end', { pages: [2], bytes: new Uint8Array(PAGE) }],
    ['pages out of order', { pages: [1, 0], bytes: new Uint8Array(2 * PAGE) }],
    ['the same page twice', { pages: [1, 1], bytes: new Uint8Array(2 * PAGE) }],
    ['fewer bytes than pages', { pages: [0, 1], bytes: new Uint8Array(PAGE) }],
    ['more bytes than pages', { pages: [0], bytes: new Uint8Array(PAGE + 1) }],
    ['a snapshot of another length', { base: 0n, bytes: new Uint8Array(1) }],
    ['a length that nobody has', { len: 2 ** 52 }],
    ['what is deflated', { deflated: true }],
  ])('%s', (_, parts) => {
    const copy = full()
    expect(() => copy.apply(frame(parts))).toThrow(AnswerError)
    expect([copy.epoch, copy.bytes.length]).toEqual([0n, 0])
  })

  test('an older epoch and the same one change nothing', () => {
    const copy = full()
    expect(copy.apply(frame({ epoch: 8n, pages: [0], bytes: new Uint8Array(PAGE).fill(1) }))).toBe(false)
    expect(copy.apply(frame({ epoch: 7n, base: 6n, pages: [0], bytes: new Uint8Array(PAGE).fill(1) }))).toBe(false)
    expect(copy.bytes.every((byte) => byte === 0)).toBe(true)
  })

  test('what was cut off does not come back when the region grows again', () => {
    const copy = full()
    copy.apply(frame({ epoch: 9n, pages: [0, 1], bytes: new Uint8Array(2 * PAGE).fill(5) }))
    copy.apply(frame({ epoch: 10n, base: 9n, len: 3 }))
    copy.apply(frame({ epoch: 11n, base: 10n, len: 8 }))
    expect([...copy.bytes]).toEqual([5, 5, 5, 0, 0, 0, 0, 0])
  })
})
