/** The same job as lines for a terminal or a program. Whatever was typed stays one word of a shell, or one text of a program. */

/** What is to be said. */
export interface Said {
  url: string
  unit: string
  method: string
  params: { readonly [name: string]: unknown }
  /** Each input: what was typed, or the name of a file. */
  inputs: readonly ({ text: string } | { file: string })[]
}

/** A text as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** A text that JavaScript reads as itself, in whatever page or file it comes to stand. */
function quoted(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

function scalar(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** For `curl`. */
export function asCurl({ url, unit, method, params, inputs }: Said): string {
  const [only] = inputs
  const isPlain = inputs.length <= 1 && Object.values(params).every((value) => typeof value !== 'object')
  if (!isPlain) {
    const parts = inputs.map((input) => `-F ${shellWord('text' in input ? `input=${input.text}` : `input=@${input.file}`)}`)
    const form = Object.keys(params).length > 0 ? [`-F ${shellWord(`params=${JSON.stringify(params)};type=application/json`)}`] : []
    return lines(['curl', '-H "Authorization: Bearer $INOS_KEY"', ...form, ...parts, shellWord(`${url}/v1/run/${unit}/${method}`)])
  }
  const query = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, scalar(value)])).toString()
  const to = shellWord(`${url}/v1/run/${unit}/${method}${query === '' ? '' : `?${query}`}`)
  const body = !only ? '-X POST' : `--data-binary ${shellWord('text' in only ? only.text : `@${only.file}`)}`
  // `curl` takes what begins with an at sign for a file.
  const safe = only && 'text' in only && only.text.startsWith('@') ? `--data-raw ${shellWord(only.text)}` : body
  return lines(['curl', '-H "Authorization: Bearer $INOS_KEY"', safe, to])
}

/** For `inos`. */
export function asCli({ unit, method, params, inputs }: Said): string {
  const given = Object.entries(params).map(([name, value]) => `--param ${shellWord(`${name}=${scalar(value)}`)}`)
  const [only] = inputs
  const command = ['inos run', `${unit}.${method}`, ...given]
  if (inputs.length === 1 && only && 'text' in only) return `printf %s ${shellWord(only.text)} | ${[...command, '-'].join(' ')}`
  const files = inputs.map((input, at) => ('file' in input ? shellWord(input.file) : `input-${at}`))
  const made = inputs.flatMap((input, at) => ('text' in input ? [`printf %s ${shellWord(input.text)} > input-${at}`] : []))
  return [...made, [...command, ...files].join(' ')].join('\n')
}

/** For TypeScript. */
export function asTypeScript({ url, unit, method, params, inputs }: Said): string {
  const has = inputs.some((input) => 'file' in input)
  const each = inputs.map((input) => ('text' in input ? quoted(input.text) : `readFileSync(${quoted(input.file)})`))
  const given = each.length === 1 ? each[0] : `[${each.join(', ')}]`
  const form = Object.keys(params).length > 0 ? `, { params: ${quoted(params)} }` : ''
  return [
    ...(has ? ["import { readFileSync } from 'node:fs'"] : []),
    "import { Inos } from '@inos/sdk'",
    '',
    `const inos = new Inos({ url: ${quoted(url)}, key: process.env.INOS_KEY })`,
    `const output = await inos.run(${quoted(unit)}, ${quoted(method)}, ${given ?? '[]'}${form})`,
    "console.log(output.mediaType, output.bytes.length, 'bytes, cost', output.cost)",
  ].join('\n')
}

function lines(words: string[]): string {
  return words.join(' \\\n  ')
}
