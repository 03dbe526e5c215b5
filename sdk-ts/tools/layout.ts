/**
 * Makes the offsets of our messages from the schemas: what `capnp compile -ocapnp` says of each field, as constants.
 * Never writes a reader or a writer; those are by hand over these numbers, as in Rust.
 */
import { execFileSync } from 'node:child_process'

/** The schemas whose messages we read or write, by the name of their file of constants. */
export const SCHEMAS: { readonly [name: string]: string } = {
  frames: 'system/v1/frames.capnp',
  problem: 'system/v1/problem.capnp',
  capsule: 'compute/v1/capsule.capnp',
  state: 'compute/v1/state.capnp',
  receipt: 'economy/v1/receipt.capnp',
  arena: 'system/v1/arena_layout.capnp',
}

const HEAD = `// Made from protocols/schemas by tools/layout.ts; \`INOS_WRITE=1 npx vitest run generated\` writes it anew.
// Numbers of a struct: its words of data, its pointers, then each field: bytes into the data (bits for a Bool), or the
// index of its pointer. A union has its tag's place and the tag of each choice.
`

/** The constants of every struct and enum of a schema below `folder`. */
export function layout(folder: string, schema: string): string {
  return HEAD + constants(described(folder, schema))
}

function described(folder: string, schema: string): string {
  return execFileSync('capnp', ['compile', `-I${folder}`, '-ocapnp', `${folder}/${schema}`], { encoding: 'utf8' })
}

function constants(text: string): string {
  const closings: string[] = []
  let made = text.replaceAll(/^(?!const ).*\n?/gm, '').replaceAll(/^const (\w+) @\w+ :\w+ = (\d+);$/gm, constant)
  if (made !== '') made = `\n${made}`
  for (const line of text.split('\n').map((line) => line.trim())) {
    const opened = opening(line)
    const nested = closings.filter((closing) => closing !== '').length > 1
    if (opened) {
      made += indented(opened.text, nested)
      closings.push(opened.closing)
    } else {
      made += line === '}' ? (closings.pop() ?? '') : indented(field(line), nested)
    }
  }
  return made
}

function constant(_: string, name: string, value: string): string {
  return `export const ${name} = ${value}${Number.isSafeInteger(Number(value)) ? '' : 'n'}`
}

function indented(lines: string, nested: boolean): string {
  return nested ? lines.replaceAll(/^(?=.)/gm, '  ') : lines
}

/** What begins a block, and what will end it; a union without a name lies in the block around it. */
function opening(line: string): { text: string; closing: string } | undefined {
  const tag = /# tag bits \[(\d+)/.exec(line)?.[1]
  const tagged = tag ? `  tag: ${Number(tag) / 8},\n` : ''
  const struct = /^struct (\w+) @\w+ \{ {2}# (\d+) bytes, (\d+) ptrs/.exec(line)
  if (struct) {
    const sizes = `  data: ${Number(struct[2]) / 8},\n  pointers: ${struct[3]},\n`
    return { text: `\nexport const ${struct[1]} = {\n${sizes}`, closing: '}\n' }
  }
  const enumeration = /^enum (\w+) /.exec(line)
  if (enumeration) return { text: `\nexport const ${enumeration[1]} = {\n`, closing: '}\n' }
  const group = /^(\w+) :(?:group|union) \{/.exec(line)
  if (group) return { text: `  ${group[1]}: {\n${tagged}`, closing: '  },\n' }
  return line.startsWith('union {') ? { text: tagged, closing: '' } : undefined
}

function field(line: string): string {
  const member = /^(\w+) @(\d+);$/.exec(line)
  if (member) return `  ${member[1]}: ${member[2]},\n`
  const [, name, type, fallback, place] = /^(\w+) @\d+ :(.+?)(?: = (\w+))?; {2}# (.*)$/.exec(line) ?? []
  if (!name || !type || !place) return ''
  const tag = /union tag = (\d+)/.exec(place)?.[1]
  const made = type === 'Void' ? '' : `  ${name}: ${offset(type, place)},\n`
  return made + (tag ? `  ${name}Tag: ${tag},\n` : '') + (fallback ? `  ${name}Default: ${fallback},\n` : '')
}

function offset(type: string, place: string): number {
  const pointer = /^ptr\[(\d+)\]/.exec(place)
  if (pointer) return Number(pointer[1])
  const bits = Number(/^bits\[(\d+)/.exec(place)?.[1])
  return type === 'Bool' ? bits : bits / 8
}
