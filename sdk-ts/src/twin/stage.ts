/** Puts epoch after epoch into shared memory: only the pages that changed since a buffer was written, and never one that is read. */
import { pageLen, regionBufferCount } from '../generated/layout/arena.js'
import type { RegionCopy } from '../socket/region-copy.js'
import { TwinMemory } from './memory.js'

/** After how long without a free buffer the oldest is taken: a reader that long is gone or stuck. In milliseconds. */
const HELD_MS_MAX = 1_000
/** When it is looked again whether a buffer is free, in milliseconds. */
const AGAIN_MS = 2
/** A region that outgrows its memory gets half as much again. */
const GROWTH = 1.5

/** The stage of one region. */
export class Stage {
  readonly #copy: RegionCopy
  readonly #moved: (memory: TwinMemory) => void
  #memory: TwinMemory
  /** For each page the step in which it changed last, and for each buffer the step that it is. */
  #stamps = new Float64Array()
  #steps: number[] = []
  #step = 0
  #length = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #heldSince: number | undefined

  /** A stage for what `copy` holds; `moved` hears of other memory where the region outgrows it. */
  constructor(copy: RegionCopy, moved: (memory: TwinMemory) => void) {
    this.#copy = copy
    this.#moved = moved
    this.#memory = TwinMemory.of(copy.bytes.length)
    this.#begin()
  }

  /** The memory as it is. */
  get memory(): TwinMemory {
    return this.#memory
  }

  /** Shows the epoch that the copy has now: these pages changed, or any of them. */
  show(pages: readonly number[] | undefined): void {
    // An epoch that still waits for a buffer is one that nobody will see.
    if (this.#timer !== undefined) this.#memory.skip()
    this.#stamp(pages)
    const { length } = this.#copy.bytes
    if (length > this.#memory.capacity) this.#move(length * GROWTH)
    this.#try()
  }

  /** Ends it. */
  close(): void {
    clearTimeout(this.#timer)
    this.#memory.wake()
  }

  #begin(): void {
    this.#steps = Array.from({ length: regionBufferCount }, () => -1)
    this.#stamps = new Float64Array(this.#memory.capacity / pageLen)
  }

  #move(bytes: number): void {
    const old = this.#memory
    this.#memory = TwinMemory.of(bytes)
    this.#begin()
    this.#try()
    this.#moved(this.#memory)
    old.retire()
  }

  #stamp(pages: readonly number[] | undefined): void {
    this.#step += 1
    const { length } = this.#copy.bytes
    if (!pages) this.#stamps.fill(this.#step)
    else for (const page of pages) this.#stamps[page] = this.#step
    // What lies behind the shorter of both ends is another than any buffer has.
    if (length !== this.#length) this.#stamps.fill(this.#step, Math.floor(Math.min(length, this.#length) / pageLen))
    this.#length = length
  }

  #try(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const buffer = this.#memory.free() ?? this.#taken()
    if (buffer === undefined) {
      this.#timer = setTimeout(() => this.#try(), AGAIN_MS)
      return
    }
    this.#heldSince = undefined
    this.#fill(buffer)
  }

  #taken(): number | undefined {
    this.#heldSince ??= Date.now()
    return Date.now() - this.#heldSince > HELD_MS_MAX ? this.#memory.take() : undefined
  }

  #fill(buffer: number): void {
    const { bytes, epoch } = this.#copy
    const to = this.#memory.begin(buffer)
    const since = this.#steps[buffer] ?? -1
    for (let page = 0; page * pageLen < bytes.length; page += 1) {
      if ((this.#stamps[page] ?? 0) <= since) continue
      const at = page * pageLen
      to.set(bytes.subarray(at, at + pageLen), at)
    }
    this.#steps[buffer] = this.#step
    this.#memory.publish(buffer, epoch, bytes.length)
  }
}
