/** A region's bytes as records: which fields they have, and what stands in them. Draws nothing and asks nobody. */
import type { FieldKind, Region, TwinView } from '@inos/sdk'

/** What a field may be, with its length in bytes and its words. */
export const KINDS: readonly (readonly [FieldKind, number, string])[] = [
  ['u8', 1, '8-bit integers'],
  ['i16', 2, '16-bit integers, signed'],
  ['u16', 2, '16-bit integers'],
  ['i32', 4, '32-bit integers, signed'],
  ['u32', 4, '32-bit integers'],
  ['f32', 4, '32-bit floats'],
  ['f64', 8, '64-bit floats'],
]
/** The most fields of a record that are shown. */
const FIELDS_MAX = 16

/** Fields by their names. */
export interface Layout {
  /** Bytes of one record. */
  stride: number
  names: readonly string[]
  kind: FieldKind
}

/** What is known of regions whose maker says what they are. */
const KNOWN: { readonly [schema: string]: { kind: FieldKind; names: readonly string[] } } = {
  'inos.boids.v1': { kind: 'f32', names: ['x', 'y', 'z', 'i', 'j', 'k', 'w', 'kind'] },
  'inos.life.v1': { kind: 'u8', names: [] },
  'inos.counter.v1': { kind: 'u32', names: ['low', 'high'] },
}

/** The kind of number that a region's maker says it has. */
export function kindIn({ schema }: Pick<Region, 'schema'>): FieldKind {
  return knownOf(schema)?.kind ?? 'u8'
}

function knownOf(schema: string | null | undefined) {
  const [name = ''] = (schema ?? '').split(' ')
  return Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined
}

/** A region read as numbers of a kind: as long as it says that its records are, else one number each. */
export function layoutOf({ schema, stride }: Pick<Region, 'schema' | 'stride'>, kind: FieldKind): Layout {
  const size = KINDS.find(([name]) => name === kind)?.[1] ?? 1
  const length = stride && stride >= size ? stride : size
  const known = knownOf(schema)
  const count = Math.min(FIELDS_MAX, Math.floor(length / size))
  const named = known?.kind === kind ? known.names : []
  return { stride: length, kind, names: Array.from({ length: count }, (_, at) => named[at] ?? String(at)) }
}

/** Records from `first` on, each a row of its fields. */
export function rowsIn(view: TwinView, layout: Layout, first: number, count: number): number[][] {
  const records = view.records(fieldsOf(layout), layout.stride)
  const end = Math.min(records.length, first + count)
  return Array.from({ length: Math.max(0, end - first) }, (_, at) => layout.names.map((__, field) => records.get(first + at, String(field))))
}

/** One field of at most `count` records, evenly over all of them: their numbers, and what stands there. */
export function spreadOf(view: TwinView, layout: Layout, field: number, count: number): { at: number[]; values: number[] } {
  const records = view.records(fieldsOf(layout), layout.stride)
  const step = Math.max(1, Math.ceil(records.length / count))
  const at = Array.from({ length: Math.ceil(records.length / step) }, (_, place) => place * step)
  return { at, values: at.map((record) => records.get(record, String(field))) }
}

function fieldsOf({ kind, names }: Layout): { [name: string]: FieldKind } {
  return Object.fromEntries(names.map((_, at) => [String(at), kind]))
}
