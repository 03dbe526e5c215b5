/** One epoch's bytes as numbers and records, where they lie. Copies nothing. */
import { InosError } from '../errors.js'

/** What a field of a record is: little-endian numbers. */
export type FieldKind = 'f32' | 'f64' | 'i8' | 'i16' | 'i32' | 'u8' | 'u16' | 'u32'
/** The fields of a record, one behind the other, or each with the place where it begins, in bytes. */
export interface Fields {
  readonly [name: string]: FieldKind | readonly [FieldKind, number]
}

const SIZES: { readonly [kind in FieldKind]: number } = { f32: 4, f64: 8, i8: 1, i16: 2, i32: 4, u8: 1, u16: 2, u32: 4 }
const READS: { readonly [kind in FieldKind]: (view: DataView, at: number) => number } = {
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
  i8: (view, at) => view.getInt8(at),
  i16: (view, at) => view.getInt16(at, true),
  i32: (view, at) => view.getInt32(at, true),
  u8: (view, at) => view.getUint8(at),
  u16: (view, at) => view.getUint16(at, true),
  u32: (view, at) => view.getUint32(at, true),
}

/** Records of equal length, one behind the other. */
export class Records<F extends Fields> {
  /** How many there are. */
  readonly length: number
  readonly #view: DataView
  readonly #stride: number
  readonly #fields = new Map<string, { at: number; read: (view: DataView, at: number) => number }>()

  constructor(bytes: Uint8Array, fields: F, stride: number | undefined) {
    let end = 0
    let longest = 0
    for (const [name, field] of Object.entries(fields)) {
      const [kind, at] = typeof field === 'string' ? [field, end] : field
      this.#fields.set(name, { at, read: READS[kind] })
      end = at + SIZES[kind]
      longest = Math.max(longest, end)
    }
    this.#stride = stride ?? longest
    if (longest > this.#stride || longest === 0) throw new InosError(`the fields do not fit a record of ${this.#stride} bytes`)
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.length = Math.floor(bytes.length / this.#stride)
  }

  /** A field of a record; throws where there is no such record. */
  get(index: number, name: keyof F & string): number {
    const field = this.#fields.get(name)
    if (!field || !(index >= 0 && index < this.length)) throw new RangeError(`there is no ${name} of record ${index}`)
    return field.read(this.#view, index * this.#stride + field.at)
  }
}

/** One epoch of a region. Where the memory is shared, it is whole only until the function that was given it returns. */
export class TwinView {
  readonly bytes: Uint8Array
  readonly epoch: bigint
  /** Bytes of one record, where the region says so. */
  readonly stride: number | undefined

  constructor(bytes: Uint8Array, epoch: bigint, stride: number | undefined) {
    this.bytes = bytes
    this.epoch = epoch
    this.stride = stride
  }

  /** As numbers of 32 bits with a point. */
  f32(): Float32Array {
    return new Float32Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length >>> 2)
  }

  /** As numbers of 64 bits with a point. */
  f64(): Float64Array {
    return new Float64Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length >>> 3)
  }

  /** As whole numbers of 32 bits. */
  i32(): Int32Array {
    return new Int32Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length >>> 2)
  }

  /** As whole numbers of 32 bits from 0 on. */
  u32(): Uint32Array {
    return new Uint32Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length >>> 2)
  }

  /** As whole numbers of 16 bits from 0 on. */
  u16(): Uint16Array {
    return new Uint16Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length >>> 1)
  }

  /** As whole numbers of 64 bits from 0 on. */
  u64(): BigUint64Array {
    return new BigUint64Array(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length >>> 3)
  }

  /** As records: as long as the region says, or as their fields are together. */
  records<const F extends Fields>(fields: F, stride = this.stride): Records<F> {
    return new Records(this.bytes, fields, stride)
  }
}
