/** BLAKE3 of bytes and streams: by WebAssembly where there is much to hash and the page allows it, else by JavaScript. */
import { blake3 as small } from '@noble/hashes/blake3.js'
import { type BytesLike, bytesOf, toHex } from '../bytes.js'
import { pieces, type Progress } from '../http/body.js'

/** Up to here loading WebAssembly costs more than it gains, in bytes. */
const SMALL_BYTES = 16 << 10
/** How much is hashed before others get a turn, in bytes. */
const TURN_BYTES = 4 << 20

interface Hasher {
  update(bytes: Uint8Array): unknown
  done(): Uint8Array
}

/** The 32 bytes that BLAKE3 makes of some bytes; for what is small. */
export function hashOf(...parts: Uint8Array[]): Uint8Array {
  const hasher = small.create()
  for (const part of parts) hasher.update(part)
  return hasher.digest()
}

/** The BLAKE3 of bytes, a file or a stream, in lower-case hex: as a server names blobs and as receipts state it. */
export async function blake3(
  source: BytesLike | Blob | ReadableStream<Uint8Array>,
  options: { onProgress?: ((progress: Progress) => void) | undefined; signal?: AbortSignal | undefined } = {},
): Promise<string> {
  if (source instanceof Blob) return hashed(source.stream(), source.size, options)
  if (source instanceof ReadableStream) return hashed(source, undefined, options)
  const bytes = bytesOf(source)
  if (bytes.length <= SMALL_BYTES) return toHex(hashOf(bytes))
  return hashed(slices(bytes), bytes.length, options)
}

async function hashed(
  source: ReadableStream<Uint8Array> | Iterable<Uint8Array>,
  total: number | undefined,
  { onProgress, signal }: { onProgress?: ((progress: Progress) => void) | undefined; signal?: AbortSignal | undefined },
): Promise<string> {
  const hasher = await fastest()
  let done = 0
  let turn = 0
  for await (const part of source instanceof ReadableStream ? pieces(source) : source) {
    if (signal?.aborted) throw signal.reason
    hasher.update(part)
    done += part.length
    turn += part.length
    onProgress?.({ done, total })
    if (turn < TURN_BYTES) continue
    turn = 0
    await new Promise((resolve) => setTimeout(resolve))
  }
  return toHex(hasher.done())
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += TURN_BYTES) yield bytes.subarray(at, at + TURN_BYTES)
}

async function fastest(): Promise<Hasher> {
  try {
    const { createBLAKE3 } = await import('hash-wasm')
    const hasher = await createBLAKE3()
    return { update: (bytes) => hasher.update(bytes), done: () => hasher.digest('binary') }
  } catch {
    // A page's policy may forbid WebAssembly; then it takes longer.
    const hasher = small.create()
    return { update: (bytes) => hasher.update(bytes), done: () => hasher.digest() }
  }
}
