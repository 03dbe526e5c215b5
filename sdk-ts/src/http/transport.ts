/** One request from its words to its answer: authorised, timed, sent again where that is safe. Never knows a path. */
import { AnswerError, ConnectionError, errorOf, ProblemError, TimeoutError } from '../errors.js'
import { parsed, problemIn } from '../shapes.js'
import { type Body, lengthOf, type Progress, readAll, told } from './body.js'
import { Call } from './call.js'
import { type Page, Pages } from './pages.js'
import { pauseBefore, retryAfterMs, sleep } from './retry.js'
import { hasXhr, sendByXhr } from './xhr.js'

/** The largest answer that is kept in memory as JSON or text, in bytes. */
const MESSAGE_BYTES_MAX = 256 << 20
/** The longest problem that is read. */
const PROBLEM_BYTES_MAX = 1 << 20

/** What every call takes. */
export interface Options {
  /** Stops the request, its pauses and the reading of its answer. */
  signal?: AbortSignal | undefined
  /** How long one attempt may take, in milliseconds; 0 is for ever. */
  timeoutMs?: number | undefined
  /** How often it is sent again at most. */
  maxRetries?: number | undefined
  /** Headers beside those of the library. */
  headers?: { [name: string]: string } | undefined
  /** Told of each piece of the body that goes up. */
  onUpload?: ((progress: Progress) => void) | undefined
  /** Told of each piece of the answer that comes down. */
  onDownload?: ((progress: Progress) => void) | undefined
}

/** A request in its own words. */
export interface Asked {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  query?: { [name: string]: string | number | boolean | null | undefined } | undefined
  headers?: { [name: string]: string | undefined } | undefined
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is. */
  body?: Body | undefined
  /** Whether it may be sent twice: where nothing is said, only what reads or replaces. */
  idempotent?: boolean | undefined
  /** Whether a 304 is an answer to it. */
  unchanged?: boolean | undefined
}

/** What a transport is made with. */
export interface TransportOptions {
  url: string
  key: string | undefined
  timeoutMs: number
  maxRetries: number
  headers: { [name: string]: string }
  /** Whether cookies of the page's own origin go along. */
  cookies: boolean
  fetch: typeof fetch
}

type Read<T> = (response: Response, options: Options) => Promise<T>

/** Sends requests to one server. */
export class Transport {
  readonly #options: TransportOptions

  constructor(options: TransportOptions) {
    this.#options = options
  }

  /** Where the server is. */
  get url(): string {
    return this.#options.url
  }

  /** What another thread needs to be the same to the server. */
  get said(): Omit<TransportOptions, 'fetch'> {
    const { fetch: _, ...said } = this.#options
    return said
  }

  /** Asks for what is JSON. */
  json<T>(asked: Asked, options: Options = {}): Call<T> {
    return this.ask({ ...asked, headers: { accept: 'application/json', ...asked.headers } }, options, readJson<T>)
  }

  /** Asks for what lies at a path. */
  get<T>(path: string, options?: Options, query?: Asked['query']): Call<T> {
    return this.json<T>({ method: 'GET', path, query }, options)
  }

  /** Asks for a list, page by page. */
  pages<T>(path: string, options?: Options, query?: Asked['query']): Pages<T> {
    return new Pages((cursor) => this.get<Page<T>>(path, options, cursor ? { ...query, cursor } : query))
  }

  /** Asks for nothing but that it is done. */
  done(asked: Asked, options: Options = {}): Call<void> {
    return this.ask(asked, options, async (response) => response.body?.cancel())
  }

  /** Asks for an answer that `read` makes something of; reading is part of each attempt. */
  ask<T>(asked: Asked, options: Options, read: Read<T>): Call<T> {
    return new Call(this.#tried(asked, options, read))
  }

  async #tried<T>(asked: Asked, options: Options, read: Read<T>) {
    const retriesMax = asked.body instanceof ReadableStream ? 0 : (options.maxRetries ?? this.#options.maxRetries)
    const idempotent = asked.idempotent ?? !['POST', 'PATCH'].includes(asked.method)
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#once(asked, options, read)
      } catch (error) {
        const pause = attempt < retriesMax ? pauseBefore(error, attempt, idempotent) : undefined
        if (pause === undefined) throw error
        await sleep(pause, options.signal)
      }
    }
  }

  /** One attempt: its time covers the answer's headers and whatever `read` reads before it returns. */
  async #once<T>(asked: Asked, options: Options, read: Read<T>) {
    const timeoutMs = options.timeoutMs ?? this.#options.timeoutMs
    const time = new AbortController()
    const timer = timeoutMs > 0 ? setTimeout(() => time.abort(), timeoutMs) : undefined
    const signal = options.signal ? AbortSignal.any([options.signal, time.signal]) : time.signal
    try {
      const response = await this.#sent(asked, options, signal)
      if (!response.ok && !(asked.unchanged && response.status === 304)) throw await refused(response)
      const data = await read(response, options)
      return { data, response, requestId: response.headers.get('x-request-id') ?? undefined }
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason
      if (time.signal.aborted) throw new TimeoutError(`${asked.path} took more than ${timeoutMs} ms`)
      throw error instanceof TypeError ? lost(asked, error) : error
    } finally {
      clearTimeout(timer)
    }
  }

  #sent(asked: Asked, options: Options, signal: AbortSignal): Promise<Response> {
    const { method } = asked
    const url = this.#address(asked)
    const headers = this.#headers(asked, options)
    const body = asked.json === undefined ? asked.body : JSON.stringify(asked.json)
    const { onUpload } = options
    if (onUpload && body !== undefined) {
      if (hasXhr() && !(body instanceof ReadableStream)) {
        return sendByXhr({ url, method, headers, body: sendable(body), signal }, onUpload)
      }
      const stream = body instanceof ReadableStream ? body : new Blob([sendable(body)]).stream()
      const total = lengthOf(body)
      return this.#fetch(url, { method, headers, body: told(stream, total, onUpload), signal })
    }
    const init: RequestInit = { method, headers, signal }
    if (body !== undefined) init.body = body instanceof ReadableStream ? body : sendable(body)
    return this.#fetch(url, init)
  }

  /** What a stream needs to be sent is no part of every platform's types. */
  #fetch(url: string, init: RequestInit): Promise<Response> {
    const streaming = init.body instanceof ReadableStream ? { duplex: 'half' } : {}
    return this.#options.fetch(url, { ...init, ...streaming, redirect: 'error', credentials: this.#options.cookies ? 'same-origin' : 'omit' })
  }

  #address({ path, query = {} }: Asked): string {
    const pairs = Object.entries(query).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [[name, String(value)]],
    )
    return this.#options.url + path + (pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : '')
  }

  #headers({ headers = {}, json }: Asked, options: Options): Headers {
    const all = new Headers(this.#options.headers)
    if (this.#options.key) all.set('authorization', `Bearer ${this.#options.key}`)
    if (json !== undefined) all.set('content-type', 'application/json')
    for (const [name, value] of Object.entries({ ...headers, ...options.headers })) {
      if (value !== undefined) all.set(name, value)
    }
    return all
  }
}

/** TypeScript knows bytes over shared memory too, which no platform sends: those are copied. */
function sendable(body: Exclude<Body, ReadableStream>): string | Blob | ArrayBuffer | Uint8Array<ArrayBuffer> {
  return body instanceof Uint8Array ? own(body) : body
}

function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer, byteOffset, byteLength) : new Uint8Array(bytes)
}

/** What an answer's JSON means: of the type that the server's own description gives it. */
export async function readJson<T>(response: Response, options: Options = {}): Promise<T> {
  const bytes = await readAll(response, MESSAGE_BYTES_MAX, options.onDownload)
  try {
    const value: T = JSON.parse(new TextDecoder().decode(bytes))
    return value
  } catch {
    throw new AnswerError('the answer is no JSON')
  }
}

async function refused(response: Response): Promise<ProblemError> {
  const { status, headers } = response
  const body = await readAll(response, PROBLEM_BYTES_MAX)
  const told = problemIn(parsed(new TextDecoder().decode(body)))
  const wait = retryAfterMs(headers.get('retry-after'))
  const problem = told ?? {
    type: 'about:blank',
    title: `The answer was ${status}`,
    detail: 'It came without a problem, so perhaps from something between here and the server.',
    code: `status-${status}`,
    retryable: [408, 429, 502, 503, 504].includes(status),
    request_id: headers.get('x-request-id'),
  }
  const retry_after_ms = problem.retry_after_ms ?? wait
  return errorOf({ ...problem, status, retry_after_ms }, { status, job: headers.get('inos-job-id') ?? undefined })
}

function lost({ path }: Asked, cause: TypeError): ConnectionError {
  return new ConnectionError(`no answer to ${path}`, { cause })
}
