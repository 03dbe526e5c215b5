/** Bodies: read within a limit, sent with a word on how far they are. */
import { AnswerError } from '../errors.js'

/** How far a body is. */
export interface Progress {
  /** Bytes that went. */
  done: number
  /** Bytes in all, where that is known. */
  total: number | undefined
}

/** What a request may send. */
export type Body = string | Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array>

/** How many bytes a body has; nothing where only its end tells. */
export function lengthOf(body: Body): number | undefined {
  if (typeof body === 'string') return new TextEncoder().encode(body).length
  if (body instanceof Blob) return body.size
  return body instanceof ReadableStream ? undefined : body.byteLength
}

/** All bytes of an answer, of at most `max`. */
export async function readAll(
  response: Response,
  max: number,
  onProgress?: (progress: Progress) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(response.headers.get('content-length') ?? Number.NaN)
  const total = Number.isFinite(declared) ? declared : undefined
  const parts: Uint8Array[] = []
  let done = 0
  if (response.body) {
    for await (const part of pieces(response.body)) {
      done += part.length
      if (done > max) throw new AnswerError(`the answer has more than ${max} bytes`)
      parts.push(part)
      onProgress?.({ done, total })
    }
  }
  return joined(parts, done)
}

function joined(parts: Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** The pieces of a stream; whoever stops before its end lets go of it. */
export async function* pieces(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    // The stream may have failed already; then there is nothing left to let go of.
    reader.cancel().catch(() => {})
  }
}

/** The same stream, which tells how much of it went. */
export function told(
  stream: ReadableStream<Uint8Array>,
  total: number | undefined,
  onProgress: (progress: Progress) => void,
): ReadableStream<Uint8Array> {
  let done = 0
  const count = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, to) {
      done += part.length
      onProgress({ done, total })
      to.enqueue(part)
    },
  })
  return stream.pipeThrough(count)
}
