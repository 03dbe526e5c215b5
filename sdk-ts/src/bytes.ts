/** Bytes and their writings: UTF-8, hexadecimal, base64. Never reads a body. */

/** What is taken for bytes: text is its UTF-8. */
export type BytesLike = string | Uint8Array | ArrayBuffer

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** How many bytes become characters at once: a call has only so many arguments. */
const CHUNK = 8192
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The bytes, copied only where they are text. */
export function bytesOf(value: BytesLike): Uint8Array<ArrayBufferLike> {
  if (typeof value === 'string') return encoder.encode(value)
  return value instanceof ArrayBuffer ? new Uint8Array(value) : value
}

/** The text that these bytes are; throws where they are no UTF-8. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** Lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += HEX[byte]
  return text
}

/** The bytes of hexadecimal digits, or nothing where they are none. */
export function fromHex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) return undefined
  return Uint8Array.from({ length: text.length / 2 }, (_, index) => parseInt(text.slice(2 * index, 2 * index + 2), 16))
}

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  return btoa(text)
}

/** The bytes of base64 in either alphabet, with or without padding, or nothing where it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = new Uint8Array(plain.length)
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = plain.charCodeAt(at)
    return bytes
  } catch {
    return undefined
  }
}
