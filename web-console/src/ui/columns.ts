/** Which bytes have rows by columns, by their media type or the name of their file. */

/** What the unit `data` writes and reads that no browser does. */
const COLUMNAR: { readonly [essence: string]: string } = {
  'application/vnd.apache.parquet': 'Parquet',
  'application/vnd.apache.arrow.file': 'Arrow',
  'application/vnd.apache.arrow.stream': 'Arrow',
}
const SUFFIXES: { readonly [suffix: string]: string } = { parquet: 'Parquet', arrow: 'Arrow', feather: 'Arrow', arrows: 'Arrow' }

/** What kind of columns a media type has; nothing where it has none. */
export function columnarOf(mediaType: string): string | undefined {
  return COLUMNAR[(mediaType.split(';')[0] ?? '').trim().toLowerCase()]
}

/** The same by the name of a file. */
export function columnarFile(name: string): string | undefined {
  return SUFFIXES[name.split('.').at(-1)?.toLowerCase() ?? '']
}
