/** A region as this side has it: one whole epoch, brought to the next by frames. Believes no frame before it has looked. */
import { AnswerError } from '../errors.js'
import { pageLen } from '../generated/layout/arena.js'
import { REGION_BYTES_MAX } from '../regions.js'
import type { RegionState } from './frames.js'

/** The bytes of one epoch. */
export class RegionCopy {
  #memory = new Uint8Array()
  #len = 0
  #epoch = 0n

  /** The epoch that the bytes are; 0 where there are none yet. */
  get epoch(): bigint {
    return this.#epoch
  }

  /** All bytes of the region: the same memory until it grows, so that they are others after the next frame. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(0, this.#len)
  }

  /** Takes in a whole epoch that came by another way. */
  replace(bytes: Uint8Array, epoch: bigint): void {
    this.#resize(bytes.length)
    this.#memory.set(bytes)
    this.#epoch = epoch
  }

  /**
   * Brings the bytes to a frame's epoch; `false` where they are that already. Throws an `AnswerError` where the frame
   * fits nothing that may be, and then nothing is known of the region any more.
   */
  apply(frame: RegionState): boolean {
    const { epoch, base, len, bytes } = frame
    if (epoch === this.#epoch || (base !== 0n && epoch < this.#epoch)) return false
    const fits = base === 0n ? frame.pages.length === 0 && bytes.length === len : this.#fits(frame)
    // Nobody here asks for deflated bytes, so that none can grow to more than the message that they came in.
    if (!fits || frame.deflated || len > REGION_BYTES_MAX) {
      this.forget()
      throw new AnswerError(`epoch ${epoch} of ${frame.name} does not fit what came before it`)
    }
    this.#resize(len)
    if (base === 0n) this.#memory.set(bytes)
    else this.#put(frame)
    this.#epoch = epoch
    return true
  }

  /** Knows nothing any more. */
  forget(): void {
    this.#epoch = 0n
    this.#resize(0)
  }

  /** Whether pages are in order, within the region, and as long as their bytes. */
  #fits({ base, len, pages, bytes }: RegionState): boolean {
    if (base > this.#epoch || this.#epoch === 0n) return false
    let [wanted, last] = [0, -1]
    for (const page of pages) {
      if (page <= last || page * pageLen >= len) return false
      wanted += Math.min(pageLen, len - page * pageLen)
      last = page
    }
    return wanted === bytes.length
  }

  #put({ len, pages, bytes }: RegionState): void {
    let from = 0
    for (const page of pages) {
      const to = from + Math.min(pageLen, len - page * pageLen)
      this.#memory.set(bytes.subarray(from, to), page * pageLen)
      from = to
    }
  }

  #resize(len: number): void {
    if (len > this.#memory.length) {
      const larger = new Uint8Array(Math.ceil(len / pageLen) * pageLen)
      larger.set(this.#memory.subarray(0, this.#len))
      this.#memory = larger
    }
    // What grows again later begins with zeros, not with what was there before.
    this.#memory.fill(0, len, Math.max(len, this.#len))
    this.#len = len
  }
}
