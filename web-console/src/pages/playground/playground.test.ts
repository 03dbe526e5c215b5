/** What a schema becomes, what was typed becomes, and what is said elsewhere means the same there. */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { emptyOf, parametersOf, paramsOf, withOne, withoutOne } from './schema'
import { asCli, asCurl, asTypeScript, shellWord } from './snippets'

const SCHEMA = {
  type: 'object',
  required: ['key'],
  properties: {
    key: { type: 'string', description: 'The key.', writeOnly: true, maxLength: 64 },
    size: { type: 'integer', minimum: 1, maximum: 10, default: 3 },
    kind: { type: 'string', enum: ['a', 'b'], default: 'a' },
    fast: { type: 'boolean' },
    points: { type: 'array', examples: [[1, 2]] },
  },
}

test('each parameter is the field that its schema says', () => {
  const fields = parametersOf(SCHEMA)
  expect(fields.map(({ name, kind }) => [name, kind])).toEqual([['key', 'text'], ['size', 'number'], ['kind', 'choice'], ['fast', 'switch'], ['points', 'json']])
  expect(fields[0]).toMatchObject({ required: true, secret: true, longest: 64 })
  expect(fields[1]).toMatchObject({ whole: true, min: 1, max: 10, fallback: '3' })
  expect(fields[4]?.example).toBe('[1,2]')
  expect([undefined, null, 'x', {}, { properties: [] }].flatMap(parametersOf)).toEqual([])
})

test('what was typed is sent as what it is, and what was left empty is not', () => {
  const fields = parametersOf(SCHEMA)
  expect(paramsOf(fields, { key: 'k', size: '4', fast: 'false', points: '[1]', kind: '' })).toEqual({ params: { key: 'k', size: 4, fast: false, points: [1] } })
  expect(paramsOf(fields, { size: '1.5', points: '{' })).toEqual({ faults: { key: 'This is needed.', size: 'A whole number is needed.', points: 'This is no JSON.' } })
  expect(paramsOf(fields, { key: 'k', size: '0' })).toEqual({ faults: { size: 'At least 1.' } })
  expect(paramsOf(fields, { key: 'k', size: '11' })).toEqual({ faults: { size: 'At most 10.' } })
})

test('a choice that nobody made says its default by name, or that it has none', () => {
  const fields = parametersOf({
    required: ['must'],
    properties: {
      kind: { enum: ['a', 'b'], default: 'a' },
      none: { enum: ['a', 'b'] },
      nothing: { enum: ['a', 'b'], default: null },
      must: { enum: ['a', 'b'] },
      fast: { type: 'boolean', default: false },
      slow: { type: ['boolean', 'null'] },
    },
  })
  expect(fields.map(emptyOf)).toEqual(['default: a', 'not set', 'not set', 'choose one', 'default: no', 'not set'])
})

const NESTED = {
  properties: {
    width: { type: ['integer', 'null'], minimum: 1 },
    mode: { description: 'How.', oneOf: [{ const: 'fit', description: 'Inside.' }, { enum: ['fill', 'exact'] }] },
    maybe: { description: 'Either.', anyOf: [{ description: 'Inner.', oneOf: [{ const: 'on' }] }, { type: 'null' }] },
    output: { type: 'object', properties: { format: { enum: ['png', 'jpeg'] }, quality: { type: 'integer', maximum: 100 } }, required: ['format'] },
    steps: {
      type: 'array',
      maxItems: 3,
      items: {
        oneOf: [
          { description: 'Larger.', properties: { step: { const: 'resize' }, width: { type: 'integer' } }, required: ['step', 'width'] },
          { properties: { step: { const: 'flip' } } },
        ],
      },
    },
    places: { type: 'array', items: { type: 'object', properties: { at: { type: 'number' } } } },
    any: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
}

test('what may be nothing, one of several, a group or a list is a field as well', () => {
  const [width, mode, maybe, output, steps, places, any] = parametersOf(NESTED)
  expect([width, mode, maybe, output, steps, places, any].map((one) => one?.kind)).toEqual(['number', 'choice', 'choice', 'group', 'list', 'list', 'json'])
  expect(width).toMatchObject({ whole: true, min: 1 })
  expect(mode?.choices).toEqual([{ value: 'fit', about: 'Inside.' }, { value: 'fill', about: '' }, { value: 'exact', about: '' }])
  expect(maybe).toMatchObject({ about: 'Either.', choices: [{ value: 'on', about: '' }] })
  expect(steps).toMatchObject({ tag: 'step', max: 3, variants: [{ value: 'resize', about: 'Larger.' }, { value: 'flip' }] })
})

test('a group that nobody touched is left out, and one that somebody did needs its parts', () => {
  const fields = parametersOf(NESTED)
  expect(paramsOf(fields, {})).toEqual({ params: {} })
  expect(paramsOf(fields, { 'output.format': 'jpeg', 'output.quality': '80' })).toEqual({ params: { output: { format: 'jpeg', quality: 80 } } })
  expect(paramsOf(fields, { 'output.quality': '101' })).toEqual({ faults: { 'output.format': 'This is needed.', 'output.quality': 'At most 100.' } })
})

test('a list has what was added to it, in that order, without what was taken away', () => {
  const fields = parametersOf(NESTED)
  const two = { ...withOne(withOne({}, 'steps', 'flip'), 'steps', 'resize'), 'steps.1.width': '4' }
  expect(paramsOf(fields, two)).toEqual({ params: { steps: [{ step: 'flip' }, { step: 'resize', width: 4 }] } })
  const one = withoutOne(two, 'steps', 0)
  expect(paramsOf(fields, one)).toEqual({ params: { steps: [{ step: 'resize', width: 4 }] } })
  expect(paramsOf(fields, withOne(one, 'steps', 'resize'))).toEqual({ faults: { 'steps.1.width': 'This is needed.' } })
  expect(paramsOf(fields, withoutOne(one, 'steps', 0))).toEqual({ params: {} })
  expect(paramsOf(fields, { ...withOne({}, 'places', ''), 'places.0.at': '1.5' })).toEqual({ params: { places: [{ at: 1.5 }] } })
})

const NASTY = ["it's", '$(touch /tmp/x)', '`id`', 'a b', '"', '\\', '!!', '', '-n', '*', '~', 'ü', 'line\nline', '&&', ';', "'; rm -rf / #"]

test('whatever was typed is one word of a shell', () => {
  for (const text of NASTY) {
    const said = execFileSync('sh', ['-c', `printf '%s.' ${shellWord(text)}`], { encoding: 'utf8' })
    expect(said).toBe(`${text}.`)
  }
})

test('lines for a shell hand over the very bytes and parameters', () => {
  for (const text of NASTY) {
    const said = { url: 'http://127.0.0.1:1', unit: 'compute', method: 'blake3', params: { context: text }, inputs: [{ text }] }
    // The commands are stand-ins that print what they were given.
    const shell = (script: string) => execFileSync('sh', ['-c', `curl() { printf '%s\\0' "$@"; }; inos() { printf '%s\\0' "$@"; cat; }; ${script}`], { encoding: 'utf8', env: { INOS_KEY: 'k', PATH: process.env['PATH'] ?? '' } })
    const curl = shell(asCurl(said)).split('\0')
    expect(curl[curl.findIndex((word) => word.startsWith('--data')) + 1]).toBe(text)
    expect(new URL(curl.at(-2) ?? '').searchParams.get('context')).toBe(text)
    const cli = shell(asCli(said)).split('\0')
    expect(cli.slice(0, 4)).toEqual(['run', 'compute.blake3', '--param', `context=${text}`])
    expect(cli.at(-1)).toBe(text)
  }
})

test('lines for a program read as what was typed, wherever they stand', () => {
  for (const text of [...NASTY, '</script>', '\u2028']) {
    const line = asTypeScript({ url: 'http://127.0.0.1:1', unit: 'compute', method: 'blake3', params: {}, inputs: [{ text }] })
    const [, literal = ''] = /'blake3'|"blake3", (.*)\)$/m.exec(line) ?? []
    expect(JSON.parse(literal)).toBe(text)
    expect(line).not.toContain('</')
  }
})
