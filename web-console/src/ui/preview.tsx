/** Bytes as something to look at, by their media type. Nothing in them is ever a page or a script here. */
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { bytes as size, count } from '../format'
import { JsonTree } from './json-tree'
import { linesOf, PagedTable } from './table'

const SoundPicture = lazy(async () => ({ default: (await import('./sound')).SoundPicture }))

/** The longest text that is shown. */
const TEXT_MAX = 200_000
/** The most rows of a table that are read. */
const ROWS_MAX = 20_000
const HEX_BYTES = 4_096
const HEX_WIDTH = 16
/** Pictures that a browser draws without running anything. */
const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']
const SOUNDS = ['audio/wav', 'audio/x-wav', 'audio/mpeg', 'audio/ogg', 'audio/flac']

const LINES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines']

type Kind = 'picture' | 'sound' | 'json' | 'lines' | 'table' | 'text' | 'hex'

/** What a media type is to be looked at as. */
export function kindOf(mediaType: string): Kind {
  const essence = (mediaType.split(';')[0] ?? '').trim().toLowerCase()
  if (PICTURES.includes(essence)) return 'picture'
  if (SOUNDS.includes(essence)) return 'sound'
  if (essence === 'application/json' || essence.endsWith('+json')) return 'json'
  if (LINES.includes(essence)) return 'lines'
  if (essence === 'text/csv') return 'table'
  return essence.startsWith('text/') ? 'text' : 'hex'
}

/** The bytes, seen. */
export function Preview({ bytes, mediaType, label }: { bytes: Uint8Array; mediaType: string; label: string }) {
  if (bytes.length === 0) return <p className="dim">Empty: no bytes at all.</p>
  switch (kindOf(mediaType)) {
    case 'picture':
      return <Picture bytes={bytes} mediaType={mediaType} label={label} />
    case 'sound':
      return <Sound bytes={bytes} mediaType={mediaType} label={label} />
    case 'json':
      return <Json bytes={bytes} />
    case 'lines':
      return <Lines bytes={bytes} label={label} />
    case 'table':
      return <Table bytes={bytes} label={label} />
    case 'text':
      return <Text bytes={bytes} />
    case 'hex':
      return <Hex bytes={bytes} />
  }
}

function useObjectUrl(bytes: Uint8Array, mediaType: string): string | undefined {
  const [url, setUrl] = useState<string>()
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: mediaType }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [bytes, mediaType])
  return url
}

function Picture({ bytes, mediaType, label }: { bytes: Uint8Array; mediaType: string; label: string }) {
  const url = useObjectUrl(bytes, mediaType)
  const [broken, setBroken] = useState(false)
  if (broken) return <Hex bytes={bytes} />
  return url ? <img className="picture" src={url} alt={label} onError={() => setBroken(true)} /> : null
}

function Sound({ bytes, mediaType, label }: { bytes: Uint8Array; mediaType: string; label: string }) {
  const url = useObjectUrl(bytes, mediaType)
  const [seconds, setSeconds] = useState<number>()
  return (
    <div className="stack">
      {url && <audio controls src={url} aria-label={label} onLoadedMetadata={({ currentTarget }) => setSeconds(currentTarget.duration)} />}
      {seconds !== undefined && (
        <Suspense fallback={null}>
          <SoundPicture bytes={bytes} seconds={seconds} />
        </Suspense>
      )}
    </div>
  )
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return { value }
  } catch {
    return undefined
  }
}

function Json({ bytes }: { bytes: Uint8Array }) {
  const tree = useMemo(() => {
    const text = textOf(bytes)
    return text === undefined ? undefined : parsed(text)
  }, [bytes])
  return tree ? <JsonTree value={tree.value} /> : <Text bytes={bytes} />
}

function Text({ bytes }: { bytes: Uint8Array }) {
  const text = useMemo(() => textOf(bytes), [bytes])
  if (text === undefined) return <Hex bytes={bytes} />
  return (
    <>
      <pre className="text" tabIndex={0}>
        {text.slice(0, TEXT_MAX)}
      </pre>
      {text.length > TEXT_MAX && <p className="dim">{count(text.length - TEXT_MAX)} more characters are not shown.</p>}
    </>
  )
}

/** The rows of CSV, as RFC 4180 has them. */
export function rowsOf(text: string, max: number): string[][] {
  const rows: string[][] = []
  let [row, cell, quoted]: [string[], string, boolean] = [[], '', false]
  for (let at = 0; at < text.length && rows.length < max; at += 1) {
    const c = text[at]
    if (quoted && c === '"' && text[at + 1] === '"') {
      cell += '"'
      at += 1
    } else if (c === '"') quoted = !quoted
    else if (!quoted && (c === ',' || c === '\n' || c === '\r')) {
      row.push(cell)
      cell = ''
      if (c === ',') continue
      if (c === '\r' && text[at + 1] === '\n') at += 1
      rows.push(row)
      row = []
    } else cell += c
  }
  if (rows.length < max && (cell !== '' || row.length > 0)) rows.push([...row, cell])
  return rows
}

function Table({ bytes, label }: { bytes: Uint8Array; label: string }) {
  const rows = useMemo(() => {
    const text = textOf(bytes)
    return text === undefined ? undefined : rowsOf(text, ROWS_MAX + 2)
  }, [bytes])
  const [head, ...body] = rows ?? []
  if (!head) return <Text bytes={bytes} />
  return <PagedTable head={head} rows={body.slice(0, ROWS_MAX)} isCut={body.length > ROWS_MAX} label={label} />
}

function Lines({ bytes, label }: { bytes: Uint8Array; label: string }) {
  const lines = useMemo(() => {
    const text = textOf(bytes)
    return text === undefined ? undefined : linesOf(text, ROWS_MAX)
  }, [bytes])
  return lines ? <PagedTable {...lines} label={label} /> : <Text bytes={bytes} />
}

/** What packed numbers may be; all little-endian, as the units write them. */
type Packing = 'bytes' | 'float32' | 'float64' | 'uint32'

const PACKINGS: readonly (readonly [Packing, string])[] = [
  ['bytes', 'Bytes'],
  ['float32', '32-bit floats'],
  ['float64', '64-bit floats'],
  ['uint32', '32-bit integers'],
]
const NUMBERS_A_LINE = 4

/** Packed numbers, line by line; what is left at the end is none. */
export function numberLines(bytes: Uint8Array, packing: Exclude<Packing, 'bytes'>): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const width = packing === 'float64' ? 8 : 4
  const numbers = Array.from({ length: Math.floor(bytes.length / width) }, (_, at) => {
    if (packing === 'float64') return view.getFloat64(at * width, true)
    return packing === 'float32' ? view.getFloat32(at * width, true) : view.getUint32(at * width, true)
  })
  const cell = (number: number) => (packing === 'uint32' ? String(number) : number.toPrecision(7)).padStart(16)
  return Array.from({ length: Math.ceil(numbers.length / NUMBERS_A_LINE) }, (_, at) => {
    const some = numbers.slice(at * NUMBERS_A_LINE, (at + 1) * NUMBERS_A_LINE)
    return `${String(at * NUMBERS_A_LINE).padStart(6)} ${some.map(cell).join('')}`
  })
}

function packingOf(word: string): Packing {
  return PACKINGS.find(([name]) => name === word)?.[0] ?? 'bytes'
}

function Hex({ bytes }: { bytes: Uint8Array }) {
  const [packing, setPacking] = useState<Packing>('bytes')
  const lines = useMemo(() => {
    const head = bytes.subarray(0, HEX_BYTES)
    return packing === 'bytes' ? hexLines(head) : numberLines(head, packing)
  }, [bytes, packing])
  return (
    <>
      <select className="packing" aria-label="Read as" value={packing} onChange={(event) => setPacking(packingOf(event.target.value))}>
        {PACKINGS.map(([value, name]) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
      </select>
      <pre className="hex" tabIndex={0} aria-label={packing === 'bytes' ? 'Bytes in hexadecimal' : 'Numbers'}>
        {lines.join('\n')}
      </pre>
      {bytes.length > HEX_BYTES && <p className="dim">The first {size(HEX_BYTES)} of {size(bytes.length)}.</p>}
    </>
  )
}

/** Bytes as offset, hexadecimal digits and characters, line by line; `first` is the place of the first of them. */
export function hexLines(bytes: Uint8Array, first = 0): string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += HEX_WIDTH) {
    const part = [...bytes.subarray(at, at + HEX_WIDTH)]
    const digits = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const chars = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${(first + at).toString(16).padStart(8, '0')}  ${digits.padEnd(HEX_WIDTH * 3 - 1)}  ${chars}`)
  }
  return lines
}
