/**
 * One region in memory that threads share: laid out as on the server, three buffers of which readers pin the one they
 * read. Only the feeder writes; it never waits for a reader. Knows no connection and no message.
 */
import { InosError } from '../errors.js'
import {
  pageLen,
  regionBufferCount,
  regionBuffersOffset,
  regionCapacityOffset,
  regionCurrentOffset,
  regionHeadOffset,
  regionMagic,
  regionMarkLen,
  regionMarksOffset,
  regionRetiredOffset,
  regionVersion,
  regionVersionOffset,
  twinPinCount,
  twinPinsOffset,
  twinSkippedOffset,
} from '../generated/layout/arena.js'

/** Where words lie, as places of an array of 32 or of 64 bits. */
const RETIRED = regionRetiredOffset / 4
const HEAD_LOW = regionHeadOffset / 4
const PINS = twinPinsOffset / 4
const CAPACITY = regionCapacityOffset / 8
const HEAD = regionHeadOffset / 8
const CURRENT = regionCurrentOffset / 8
const SKIPPED = twinSkippedOffset / 8
/** `current` is the epoch times this, plus the number of the buffer. */
const BUFFERS = 8n
/** How often a read is begun again whose buffer was taken from it. */
const READS_MAX = 8

const markOf = (buffer: number): number => (regionMarksOffset + buffer * regionMarkLen) / 8

/** A buffer that is read. */
interface Pin {
  readonly place: number
  readonly buffer: number
  readonly epoch: bigint
}

/** The memory of a twin. */
export class TwinMemory {
  readonly buffer: ArrayBufferLike
  /** Bytes of one buffer. */
  readonly capacity: number
  readonly #words: Int32Array
  readonly #longs: BigUint64Array

  private constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer, 0, regionBuffersOffset / 4)
    this.#longs = new BigUint64Array(buffer, 0, regionBuffersOffset / 8)
    this.capacity = Number(this.#longs[CAPACITY])
  }

  /** Memory of no epoch yet, for regions of at most so many bytes. */
  static of(bytes: number): TwinMemory {
    const capacity = Math.max(1, Math.ceil(bytes / pageLen)) * pageLen
    const buffer = new SharedArrayBuffer(regionBuffersOffset + regionBufferCount * capacity)
    const longs = new BigUint64Array(buffer)
    longs[0] = regionMagic
    longs[CAPACITY] = BigInt(capacity)
    new Uint32Array(buffer)[regionVersionOffset / 4] = regionVersion
    return new TwinMemory(buffer)
  }

  /** The memory that a thread was given; throws where it is none, or of another layout. */
  static in(buffer: ArrayBufferLike): TwinMemory {
    if (buffer.byteLength < regionBuffersOffset) throw new InosError('this is no memory of a twin')
    const [view, memory] = [new DataView(buffer), new TwinMemory(buffer)]
    const known = view.getBigUint64(0, true) === regionMagic && view.getUint32(regionVersionOffset, true) === regionVersion
    if (!known || buffer.byteLength !== regionBuffersOffset + regionBufferCount * memory.capacity) {
      throw new InosError('this is no memory of a twin, or one of another version')
    }
    return memory
  }

  /** The newest epoch; 0 where there is none yet. */
  get epoch(): bigint {
    return Atomics.load(this.#longs, HEAD)
  }

  /** How many epochs were passed over because readers held every buffer. */
  get skipped(): bigint {
    return Atomics.load(this.#longs, SKIPPED)
  }

  /** Whether the region lies in other memory by now. */
  get isRetired(): boolean {
    return Atomics.load(this.#words, RETIRED) !== 0
  }

  /**
   * Looks at the newest epoch where it lies: nobody writes there meanwhile. Whoever looks for so long that the feeder
   * had to take the buffer looks again, at a newer one.
   */
  read<T>(look: (bytes: Uint8Array, epoch: bigint) => T): T {
    for (let reads = 0; reads < READS_MAX; reads += 1) {
      const pin = this.#pin()
      let value: T
      try {
        value = look(this.#bytes(pin.buffer), pin.epoch)
      } catch (error) {
        // What was seen in a buffer that was taken is no reason to fail.
        if (this.#unpin(pin)) throw error
        continue
      }
      if (this.#unpin(pin)) return value
    }
    throw new InosError('reading a twin takes so long that its memory is needed: copy what you need and work on that')
  }

  #bytes(buffer: number): Uint8Array {
    const length = Number(Atomics.load(this.#longs, markOf(buffer) + 1))
    return new Uint8Array(this.buffer, regionBuffersOffset + buffer * this.capacity, Math.min(length, this.capacity))
  }

  #pin(): Pin {
    for (;;) {
      const current = Atomics.load(this.#longs, CURRENT)
      const buffer = Number(current % BUFFERS)
      const place = this.#claim(buffer + 1)
      // Either the feeder sees the pin before it writes there, or we see here that something newer is current.
      if (Atomics.load(this.#longs, CURRENT) === current) return { place, buffer, epoch: current / BUFFERS }
      Atomics.store(this.#words, place, 0)
    }
  }

  #claim(value: number): number {
    const first = Math.floor(Math.random() * twinPinCount)
    for (let step = 0; step < twinPinCount; step += 1) {
      const place = PINS + ((first + step) % twinPinCount)
      if (Atomics.compareExchange(this.#words, place, 0, value) === 0) return place
    }
    throw new InosError(`${twinPinCount} reads of this twin are under way already`)
  }

  /** Lets go of a buffer; whether it still was what it had been. */
  #unpin({ place, buffer, epoch }: Pin): boolean {
    Atomics.compareExchange(this.#words, place, buffer + 1, 0)
    return Atomics.load(this.#longs, markOf(buffer)) === epoch
  }

  /** Blocks this thread until the epoch is another one or the time is over; no page may. */
  wait(epoch: bigint, timeoutMs: number): void {
    const low = Number(BigInt.asIntN(32, epoch))
    if (this.epoch === epoch && !this.isRetired) Atomics.wait(this.#words, HEAD_LOW, low, timeoutMs)
  }

  /** The same without blocking anybody; nothing where the platform cannot. */
  waitAsync(epoch: bigint, timeoutMs: number): Promise<unknown> | undefined {
    if (typeof Atomics.waitAsync !== 'function') return undefined
    const { async, value } = Atomics.waitAsync(this.#words, HEAD_LOW, Number(BigInt.asIntN(32, epoch)), timeoutMs)
    return async ? value : Promise.resolve(value)
  }

  /** Wakes whoever waits, so that they look whether they still want to. */
  wake(): void {
    Atomics.notify(this.#words, HEAD_LOW)
  }

  /** Feeder: a buffer that nobody reads and that is not current. */
  free(): number | undefined {
    let pinned = 0
    for (let place = PINS; place < PINS + twinPinCount; place += 1) pinned |= 1 << Atomics.load(this.#words, place)
    const current = Number(Atomics.load(this.#longs, CURRENT) % BUFFERS)
    for (let buffer = 0; buffer < regionBufferCount; buffer += 1) {
      if (buffer !== current && (pinned & (1 << (buffer + 1))) === 0) return buffer
    }
    return undefined
  }

  /** Feeder: takes the oldest buffer from whoever reads it; they see by its mark that it was taken. */
  take(): number {
    const current = Number(Atomics.load(this.#longs, CURRENT) % BUFFERS)
    let oldest = current === 0 ? 1 : 0
    for (let buffer = oldest + 1; buffer < regionBufferCount; buffer += 1) {
      if (buffer !== current && this.#mark(buffer) < this.#mark(oldest)) oldest = buffer
    }
    Atomics.store(this.#longs, markOf(oldest), 0n)
    for (let place = PINS; place < PINS + twinPinCount; place += 1) {
      Atomics.compareExchange(this.#words, place, oldest + 1, 0)
    }
    return oldest
  }

  #mark(buffer: number): bigint {
    return Atomics.load(this.#longs, markOf(buffer))
  }

  /** Feeder: begins to write a buffer, which is of no epoch from now on. */
  begin(buffer: number): Uint8Array {
    Atomics.store(this.#longs, markOf(buffer), 0n)
    return new Uint8Array(this.buffer, regionBuffersOffset + buffer * this.capacity, this.capacity)
  }

  /** Feeder: makes a buffer the newest epoch and wakes whoever waits for it. */
  publish(buffer: number, epoch: bigint, length: number): void {
    Atomics.store(this.#longs, markOf(buffer) + 1, BigInt(length))
    Atomics.store(this.#longs, markOf(buffer), epoch)
    Atomics.store(this.#longs, CURRENT, epoch * BUFFERS + BigInt(buffer))
    Atomics.store(this.#longs, HEAD, epoch)
    this.wake()
  }

  /** Feeder: counts an epoch that nobody here will see. */
  skip(): void {
    Atomics.add(this.#longs, SKIPPED, 1n)
  }

  /** Feeder: says that the region lies elsewhere from now on. */
  retire(): void {
    Atomics.store(this.#words, RETIRED, 1)
    this.wake()
  }
}
