/**
 * Reads Cap'n Proto messages of strangers: the segment table is checked before anything is believed, every pointer
 * before it is followed, and what may be read in all is bounded by the message's own length. Never copies bytes.
 */
import { CapsuleError } from '../errors.js'

const WORD = 8
const MESSAGE_BYTES_MAX = 64 << 20
const SEGMENTS_MAX = 16
/** The fewest words that may be read of a message; of a longer one, four times its own. */
const TRAVERSAL_WORDS_MIN = 4_096
const BYTES = 2
const FOUR_BYTES = 4
const COMPOSITE = 7

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** Up to here a text is read letter by letter, which is faster than the platform's decoder. */
const SHORT = 48

/** One message. */
export class Message {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Where each segment begins, and after them where the last ends. */
  readonly #starts: number[] = []
  #budget: number
  /** The pointer that was resolved last: the segment, where its content begins, and its upper half. */
  #segment = 0
  #content = 0
  #upper = 0
  #lower = 0

  constructor(bytes: Uint8Array) {
    if (bytes.length > MESSAGE_BYTES_MAX) throw new CapsuleError(`a message has at most ${MESSAGE_BYTES_MAX} bytes`)
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#split()
    this.#budget = Math.max(TRAVERSAL_WORDS_MIN, (4 * bytes.length) / WORD)
  }

  /** The struct that the message is. */
  root(): StructReader {
    const root = this.struct(0, this.start(0))
    if (!root) throw new CapsuleError('the message has no root')
    return root
  }

  start(segment: number): number {
    return this.#starts[segment] ?? 0
  }

  end(segment: number): number {
    return this.#starts[segment + 1] ?? 0
  }

  #split(): void {
    const { view, bytes } = this
    const count = bytes.length >= 4 ? view.getUint32(0, true) + 1 : 0
    if (count < 1 || count > SEGMENTS_MAX) throw new CapsuleError(`a message has 1 to ${SEGMENTS_MAX} segments`)
    // The table is padded to whole words.
    let at = Math.ceil((4 * (count + 1)) / WORD) * WORD
    if (at > bytes.length) throw new CapsuleError('the message ends before its segment table does')
    this.#starts.push(at)
    for (let index = 0; index < count; index += 1) {
      at += view.getUint32(4 * (index + 1), true) * WORD
      if (at > bytes.length) throw new CapsuleError(`segment ${index} is longer than the message`)
      this.#starts.push(at)
    }
    if (at !== bytes.length) throw new CapsuleError('bytes follow after the message')
  }

  #charge(words: number): void {
    this.#budget -= words
    if (this.#budget < 0) throw new CapsuleError('the message says the same bytes too often')
  }

  /** Follows a pointer to its content; `false` where it is null. */
  #resolve(segment: number, at: number): boolean {
    const lower = this.view.getUint32(at, true)
    const upper = this.view.getUint32(at + 4, true)
    if (lower === 0 && upper === 0) return false
    if ((lower & 3) === 2) return this.#far(lower, upper)
    this.#found(segment, at + WORD + (lower >> 2) * WORD, lower, upper)
    return true
  }

  #found(segment: number, content: number, lower: number, upper: number): void {
    this.#segment = segment
    this.#content = content
    this.#lower = lower
    this.#upper = upper
  }

  #far(lower: number, target: number): boolean {
    const double = (lower & 4) !== 0
    const pad = this.#within(target, (lower >>> 3) * WORD, double ? 2 : 1)
    const [first, second] = [this.view.getUint32(pad, true), this.view.getUint32(pad + 4, true)]
    if (!double) {
      if ((first & 3) === 2) throw new CapsuleError('a far pointer leads to another')
      this.#found(target, pad + WORD + (first >> 2) * WORD, first, second)
      return first !== 0 || second !== 0
    }
    if ((first & 7) !== 2) throw new CapsuleError('a double far pointer leads to no far pointer')
    const content = this.#within(second, (first >>> 3) * WORD, 0)
    this.#found(second, content, this.view.getUint32(pad + 8, true), this.view.getUint32(pad + 12, true))
    return true
  }

  /** Where words of a segment lie, if it has them. */
  #within(segment: number, offset: number, words: number): number {
    const at = this.start(segment) + offset
    if (segment >= this.#starts.length - 1 || at + words * WORD > this.end(segment)) {
      throw new CapsuleError('a pointer leads out of the message')
    }
    return at
  }

  #check(bytes: number): void {
    if (this.#content < this.start(this.#segment) || this.#content + bytes > this.end(this.#segment)) {
      throw new CapsuleError('a pointer leads out of its segment')
    }
    this.#charge(Math.ceil(bytes / WORD) + 1)
  }

  /** The struct that a pointer means. */
  struct(segment: number, at: number): StructReader | undefined {
    if (at + WORD > this.end(segment)) throw new CapsuleError('a pointer lies outside of its segment')
    if (!this.#resolve(segment, at)) return undefined
    if ((this.#lower & 3) !== 0) throw new CapsuleError('a pointer means no struct')
    const data = (this.#upper & 0xffff) * WORD
    const pointers = this.#upper >>> 16
    this.#check(data + pointers * WORD)
    return new StructReader(this, this.#segment, this.#content, data, pointers)
  }

  /** The list of structs that a pointer means, of at most `max`. */
  structs<T>(segment: number, at: number, max: number, read: (from: StructReader) => T): T[] {
    if (!this.#resolve(segment, at)) return []
    const count = this.#list(COMPOSITE)
    this.#check((count + 1) * WORD)
    const [tag, sizes] = [this.view.getUint32(this.#content, true), this.view.getUint32(this.#content + 4, true)]
    const data = (sizes & 0xffff) * WORD
    const pointers = sizes >>> 16
    const length = tag >>> 2
    if ((tag & 3) !== 0 || length > max) throw new CapsuleError(`a list has at most ${max} structs`)
    const step = data + pointers * WORD
    if (length * step > count * WORD) throw new CapsuleError('a list is longer than its bytes')
    this.#charge(length)
    const inside = this.#segment
    const first = this.#content + WORD
    const made: T[] = []
    for (let index = 0; index < length; index += 1) {
      made.push(read(new StructReader(this, inside, first + index * step, data, pointers)))
    }
    return made
  }

  #list(size: number): number {
    if ((this.#lower & 3) !== 1 || (this.#upper & 7) !== size) throw new CapsuleError('a pointer means another list')
    return this.#upper >>> 3
  }

  /** The bytes that a pointer means. */
  data(segment: number, at: number): Uint8Array | undefined {
    if (!this.#resolve(segment, at)) return undefined
    const count = this.#list(BYTES)
    this.#check(count)
    return this.bytes.subarray(this.#content, this.#content + count)
  }

  /** The list of numbers of 32 bits that a pointer means, of at most `max`. */
  u32s(segment: number, at: number, max: number): number[] {
    if (!this.#resolve(segment, at)) return []
    const count = this.#list(FOUR_BYTES)
    if (count > max) throw new CapsuleError(`a list has at most ${max} numbers`)
    this.#check(4 * count)
    const made: number[] = []
    for (let index = 0; index < count; index += 1) made.push(this.view.getUint32(this.#content + 4 * index, true))
    return made
  }

  /** The text that a pointer means. */
  text(segment: number, at: number): string | undefined {
    if (!this.#resolve(segment, at)) return undefined
    const count = this.#list(BYTES)
    this.#check(count)
    const end = this.#content + count - 1
    if (count === 0 || this.view.getUint8(end) !== 0) throw new CapsuleError('a text does not end in a zero byte')
    return this.#decoded(this.#content, end)
  }

  #decoded(from: number, to: number): string {
    if (to - from <= SHORT) {
      let text = ''
      let at = from
      for (; at < to; at += 1) {
        const byte = this.view.getUint8(at)
        if (byte >= 0x80) break
        text += String.fromCharCode(byte)
      }
      if (at === to) return text
    }
    try {
      return decoder.decode(this.bytes.subarray(from, to))
    } catch {
      throw new CapsuleError('a text is no UTF-8')
    }
  }
}

/** One struct: fields that lie beyond what its writer knew are as if they were absent. */
export class StructReader {
  readonly #message: Message
  readonly #segment: number
  readonly #at: number
  readonly #data: number
  readonly #pointers: number

  constructor(message: Message, segment: number, at: number, data: number, pointers: number) {
    this.#message = message
    this.#segment = segment
    this.#at = at
    this.#data = data
    this.#pointers = pointers
  }

  /** The bit at this place. */
  bool(bit: number): boolean {
    return ((this.u8(bit >>> 3) >>> (bit & 7)) & 1) === 1
  }

  u8(at: number): number {
    return at < this.#data ? this.#message.view.getUint8(this.#at + at) : 0
  }

  u16(at: number): number {
    return at + 2 <= this.#data ? this.#message.view.getUint16(this.#at + at, true) : 0
  }

  u32(at: number): number {
    return at + 4 <= this.#data ? this.#message.view.getUint32(this.#at + at, true) : 0
  }

  /** A number of 64 bits that JavaScript can hold. */
  u64(at: number): number {
    const upper = this.u32(at + 4)
    if (upper >= 0x20_0000) throw new CapsuleError('a number is over 2^53')
    return upper * 0x1_0000_0000 + this.u32(at)
  }

  /** A number of 64 bits, whatever it is. */
  big(at: number): bigint {
    return (BigInt(this.u32(at + 4)) << 32n) | BigInt(this.u32(at))
  }

  /** Whether something lies behind the pointer. */
  has(pointer: number): boolean {
    const place = this.#place(pointer)
    return place > 0 && (this.#message.view.getUint32(place, true) !== 0 || this.#message.view.getUint32(place + 4, true) !== 0)
  }

  struct(pointer: number): StructReader {
    const place = this.#place(pointer)
    const struct = place > 0 ? this.#message.struct(this.#segment, place) : undefined
    return struct ?? new StructReader(this.#message, 0, 0, 0, 0)
  }

  structs<T>(pointer: number, max: number, read: (from: StructReader) => T): T[] {
    const place = this.#place(pointer)
    return place > 0 ? this.#message.structs(this.#segment, place, max, read) : []
  }

  u32s(pointer: number, max: number): number[] {
    const place = this.#place(pointer)
    return place > 0 ? this.#message.u32s(this.#segment, place, max) : []
  }

  /** The bytes; where they are to have a length, others are refused. */
  data(pointer: number, length?: number): Uint8Array {
    const place = this.#place(pointer)
    const data = (place > 0 ? this.#message.data(this.#segment, place) : undefined) ?? new Uint8Array()
    if (length !== undefined && data.length !== length) throw new CapsuleError(`${length} bytes were to come`)
    return data
  }

  text(pointer: number): string {
    const place = this.#place(pointer)
    return (place > 0 ? this.#message.text(this.#segment, place) : undefined) ?? ''
  }

  #place(pointer: number): number {
    return pointer < this.#pointers ? this.#at + this.#data + pointer * WORD : 0
  }
}
