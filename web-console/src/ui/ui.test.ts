/** Bytes, keys and words as the page reads them. */
import { expect, test } from 'vitest'
import { nameOf } from '../shell/keys'
import { linesOf } from './table'
import { hexLines, kindOf, numberLines, rowsOf } from './preview'

test('nothing that could be a page or run a script is shown as what it is', () => {
  const kinds = ['text/html', 'image/svg+xml', 'application/xhtml+xml', 'application/pdf', 'text/javascript', 'x', ''].map(kindOf)
  expect(kinds).toEqual(['text', 'hex', 'hex', 'hex', 'text', 'hex', 'hex'])
  expect(['image/png', 'AUDIO/WAV', 'application/json; charset=utf-8', 'application/problem+json', 'text/csv', 'text/plain'].map(kindOf)).toEqual(['picture', 'sound', 'json', 'json', 'table', 'text'])
})

test('rows of CSV are read as RFC 4180 has them', () => {
  expect(rowsOf('a,b\r\n"x, ""y""","line\nline"\r\n', 10)).toEqual([['a', 'b'], ['x, "y"', 'line\nline']])
  expect(rowsOf('a\n\nb', 10)).toEqual([['a'], [''], ['b']])
  expect(rowsOf('a\nb\nc', 2)).toEqual([['a'], ['b']])
  expect(rowsOf('', 10)).toEqual([])
})

test('lines of JSON are a table of all their names, and what is no JSON is text', () => {
  const rows = linesOf('{"a":1,"b":"x"}\n\n{"b":{"c":[2]},"__proto__":3}\n4\n', 10)
  expect(rows).toEqual({ head: ['a', 'b', '__proto__', 'value'], rows: [['1', 'x', '', ''], ['', '{"c":[2]}', '3', ''], ['', '', '', '4']], isCut: false })
  expect(linesOf('1\n2\n3', 2)).toEqual({ head: ['value'], rows: [['1'], ['2']], isCut: true })
  expect(linesOf('{"a":1}\nno', 10)).toBeUndefined()
  expect(kindOf('application/x-ndjson; charset=utf-8')).toBe('lines')
})

test('bytes are shown with their place and their characters', () => {
  expect(hexLines(Uint8Array.of(0x41, 0x00, 0x7f))).toEqual([`00000000  ${'41 00 7f'.padEnd(47)}  A..`])
  expect(hexLines(new Uint8Array(17)).map((line) => line.slice(0, 8))).toEqual(['00000000', '00000010'])
})

test('packed numbers are read little-endian, and half a number is none', () => {
  const bytes = new Uint8Array(20)
  const view = new DataView(bytes.buffer)
  ;[1.5, -2, 0].forEach((number, at) => view.setFloat32(at * 4, number, true))
  expect(numberLines(bytes.subarray(0, 11), 'float32')).toEqual([`     0 ${'1.500000'.padStart(16)}${'-2.000000'.padStart(16)}`])
  expect(numberLines(bytes, 'uint32').length).toBe(2)
  expect(numberLines(bytes.subarray(4, 7), 'float64')).toEqual([])
})

test('keys have one name each', () => {
  const press = (key: string, more = {}) => nameOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...more })
  expect([press('j'), press('J'), press('?'), press('Escape'), press('k', { ctrlKey: true }), press('k', { metaKey: true }), press('x', { altKey: true })]).toEqual(['j', 'j', '?', 'Escape', 'mod+k', 'mod+k', undefined])
})
