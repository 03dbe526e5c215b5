/** Uploads of a page that want to be told of: a page's `fetch` knows no progress and streams nothing over HTTP/1.1. */
import { ConnectionError } from '../errors.js'
import type { Progress } from './body.js'

/** Whether this is a page that has `XMLHttpRequest`. */
export function hasXhr(): boolean {
  return typeof XMLHttpRequest !== 'undefined'
}

/** Sends a request as `fetch` does, and tells how far its body is. */
export function sendByXhr(
  request: { url: string; method: string; headers: Headers; body: XMLHttpRequestBodyInit; signal: AbortSignal },
  onProgress: (progress: Progress) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    const stop = () => xhr.abort()
    xhr.open(request.method, request.url)
    xhr.responseType = 'arraybuffer'
    request.headers.forEach((value, name) => xhr.setRequestHeader(name, value))
    xhr.upload.onprogress = ({ loaded, total, lengthComputable }) =>
      onProgress({ done: loaded, total: lengthComputable ? total : undefined })
    xhr.onload = () => resolve(answer(xhr))
    xhr.onerror = () => reject(new ConnectionError(`no answer from ${request.url}`))
    xhr.onabort = () => reject(request.signal.reason)
    xhr.onloadend = () => request.signal.removeEventListener('abort', stop)
    request.signal.addEventListener('abort', stop)
    if (request.signal.aborted) return reject(request.signal.reason)
    xhr.send(request.body)
  })
}

function answer(xhr: XMLHttpRequest): Response {
  const headers = new Headers()
  for (const line of xhr.getAllResponseHeaders().split('\r\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim())
  }
  const body: unknown = xhr.response
  return new Response(body instanceof ArrayBuffer ? body : null, { status: xhr.status, headers })
}
