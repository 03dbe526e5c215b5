/** Files on their way into a job: within the request where they are small, else stored first and named by their hash. */
import type { InputForm } from '@inos/sdk'
import { inos } from './client'

/** The largest file that goes within a request, in bytes. */
export const INLINE_BYTES_MAX = 4 << 20

/** Whether this file cannot be sent by somebody who may not store. */
export function isTooLarge(file: Blob, mayStore: boolean): boolean {
  return file.size > INLINE_BYTES_MAX && !mayStore
}

/** The input that a file is. */
export async function inputOf(file: Blob, mayStore: boolean, onUpload?: (done: number, total: number) => void): Promise<InputForm> {
  if (file.size <= INLINE_BYTES_MAX || !mayStore) return new Uint8Array(await file.arrayBuffer())
  const told = onUpload && (({ done, total }: { done: number; total?: number | undefined }) => onUpload(done, total ?? file.size))
  const { hash } = await inos.blobs.put(file, {}, { timeoutMs: 0, ...(told ? { onUpload: told } : {}) })
  return { blob: hash }
}
