/** The client: one object for one server and one key. */
import { Account, Keys } from './account.js'
import { Blobs } from './blobs.js'
import {
  type CapsuleForm,
  type InputForm,
  type JobForm,
  keyed,
  type MethodName,
  type ParamsOf,
  toCapsule,
  type UnitName,
} from './capsules.js'
import { Node, Units } from './catalogue.js'
import { Console } from './console.js'
import { type JobEvent, watch, type WatchOptions } from './events.js'
import type { Batch, Item, MeasuredCapsule, Quote } from './generated/api.js'
import type { Call } from './http/call.js'
import { type Asked, type Options, Transport } from './http/transport.js'
import { Jobs } from './jobs.js'
import type { RunOutput } from './output.js'
import { RegionsAndTwins } from './region-twins.js'
import { type RunInput, run, type StreamedOutput, stream } from './run.js'
import type { ConnectOptions, Connection } from './socket/connection.js'

const URL_DEFAULT = 'http://127.0.0.1:4667'
/** How long one attempt may take unless the caller says otherwise, in milliseconds. */
const TIMEOUT_MS = 120_000
const RETRIES_MAX = 3

/** How a client is made. */
export interface InosOptions {
  /** Where the server is; `INOS_URL` in the environment, else `http://127.0.0.1:4667`. */
  url?: string
  /** A key or a token; `INOS_KEY` in the environment. */
  key?: string
  /** How long one attempt of a call may take, in milliseconds; 120,000 unless it is said. */
  timeoutMs?: number
  /** How often a call is sent again at most; 3 unless it is said. */
  maxRetries?: number
  /** Headers of every call. */
  headers?: { [name: string]: string }
  /** `true` where cookies of the page's own origin are to go along, which the server's own console goes by. */
  cookies?: boolean
  /** Another `fetch`. */
  fetch?: typeof fetch
}

// Not every platform has it, and those that have it do not agree on its type.
declare const process: { env?: { [name: string]: string | undefined } } | undefined

function environment(name: string): string | undefined {
  return typeof process === 'undefined' ? undefined : process.env?.[name]
}

/** A server, as one key sees it. */
export class Inos {
  readonly jobs: Jobs
  readonly blobs: Blobs
  readonly account: Account
  readonly keys: Keys
  readonly units: Units
  readonly node: Node
  readonly regions: RegionsAndTwins
  readonly console: Console
  readonly #transport: Transport

  constructor(options: InosOptions = {}) {
    const { timeoutMs = TIMEOUT_MS, maxRetries = RETRIES_MAX, headers = {}, cookies = false } = options
    const url = (options.url ?? environment('INOS_URL') ?? URL_DEFAULT).replace(/\/+$/, '')
    const key = options.key ?? environment('INOS_KEY')
    // A page's own `fetch` wants to be called on its window.
    const send = options.fetch ?? globalThis.fetch.bind(globalThis)
    const transport = new Transport({ url, key, timeoutMs, maxRetries, headers, cookies, fetch: send })
    this.#transport = transport
    this.jobs = new Jobs(transport)
    this.blobs = new Blobs(transport)
    this.account = new Account(transport)
    this.keys = new Keys(transport)
    this.units = new Units(transport)
    this.node = new Node(transport)
    this.regions = new RegionsAndTwins(transport)
    this.console = new Console(transport)
  }

  /** Runs a method on bytes and gives its output. */
  run<U extends UnitName, M extends MethodName<U>>(
    unit: U,
    method: M,
    input?: RunInput | readonly InputForm[],
    form: JobForm<ParamsOf<U, M> & object> = {},
    options: Options = {},
  ): Call<RunOutput> {
    return run(this.#transport, { unit: String(unit), method, input, form }, options)
  }

  /** Runs a method on bytes and gives its output while it still comes. */
  stream<U extends UnitName, M extends MethodName<U>>(
    unit: U,
    method: M,
    input?: RunInput | readonly InputForm[],
    form: JobForm<ParamsOf<U, M> & object> = {},
    options: Options = {},
  ): Call<StreamedOutput> {
    return stream(this.#transport, { unit: String(unit), method, input, form }, options)
  }

  /** Runs up to 1,000 capsules in one request; each is answered alone, in their order. */
  batch(capsules: readonly CapsuleForm[], options?: Options): Call<Item[]> {
    const json = capsules.map((capsule) => toCapsule(keyed(capsule)))
    const idempotent = json.every(({ idempotency_key: key }) => typeof key === 'string')
    const asked: Asked = { method: 'POST', path: '/v1/batches', json, idempotent }
    return this.#transport.json<Batch>(asked, options).map(({ items }) => items)
  }

  /** What a job would cost, and why. */
  quote(capsule: MeasuredCapsule, options?: Options): Call<Quote> {
    return this.#transport.json({ method: 'POST', path: '/v1/quotes', json: capsule, idempotent: true }, options)
  }

  /** What happens to all your jobs, from now on or after an event. */
  events(options?: WatchOptions): AsyncGenerator<JobEvent, void, void> {
    return watch(this.#transport, '/v1/events', options)
  }

  /** Opens one connection for many jobs; what speaks over it is loaded with the first. */
  async connect(options?: ConnectOptions): Promise<Connection> {
    const { Connection } = await import('./socket/connection.js')
    return Connection.open(this.#transport, options)
  }

  /** Asks for anything else that the server has, as JSON. */
  request<T = unknown>(asked: Asked, options?: Options): Call<T> {
    return this.#transport.json(asked, options)
  }
}
