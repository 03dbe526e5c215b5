/** Feeds a twin beside the page: told once what to follow, then everything goes over the port that came with it. */
import { Transport } from '../http/transport.js'
import { Feeder } from './feeder.js'
import { beginIn } from './messages.js'

self.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const begin = beginIn(data)
  if (!begin) return
  const { url, key, headers, cookies, timeoutMs, maxRetries, name, shared, maxRateHz, port } = begin
  const transport = new Transport({ url, key, headers, cookies, timeoutMs, maxRetries, fetch: fetch.bind(globalThis) })
  void Feeder.start(transport, { name, shared, maxRateHz }, port, () => self.close())
})
