/** `@inos/sdk/upload`: a file goes up while a worker hashes it, so that what was stored is known to be what was meant. */
import { AnswerError } from '../errors.js'
import type { Blob as Stored } from '../generated/api.js'
import type { Progress } from '../http/body.js'
import type { Options } from '../http/transport.js'
import type { BlobForm } from '../blobs.js'
import type { Inos } from '../inos.js'
import { blake3 } from '../receipts/blake3.js'
import { isShape } from '../shapes.js'

/** The file was stored as other bytes than it has. */
export class UploadError extends AnswerError {
  override readonly name = 'UploadError'
}

/** How a file is uploaded. */
export interface UploadOptions extends Omit<Options, 'onUpload' | 'onDownload'> {
  /** Told of each piece that goes up. */
  onProgress?: ((progress: Progress) => void) | undefined
}

/** Stores a file; throws an `UploadError` where the server has other bytes than were read here. */
export async function upload(
  inos: Inos,
  file: Blob,
  form: BlobForm = {},
  { onProgress, ...options }: UploadOptions = {},
): Promise<Stored> {
  const stop = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal
  try {
    const [stored, hash] = await Promise.all([
      inos.blobs.put(file, form, { ...options, signal, onUpload: onProgress }),
      hashBeside(file, signal),
    ])
    if (stored.hash !== hash) throw new UploadError(`${stored.hash} was stored, and the file is ${hash}`)
    return stored
  } catch (error) {
    stop.abort(error)
    throw error
  }
}

/** The BLAKE3 of a file, found out by a worker where the platform has workers. */
export async function hashBeside(file: Blob, signal?: AbortSignal): Promise<string> {
  if (typeof Worker === 'undefined') return blake3(file, { signal })
  const worker = new Worker(new URL('./upload-worker.js', import.meta.url), { type: 'module' })
  try {
    return await new Promise((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (isShape(data) && typeof data['hash'] === 'string') resolve(data['hash'])
        else reject(new UploadError('the worker could not hash the file'))
      })
      worker.addEventListener('error', () => reject(new UploadError('the worker could not begin')))
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      worker.postMessage(file)
    })
  } finally {
    worker.terminate()
  }
}
