/** Writes Cap'n Proto messages of one segment, field by field in the order of the calls. Never reads one. */

const WORD = 8
const HEADER = 8
const BYTES = 2
const COMPOSITE = 7
const encoder = new TextEncoder()
/** Up to here a text is written letter by letter, which is faster than the platform's encoder. */
const SHORT = 48

/** How many words of data and how many pointers a struct has. */
export interface Layout {
  readonly data: number
  readonly pointers: number
}

/** A message under way. A struct is the place where it begins, in bytes. */
export class Writer {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #at = HEADER

  /** A message that will have about so many bytes. */
  constructor(bytes: number) {
    this.#bytes = new Uint8Array(HEADER + Math.ceil(bytes / WORD) * WORD)
    this.#view = new DataView(this.#bytes.buffer)
  }

  /** The struct that the message is. */
  root(layout: Layout): number {
    return this.struct(this.#room(WORD), layout)
  }

  /** The finished message. */
  done(): Uint8Array<ArrayBuffer> {
    this.#view.setUint32(4, (this.#at - HEADER) / WORD, true)
    return this.#bytes.subarray(0, this.#at)
  }

  /** Where a pointer of a struct lies. */
  pointer(struct: number, layout: Layout, index: number): number {
    return struct + (layout.data + index) * WORD
  }

  /** Makes a struct behind a pointer. */
  struct(pointer: number, { data, pointers }: Layout): number {
    const at = this.#room((data + pointers) * WORD)
    this.#point(pointer, at, 0, data + pointers * 0x1_0000)
    return at
  }

  /** Makes a list of structs behind a pointer; gives the place of the first. */
  list(pointer: number, count: number, { data, pointers }: Layout): number {
    const words = count * (data + pointers)
    const at = this.#room((words + 1) * WORD)
    this.#point(pointer, at, 1, COMPOSITE + words * 8)
    this.#view.setUint32(at, count * 4, true)
    this.#view.setUint32(at + 4, data + pointers * 0x1_0000, true)
    return at + WORD
  }

  /** Puts bytes behind a pointer. */
  data(pointer: number, bytes: Uint8Array): void {
    const at = this.#room(bytes.length)
    this.#bytes.set(bytes, at)
    this.#point(pointer, at, 1, BYTES + bytes.length * 8)
  }

  /** Puts a text behind a pointer. */
  text(pointer: number, text: string): void {
    if (text.length > SHORT || !this.#ascii(pointer, text)) {
      const bytes = encoder.encode(text)
      const at = this.#room(bytes.length + 1)
      this.#bytes.set(bytes, at)
      this.#point(pointer, at, 1, BYTES + (bytes.length + 1) * 8)
    }
  }

  #ascii(pointer: number, text: string): boolean {
    for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) >= 0x80) return false
    const at = this.#room(text.length + 1)
    for (let index = 0; index < text.length; index += 1) this.#view.setUint8(at + index, text.charCodeAt(index))
    this.#point(pointer, at, 1, BYTES + (text.length + 1) * 8)
    return true
  }

  bool(struct: number, bit: number, value: boolean): void {
    const at = struct + (bit >>> 3)
    if (value) this.#view.setUint8(at, this.#view.getUint8(at) | (1 << (bit & 7)))
  }

  u8(struct: number, at: number, value: number): void {
    this.#view.setUint8(struct + at, value)
  }

  u16(struct: number, at: number, value: number): void {
    this.#view.setUint16(struct + at, value, true)
  }

  u32(struct: number, at: number, value: number): void {
    this.#view.setUint32(struct + at, value, true)
  }

  /** A whole number that JavaScript holds exactly. */
  u64(struct: number, at: number, value: number): void {
    this.#view.setUint32(struct + at, value >>> 0, true)
    this.#view.setUint32(struct + at + 4, Math.floor(value / 0x1_0000_0000), true)
  }

  /** A number of 64 bits. */
  big(struct: number, at: number, value: bigint): void {
    this.#view.setBigUint64(struct + at, value, true)
  }

  #point(pointer: number, at: number, kind: number, upper: number): void {
    const offset = (at - pointer - WORD) / WORD
    this.#view.setUint32(pointer, offset * 4 + kind, true)
    this.#view.setUint32(pointer + 4, upper, true)
  }

  /** Where so many zero bytes, and what makes whole words of them, are free. */
  #room(bytes: number): number {
    const at = this.#at
    this.#at += Math.ceil(bytes / WORD) * WORD
    if (this.#at > this.#bytes.length) this.#grow()
    return at
  }

  #grow(): void {
    const larger = new Uint8Array(Math.ceil(Math.max(this.#at, 2 * this.#bytes.length) / WORD) * WORD)
    larger.set(this.#bytes)
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}
