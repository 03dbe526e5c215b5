/** Bytes under their BLAKE3. Each method names its path and nothing else. */
import type { Blob as Stored } from './generated/api.js'
import type { Body } from './http/body.js'
import type { Call } from './http/call.js'
import type { Pages } from './http/pages.js'
import type { Options, Transport } from './http/transport.js'
import type { Bytes } from './output.js'
import { download } from './run.js'

/** What may be said of bytes that are stored. */
export interface BlobForm {
  mediaType?: string
  /** When they may go; without it, they stay. */
  expires?: string
  /** Their BLAKE3 in lower-case hex, where it is known: other bytes are refused. */
  hash?: string
}

/** The blobs of your account. */
export class Blobs {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Stores bytes, which stream where they are a stream; `onUpload` hears how far they are. */
  put(body: Body, { mediaType, expires, hash }: BlobForm = {}, options?: Options): Call<Stored> {
    const type = mediaType ?? (body instanceof Blob && body.type !== '' ? body.type : 'application/octet-stream')
    const path = hash === undefined ? '/v1/blobs' : `/v1/blobs/${encodeURIComponent(hash)}`
    return this.#transport.json(
      { method: 'PUT', path, query: { expires }, headers: { 'content-type': type }, body },
      options,
    )
  }

  /** A blob's bytes; `onDownload` hears how far they are. */
  get(hash: string, options: Options = {}): Call<Bytes> {
    return download(this.#transport, `/v1/blobs/${encodeURIComponent(hash)}`, options)
  }

  /** A blob's bytes as they come. */
  stream(hash: string, options: Options = {}): Call<ReadableStream<Uint8Array>> {
    const path = `/v1/blobs/${encodeURIComponent(hash)}`
    return this.#transport.ask({ method: 'GET', path }, options, async ({ body }) => body ?? new Blob([]).stream())
  }

  /** Your blobs, newest first. */
  list(options?: Options): Pages<Stored> {
    return this.#transport.pages('/v1/blobs', options)
  }

  /** Lets a blob go. */
  delete(hash: string, options?: Options): Call<void> {
    return this.#transport.done({ method: 'DELETE', path: `/v1/blobs/${encodeURIComponent(hash)}` }, options)
  }
}
