/** Hashes a file beside the page: one message in, words on how far it is, the digest or why there is none out. */
import { blake3 } from '../receipts/blake3.js'

self.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  if (data instanceof Blob) void answer(data)
})

async function answer(file: Blob): Promise<void> {
  try {
    self.postMessage({ hash: await blake3(file) })
  } catch (error) {
    self.postMessage({ failed: String(error) })
  }
}
