/** Saves bytes as a file of the visitor's. What they are is told to nobody: a file is never opened as a page from here. */

const ENDINGS: { [mediaType: string]: string } = {
  'application/json': 'json',
  'text/plain': 'txt',
  'text/csv': 'csv',
  'image/png': 'png',
}

/** Saves bytes under a name of our own making. */
export function save(bytes: Uint8Array | string, mediaType: string, name: string): void {
  const essence = mediaType.split(';')[0]?.trim() ?? ''
  const part = typeof bytes === 'string' ? bytes : new Uint8Array(bytes)
  const url = URL.createObjectURL(new Blob([part], { type: 'application/octet-stream' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${name}.${ENDINGS[essence] ?? 'bin'}`
  link.click()
  // The download has begun by the next turn; the bytes are its own then.
  setTimeout(() => URL.revokeObjectURL(url), 1_000)
}
