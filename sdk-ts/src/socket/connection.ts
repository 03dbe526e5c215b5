/**
 * Many jobs over one connection: batched as they come, within the server's window, each answered once, over cuts too.
 * Where no WebSocket can be had, the same jobs go over HTTP.
 */
import { type BytesLike, bytesOf } from '../bytes.js'
import {
  type CapsuleForm,
  type InputForm,
  inputsOf,
  type JobForm,
  keyed,
  type MethodName,
  type ParamsOf,
  toCapsule,
  type UnitName,
} from '../capsules.js'
import { ConnectionError, ProblemError } from '../errors.js'
import type { Batch, Item } from '../generated/api.js'
import { sleep } from '../http/retry.js'
import type { Asked, Transport } from '../http/transport.js'
import { bytesIn } from '../output.js'
import type { Codec, Happening, Outcome, ServerBody, Topic, Welcome } from './frames.js'
import { json } from './json.js'
import { platformSocket, type SocketClass } from './link.js'
import { againAfter, fail, type Pending, refusal, settle, weigh } from './pending.js'
import { type RegionListener, RegionDesk, type RegionSubscription, type SubscribeOptions } from './regions.js'
import { Session } from './session.js'

/** The most jobs in one frame or one batch. */
const BATCH_MAX = 1_000
/** Above this, sending waits for the socket, in bytes. */
const WAITING_BYTES_MAX = 4 << 20
const WAITING_MS = 5
/** The most bytes of one batch over HTTP, and how many batches are under way at once. */
const BATCH_BYTES_MAX = 4 << 20
const BATCHES_MAX = 4

/** How many bytes of JSON one byte takes. */
const BASE64 = 4 / 3

/** How a connection is made. */
export interface ConnectOptions {
  /** How frames are written: JSON, or `capsule` of `@inos/sdk/capnp`. */
  codec?: Codec
  /** What makes WebSockets where the platform has none, such as that of the package `ws` on Node 20. */
  WebSocket?: SocketClass
  /** The most jobs under way at once; the server's own window unless it is smaller. */
  window?: number
  /**
   * Whether jobs get idempotency keys, so that after a cut they may be sent again. Without, whatever is under way at
   * a cut ends in a `ConnectionError`; it is faster. `true` unless it is said.
   */
  keys?: boolean
  /** Whether jobs go over HTTP where no WebSocket can be had; `true` unless it is said. */
  fallback?: boolean
}

/** What one job of a connection may be told. */
export interface RunOptions {
  /** Cancels the job and ends the wait for it. */
  signal?: AbortSignal
}

/** A connection. */
export class Connection {
  readonly #transport: Transport
  readonly #options: ConnectOptions
  readonly #session: Session | undefined
  readonly #flying = new Map<number, Pending>()
  readonly #listeners = new Map<(happening: Happening) => void, Topic>()
  readonly #regions: RegionDesk
  #queue: Pending[] = []
  #transportName: 'websocket' | 'http' | 'none' = 'none'
  #welcome: Welcome | undefined
  #correlation = 0
  #flushing = false
  #batches = 0
  #closed: Error | undefined
  #lastEvent: number | undefined
  #watching = false
  #opened: { resolve: () => void; reject: (why: Error) => void } | undefined

  private constructor(transport: Transport, options: ConnectOptions) {
    this.#transport = transport
    this.#options = options
    const codec = options.codec ?? json
    this.#regions = new RegionDesk(transport, {
      via: () => this.#transportName,
      send: (frame) => this.#session?.send(frame),
      frameBytesMax: () => this.#welcome?.frameBytesMax ?? 0,
      bytesForEach: codec === json ? BASE64 : 1,
    })
    const SocketClass = options.WebSocket ?? platformSocket()
    if (!SocketClass) return
    this.#session = new Session(transport, { codec, SocketClass }, {
      ready: (welcome, resumed) => this.#ready(welcome, resumed),
      body: (body) => this.#heard(body),
      down: () => this.#down(),
      lost: (why) => this.#lost(why),
    })
  }

  /** Opens a connection: ready when this is answered. */
  static async open(transport: Transport, options: ConnectOptions = {}): Promise<Connection> {
    const connection = new Connection(transport, options)
    await new Promise<void>((resolve, reject) => {
      connection.#opened = { resolve, reject }
      if (connection.#session) void connection.#session.keep()
      else connection.#lost(new ConnectionError('there is no WebSocket here: on Node 20, pass that of the package `ws`'))
    })
    return connection
  }

  /** How jobs go at the moment: `none` between two WebSockets. */
  get via(): 'websocket' | 'http' | 'none' {
    return this.#transportName
  }

  /** What the server said of itself when the session began. */
  get welcome(): Welcome | undefined {
    return this.#welcome
  }

  /** Runs a job; what is asked in one turn of the event loop goes as one frame. */
  run<U extends UnitName, M extends MethodName<U>>(
    unit: U,
    method: M,
    inputs?: InputForm | readonly InputForm[],
    form: JobForm<ParamsOf<U, M> & object> = {},
    options: RunOptions = {},
  ): Promise<Outcome> {
    return this.submit({ ...form, unit: String(unit), method, inputs: inputsOf(inputs) }, options)
  }

  /** Runs a job that is said as a capsule. */
  submit(capsule: CapsuleForm, { signal }: RunOptions = {}): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#closed)
      if (signal?.aborted) return reject(signal.reason)
      const own = this.#options.keys === false ? capsule : keyed(capsule)
      let forget = () => {}
      this.#correlation += 1
      const pending: Pending = {
        correlation: this.#correlation,
        capsule: own,
        weight: weigh(own),
        safe: typeof own.idempotency_key === 'string',
        again: 0,
        settled: false,
        resolve(outcome) {
          forget()
          resolve(outcome)
        },
        reject(error) {
          forget()
          reject(error)
        },
      }
      if (signal) forget = this.#stoppable(pending, signal)
      this.#queue.push(pending)
      this.#soon()
    })
  }

  /**
   * Hears what happens to one job or to all that were accepted (`inos.jobs.submit`), from now on or after an event, and
   * goes on after a cut; what it gives ends that. The jobs of a connection itself have their answer and no events.
   */
  on(topic: Topic, listener: (happening: Happening) => void): () => void {
    this.#listeners.set(listener, topic)
    if (topic.job === undefined) this.#watch(topic.after)
    else this.#session?.send({ is: 'subscribe', topic })
    return () => {
      this.#listeners.delete(listener)
      if (topic.job !== undefined) this.#session?.send({ is: 'unsubscribe', topic })
    }
  }

  /**
   * Follows a region: `listener` hears of its newest epoch, and of each that comes while it keeps up; one that is slow
   * hears of fewer, and of none twice. After a cut it goes on from the epoch that it has.
   */
  subscribe(region: string, listener: RegionListener, options: SubscribeOptions = {}): RegionSubscription {
    if (this.#closed) throw this.#closed
    return this.#regions.subscribe(region, listener, options)
  }

  /**
   * Publishes an epoch of a region, all of it or the bytes from `offset` on, and gives its number. The bytes are not to
   * change before that. Where a cut leaves open whether a part was published, it ends in a `ConnectionError`.
   */
  publish(region: string, bytes: BytesLike, { offset }: { offset?: number | undefined } = {}): Promise<bigint> {
    if (this.#closed) return Promise.reject(this.#closed)
    return this.#regions.publish(region, bytesOf(bytes), offset)
  }

  /** Ends the connection; what is not answered yet ends in a `ConnectionError`, and its jobs go on. */
  close(): void {
    this.#end(new ConnectionError('the connection was closed'))
  }

  #end(why: Error): void {
    this.#closed ??= why
    this.#transportName = 'none'
    this.#session?.close()
    for (const pending of [...this.#flying.values(), ...this.#queue]) fail(pending, why)
    this.#flying.clear()
    this.#queue = []
    this.#regions.end(why)
  }

  /** Lets a signal stop a job; what it gives ends that, so that a signal that lives long remembers no job that ended. */
  #stoppable(pending: Pending, signal: AbortSignal): () => void {
    const stop = () => {
      const { correlation } = pending
      this.#queue = this.#queue.filter((other) => other !== pending)
      if (this.#flying.has(correlation)) this.#session?.send({ is: 'cancel', correlation })
      fail(pending, signal.reason)
    }
    signal.addEventListener('abort', stop)
    return () => signal.removeEventListener('abort', stop)
  }

  #watch(after?: number): void {
    if (this.#watching && after === undefined) return
    this.#watching = true
    this.#session?.send({ is: 'subscribe', topic: { after: after ?? this.#lastEvent } })
  }

  /** Sends what waits, once everything that is asked in this turn has been asked. */
  #soon(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      if (this.#transportName === 'websocket') this.#flush()
      else if (this.#transportName === 'http') this.#batch()
    })
  }

  #flush(): void {
    const { window: served = 1, frameBytesMax = 0 } = this.#welcome ?? {}
    const window = Math.min(served, this.#options.window ?? served)
    while (this.#queue.length > 0 && this.#flying.size < window) {
      if ((this.#session?.waiting ?? 0) > WAITING_BYTES_MAX) {
        setTimeout(() => this.#soon(), WAITING_MS)
        return
      }
      const some = this.#take(Math.min(BATCH_MAX, window - this.#flying.size), frameBytesMax)
      if (some.length === 0) return this.#tooLarge()
      for (const pending of some) this.#flying.set(pending.correlation, pending)
      const submissions = some.map(({ correlation, capsule }) => ({ correlation, capsule }))
      this.#session?.send({ is: 'submit', submissions })
    }
  }

  /** The first of those that wait: as many as fit. */
  #take(count: number, bytes: number): Pending[] {
    let [taken, weight] = [0, 0]
    for (const pending of this.#queue.slice(0, count)) {
      weight += pending.weight
      if (weight > bytes) break
      taken += 1
    }
    return this.#queue.splice(0, taken)
  }

  /** A job that no frame can carry goes over HTTP by itself. */
  #tooLarge(): void {
    const [pending] = this.#queue.splice(0, 1)
    if (!pending) return
    this.#flying.set(pending.correlation, pending)
    void this.#post([pending])
    this.#soon()
  }

  #ready(welcome: Welcome, resumed: boolean): void {
    this.#welcome = welcome
    this.#transportName = 'websocket'
    this.#opened?.resolve()
    if (this.#watching) this.#session?.send({ is: 'subscribe', topic: { after: this.#lastEvent } })
    for (const { job } of this.#listeners.values()) {
      if (job !== undefined) this.#session?.send({ is: 'subscribe', topic: { job, after: this.#lastEvent } })
    }
    this.#regions.ready()
    this.#again(resumed)
    this.#soon()
  }

  /** What was under way when the WebSocket broke and has no answer yet goes again, under its key. */
  #again(resumed: boolean): void {
    const open = [...this.#flying.values()]
    this.#flying.clear()
    for (const pending of open) {
      if (pending.settled) continue
      if (pending.safe) continue
      const known = resumed ? 'the server may or may not have it' : 'the session is gone'
      fail(pending, new ConnectionError(`the connection broke while a job without a key was under way: ${known}`))
    }
    this.#queue = [...open.filter(({ settled }) => !settled), ...this.#queue]
  }

  #down(): void {
    if (this.#transportName === 'websocket') this.#transportName = 'none'
  }

  #lost(why: Error): void {
    const refused = why instanceof ProblemError
    if (this.#options.fallback === false || refused || this.#closed) {
      this.#opened?.reject(why)
      return this.#end(why)
    }
    this.#transportName = 'http'
    this.#opened?.resolve()
    this.#again(false)
    this.#regions.ready()
    this.#soon()
  }

  #heard(body: ServerBody): void {
    switch (body.is) {
      case 'result':
        for (const { correlation, outcome } of body.answers) this.#answered(correlation, outcome)
        return this.#soon()
      case 'problem':
        return this.#refused(body)
      case 'progress':
      case 'state':
      case 'log':
      case 'output':
      case 'gap':
        return this.#happened(body)
      case 'region':
        return this.#regions.heard(body)
      case 'published':
        return this.#regions.published(body.correlation, body.epoch)
      case 'accepted':
      case 'welcome':
      case 'pong':
      case 'goodbye':
      case 'unknown':
        return
    }
  }

  #answered(correlation: number, outcome: Outcome): void {
    const pending = this.#landed(correlation)
    if (pending) settle(pending, outcome)
  }

  #landed(correlation: number): Pending | undefined {
    const pending = this.#flying.get(correlation)
    this.#flying.delete(correlation)
    return pending
  }

  #refused({ correlation, publish, region, problem }: Extract<ServerBody, { is: 'problem' }>): void {
    this.#regions.refused({ publish, region }, problem)
    // What is about no submission is about a cancel or a subscription that came too late.
    if (correlation === undefined) return
    const pending = this.#landed(correlation)
    if (pending) void this.#refuse(pending, refusal(problem))
    this.#soon()
  }

  /** Sends a job again that the server had no room for, and else tells its caller. */
  async #refuse(pending: Pending, error: ProblemError): Promise<void> {
    const pause = againAfter(pending, error.problem)
    if (pause === undefined) return fail(pending, error)
    await sleep(pause)
    if (this.#closed) return fail(pending, this.#closed)
    this.#queue.push(pending)
    this.#soon()
  }

  #happened(happening: Happening): void {
    const event = happening.is === 'gap' ? happening.last : happening.event
    if (event > 0) this.#lastEvent = Math.max(this.#lastEvent ?? 0, event)
    const job = 'job' in happening ? happening.job : undefined
    for (const [listener, topic] of this.#listeners) {
      if (topic.job === undefined || job === undefined || topic.job === job) listener(happening)
    }
  }

  #batch(): void {
    while (this.#queue.length > 0 && this.#batches < BATCHES_MAX) {
      const some = this.#take(BATCH_MAX, BATCH_BYTES_MAX)
      if (some.length === 0) some.push(...this.#queue.splice(0, 1))
      for (const pending of some) this.#flying.set(pending.correlation, pending)
      void this.#post(some)
    }
  }

  async #post(some: Pending[]): Promise<void> {
    this.#batches += 1
    const capsules = some.map(({ capsule }) => toCapsule(capsule))
    const idempotent = some.every(({ safe }) => safe)
    const asked: Asked = { method: 'POST', path: '/v1/batches', json: capsules, idempotent }
    try {
      const { items } = await this.#transport.json<Batch>(asked)
      some.forEach((pending, index) => this.#posted(pending, items[index]))
    } catch (error) {
      for (const { correlation } of some) {
        const pending = this.#landed(correlation)
        if (pending) fail(pending, error)
      }
    } finally {
      this.#batches -= 1
      this.#soon()
    }
  }

  #posted({ correlation }: Pending, item: Item | undefined): void {
    const pending = this.#landed(correlation)
    if (!pending) return
    if (item?.problem) return void this.#refuse(pending, refusal(item.problem))
    if (!item?.outcome) return fail(pending, new ConnectionError('the batch was answered without this job'))
    const { outputs, error, receipt, ...outcome } = item.outcome
    settle(pending, {
      ...outcome,
      outputs: outputs.map(bytesIn),
      error: error ?? undefined,
      receipt: receipt ?? undefined,
    })
  }
}
