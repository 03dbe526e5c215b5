/** A twin: one epoch whole in memory, however many read it and whatever breaks. */
import { WebSocket } from 'ws'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { InosError, Inos, NotFoundError } from '../src/index.js'
import { regionCurrentOffset, twinPinsOffset } from '../src/generated/layout/arena.js'
import type { RegionState } from '../src/socket/frames.js'
import { RegionCopy } from '../src/socket/region-copy.js'
import { attachTwin, type Twin, type TwinOptions } from '../src/twin/index.js'
import { TwinMemory } from '../src/twin/memory.js'
import { Stage } from '../src/twin/stage.js'
import { TwinView } from '../src/twin/view.js'
import { cutter } from './support/cutter.js'
import { until } from './support/until.js'

const PAGE = 4096
const inos = new Inos(inject('server'))
const twins: Twin[] = []
let names = 0

function newName(): string {
  names += 1
  return `t${names}.${Date.now()}`
}

async function open(name: string, options: TwinOptions = {}, url = inject('server').url): Promise<Twin> {
  const twin = await new Inos({ ...inject('server'), url }).regions.twin(name, { WebSocket, ...options })
  twins.push(twin)
  return twin
}

afterEach(() => {
  for (const twin of twins.splice(0)) twin.close()
})

describe.each([
  ['in memory that threads share', true],
  ['by message', false],
])('%s', (_, shared) => {
  test('a twin has each epoch whole, publishes, and others read it too', async () => {
    const name = newName()
    const first = await inos.regions.put(name, new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer), { stride: 8 })
    const twin = await open(name, { shared })
    expect([twin.isShared, twin.name, twin.epoch]).toEqual([shared, name, first.epoch])
    expect(await twin.next()).toBe(first.epoch)
    expect([...twin.f32()]).toEqual([1, 2, 3, 4])
    const port = twin.share()
    const other = await attachTwin(port)
    const heard: bigint[] = []
    const deaf = other.on((epoch) => heard.push(epoch))
    const epoch = await twin.publish(new Uint8Array(new Float32Array([9]).buffer), { offset: 4 })
    expect(epoch).toBe(first.epoch + 1n)
    expect([await twin.next({ after: first.epoch }), await other.next({ after: first.epoch })]).toEqual([epoch, epoch])
    const seen = other.read((view) => {
      const points = view.records({ x: 'f32', y: 'f32' })
      return [points.length, points.get(0, 'y'), points.get(1, 'x'), view.epoch, view.stride]
    })
    expect(seen).toEqual([2, 9, 3, epoch, 8])
    await until(() => heard.length === 1)
    deaf()
    await expect(other.publish(new Uint8Array(4), { offset: 1_000 })).rejects.toMatchObject({ code: 'range-not-satisfiable' })
    other.close()
    await expect(other.next({ after: other.epoch })).rejects.toBeInstanceOf(InosError)
    expect(await twin.publish(new Uint8Array(8))).toBe(epoch + 1n)
  })

  test('a region that grows and shrinks is had at every length', async () => {
    const name = newName()
    await inos.regions.put(name, new Uint8Array(10).fill(1))
    const twin = await open(name, { shared })
    const other = await attachTwin(twin.share())
    for (const length of [3 * PAGE, 3, 9 * PAGE + 1, 20 * PAGE, 5]) {
      const epoch = await twin.publish(new Uint8Array(length).fill(length % 251))
      await until(() => twin.epoch === epoch && other.epoch === epoch)
      for (const one of [twin, other]) {
        const bytes = one.bytes()
        expect([bytes.length, bytes.every((byte) => byte === length % 251)]).toEqual([length, true])
      }
    }
  })

  test('after a cut it goes on, and its end is told', async () => {
    const name = newName()
    await inos.regions.put(name, new Uint8Array(PAGE))
    const way = await cutter(inject('server').url)
    const twin = await open(name, { shared }, way.url)
    for (let round = 1; round < 6; round += 1) {
      way.cut()
      const { epoch } = await inos.regions.patch(name, new Uint8Array([round]), { offset: round })
      await until(() => twin.epoch === epoch)
      expect([...twin.bytes().subarray(0, 6)]).toEqual([0, 1, 2, 3, 4, 5].map((at) => (at <= round ? at : 0)))
    }
    const waiting = expect(twin.next({ after: twin.epoch })).rejects.toBeInstanceOf(NotFoundError)
    await inos.regions.delete(name)
    await waiting
    await expect(twin.ended).rejects.toBeInstanceOf(NotFoundError)
    await way.close()
  })
})

test('what is not there, or is given up, opens no twin', async () => {
  await expect(open(newName())).rejects.toBeInstanceOf(NotFoundError)
  const { name } = await inos.regions.put(newName(), 'x')
  await expect(open(name, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
  const twin = await open(name)
  const stop = new AbortController()
  const waiting = twin.next({ after: twin.epoch, signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
})

describe('shared memory', () => {
  const frame = (epoch: bigint, value: number): RegionState => ({ is: 'region', name: 'r', epoch, base: 0n, len: PAGE, pages: [], bytes: new Uint8Array(PAGE).fill(value), deflated: false })

  function staged(): { copy: RegionCopy; stage: Stage; memory: TwinMemory; show: (value: number) => void } {
    const copy = new RegionCopy()
    copy.apply(frame(1n, 1))
    const stage = new Stage(copy, () => {})
    stage.show(undefined)
    const show = (value: number) => {
      copy.apply(frame(BigInt(value), value))
      stage.show(undefined)
    }
    return { copy, stage, memory: TwinMemory.in(stage.memory.buffer), show }
  }

  test('what is read stays what it is while epochs come, and what nobody can see is counted', async () => {
    const { memory, show, stage } = staged()
    memory.read((outer, epoch) => {
      show(2)
      memory.read((inner) => {
        for (let value = 3; value < 10; value += 1) show(value)
        expect([epoch, outer[0], inner[0]]).toEqual([1n, 1, 2])
        expect(memory.epoch).toBe(3n)
      })
    })
    expect(memory.skipped).toBe(5n)
    await until(() => memory.epoch === 9n)
    expect(memory.read((bytes) => bytes[PAGE - 1])).toBe(9)
    stage.close()
  })

  test('buffers whose readers were ended are taken back after a while', async () => {
    const { memory, show, stage } = staged()
    const words = new Int32Array(memory.buffer)
    for (let value = 2; value < 5; value += 1) {
      const current = Number(new BigUint64Array(memory.buffer)[regionCurrentOffset / 8] ?? 0n) % 8
      words[twinPinsOffset / 4 + value] = current + 1
      show(value)
    }
    await until(() => memory.epoch === 4n)
    expect(memory.read((bytes) => bytes[0])).toBe(4)
    stage.close()
  })

  test('what was seen in a buffer that was taken meanwhile is not given out', () => {
    const { memory, show, stage } = staged()
    const seen: (number | undefined)[] = []
    const given = memory.read((bytes) => {
      if (seen.length === 0) {
        show(2)
        show(3)
        memory.begin(memory.take()).fill(77)
      }
      seen.push(bytes[0])
      if (seen.length === 1) throw new Error('of a buffer that is no epoch')
      return bytes[0]
    })
    expect([seen, given]).toEqual([[77, 3], 3])
    stage.close()
  })

  test('memory of another kind is refused', () => {
    expect(() => TwinMemory.in(new SharedArrayBuffer(16))).toThrow(InosError)
    expect(() => TwinMemory.in(new SharedArrayBuffer(5 * PAGE))).toThrow(InosError)
  })
})

test('fields lie where they are said to', () => {
  const bytes = new Uint8Array(32)
  const view = new DataView(bytes.buffer)
  view.setFloat64(8, 2.5, true)
  view.setInt16(6, -3, true)
  view.setUint8(20, 200)
  const records = new TwinView(bytes, 1n, 16).records({ small: ['i16', 6], large: 'f64' })
  expect([records.length, records.get(0, 'small'), records.get(0, 'large')]).toEqual([2, -3, 2.5])
  expect(new TwinView(bytes, 1n, undefined).records({ one: ['u8', 20] }).length).toBe(1)
  expect(() => records.get(2, 'small')).toThrow(RangeError)
  expect(() => new TwinView(bytes, 1n, 4).records({ large: 'f64' })).toThrow(InosError)
})
