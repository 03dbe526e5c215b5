/**
 * `@inos/sdk/twin`: a region of the server as memory here, fed by a worker, which any number of threads read without
 * copying. Where threads share no memory, each has a copy of its own, and the same calls.
 */
import { InosError } from '../errors.js'
import type { Transport } from '../http/transport.js'
import type { SocketClass } from '../socket/link.js'
import { type Begin, errorIn, type FeederSays, feederSays, type TwinSays } from './messages.js'
import { Copied, Shared, type Source } from './source.js'
import { TwinView } from './view.js'

export { type FieldKind, type Fields, type Records, TwinView } from './view.js'

/** How long one wait lasts before it is looked whether it still makes sense, in milliseconds. */
const WAIT_MS = 1_000

/** How a twin is opened. */
export interface TwinOptions {
  /** The most epochs a second; as many as come unless it is said. */
  maxRateHz?: number
  /** `false` where threads are not to share memory even though they could. */
  shared?: boolean
  /** `false` where it is to be fed by this thread and not by a worker, which has no `fetch` but the platform's own. */
  worker?: boolean
  /** What makes WebSockets where the platform has none; it is then fed by this thread. */
  WebSocket?: SocketClass
  /** Gives up opening it. */
  signal?: AbortSignal
}

/** What waiting takes. */
export interface NextOptions {
  /** Any epoch but this; unless it is said, the one that was read or waited for here last. */
  after?: bigint
  signal?: AbortSignal
}

/** A region, kept current. Every thread has an object of its own for the same memory. */
export class Twin {
  /** The region's name. */
  readonly name: string
  /** Whether threads share its memory; else each epoch is copied and sent to each of them, which is slower. */
  readonly isShared: boolean
  /** Resolved once it is closed; rejected where the region is gone or can be had no longer. */
  readonly ended: Promise<void>
  readonly #port: MessagePort
  readonly #stride: number | undefined
  readonly #waiting = new Map<number, { resolve: (epoch: bigint) => void; reject: (why: unknown) => void }>()
  #source: Source
  #seen = 0n
  #id = 0
  #over: { why: InosError | undefined } | undefined
  #end: (why: InosError | undefined) => void = () => {}

  /** @internal */
  constructor(port: MessagePort, hello: Extract<FeederSays, { is: 'hello' }>, source: Source) {
    this.name = hello.name
    this.isShared = hello.shared
    this.#stride = hello.stride
    this.#port = port
    this.#source = source
    this.ended = new Promise((resolve, reject) => {
      this.#end = (why) => (why ? reject(why) : resolve())
    })
    // Whoever does not ask how it ended is not to be told by the platform.
    this.ended.catch(() => {})
  }

  /** The newest epoch that is here. */
  get epoch(): bigint {
    return this.#source.epoch
  }

  /** How many epochs came that nobody here could see, because a reader held the memory or had not taken the last. */
  get skipped(): bigint {
    return this.#source.skipped
  }

  /**
   * Looks at the newest epoch, whole, where it lies: keep nothing of the view. A function that takes longer than a second
   * may be called again, with a newer epoch.
   */
  read<T>(look: (view: TwinView) => T): T {
    return this.#source.read((bytes, epoch) => {
      const value = look(new TwinView(bytes, epoch, this.#stride))
      this.#seen = epoch
      return value
    })
  }

  /** A copy of the newest epoch as numbers of 32 bits with a point, in `into` where it fits there. */
  f32(into?: Float32Array): Float32Array {
    return this.read((view) => {
      const numbers = view.f32()
      if (into?.length !== numbers.length) return numbers.slice()
      into.set(numbers)
      return into
    })
  }

  /** A copy of the newest epoch's bytes, in `into` where it fits there. */
  bytes(into?: Uint8Array): Uint8Array {
    return this.read(({ bytes }) => {
      if (into?.length !== bytes.length) return bytes.slice()
      into.set(bytes)
      return into
    })
  }

  /** Waits for another epoch than the one that was seen here last, and gives its number. */
  async next({ after = this.#seen, signal }: NextOptions = {}): Promise<bigint> {
    this.#seen = await this.#other(after, signal)
    return this.#seen
  }

  async #other(after: bigint, signal: AbortSignal | undefined): Promise<bigint> {
    for (;;) {
      signal?.throwIfAborted()
      const { epoch } = this
      if (epoch !== after) return epoch
      if (this.#over) throw this.#over.why ?? new InosError(`the twin of ${this.name} was closed`)
      await aborted(this.#source.changed(after, WAIT_MS), signal)
    }
  }

  /**
   * The same for a thread that may block, such as a worker that does nothing else; nothing where none came in time. Only
   * for shared memory. Throws where the region outgrew its memory: the new one comes once the thread has been idle.
   */
  wait(timeoutMs: number, after = this.#seen): bigint | undefined {
    this.#source.block(after, timeoutMs)
    const { epoch } = this
    if (epoch === after) return undefined
    this.#seen = epoch
    return epoch
  }

  /** Hears of each epoch that comes while it keeps up; what it gives ends that. */
  on(listener: (epoch: bigint) => void): () => void {
    const stop = new AbortController()
    const hear = async () => {
      for (let after = this.epoch; !stop.signal.aborted; ) {
        after = await this.#other(after, stop.signal)
        listener(after)
      }
    }
    hear().catch((error: unknown) => {
      // Its end is told by `ended`; what a listener throws is for whoever wrote it.
      if (!stop.signal.aborted && !this.#over) reportLate(error)
    })
    return () => stop.abort()
  }

  /** Publishes an epoch of the region, all of it or the bytes from `offset` on, and gives its number. */
  publish(bytes: Uint8Array, { offset }: { offset?: number | undefined } = {}): Promise<bigint> {
    if (this.#over) return Promise.reject(this.#over.why ?? new InosError(`the twin of ${this.name} was closed`))
    this.#id += 1
    const id = this.#id
    const own = bytes.slice()
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      const said: TwinSays = { is: 'publish', id, bytes: own, offset }
      this.#port.postMessage(said, [own.buffer])
    })
  }

  /** A port for another thread: send it there, as what is said and as what is transferred, and call `attachTwin` on it. */
  share(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    const said: TwinSays = { is: 'share', port: port1 }
    this.#port.postMessage(said, [port1])
    return port2
  }

  /** Lets go of it; where it was opened here, nobody is fed any longer. */
  close(): void {
    if (this.#over) return
    const said: TwinSays = { is: 'close' }
    this.#port.postMessage(said)
    this.#finish(undefined)
  }

  /** @internal */
  hear(said: FeederSays): void {
    switch (said.is) {
      case 'hello':
        return
      case 'memory':
      case 'epoch':
        this.#source = this.#source.with(said)
        // Shared memory needs nobody to say that it was taken.
        if (said.is === 'epoch') this.#port.postMessage({ is: 'taken' } satisfies TwinSays)
        return
      case 'published':
      case 'failed': {
        const waiting = this.#waiting.get(said.id)
        this.#waiting.delete(said.id)
        if (said.is === 'published') waiting?.resolve(said.epoch)
        else waiting?.reject(errorIn(said.why))
        return
      }
      case 'ended':
        this.#finish(said.why && errorIn(said.why))
    }
  }

  #finish(why: InosError | undefined): void {
    if (this.#over) return
    this.#over = { why }
    const error = why ?? new InosError(`the twin of ${this.name} was closed`)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    this.#source.wake()
    this.#end(why)
    this.#port.close()
  }
}

/**
 * Opens a twin; answered once its first epoch is here.
 * @internal
 */
export async function openTwin(transport: Transport, name: string, options: TwinOptions = {}): Promise<Twin> {
  const { maxRateHz = 0, WebSocket, signal } = options
  const shared = options.shared !== false && canShare()
  const { port1: port, port2: far } = new MessageChannel()
  const worker = options.worker === false || WebSocket ? undefined : newWorker()
  const failed = new Promise<never>((_, reject) => {
    worker?.addEventListener('error', () => reject(new InosError('the worker of the twin could not begin')))
  })
  if (worker) {
    const begin: Begin = { is: 'begin', ...transport.said, name, shared, maxRateHz, port: far }
    worker.postMessage(begin, [far])
  } else {
    const { Feeder } = await import('./feeder.js')
    void Feeder.start(transport, { name, shared, maxRateHz, WebSocket }, far, () => {})
  }
  try {
    return await aborted(Promise.race([attachTwin(port), failed]), signal)
  } catch (error) {
    worker?.terminate()
    port.postMessage({ is: 'close' } satisfies TwinSays)
    throw error
  }
}

/** The twin behind a port that `share` gave; answered once an epoch is here. */
export function attachTwin(port: MessagePort): Promise<Twin> {
  return new Promise((resolve, reject) => {
    let hello: Extract<FeederSays, { is: 'hello' }> | undefined
    let twin: Twin | undefined
    port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const said = feederSays(data)
      if (!said) return
      if (said.is === 'hello') hello = said
      if (twin) return twin.hear(said)
      if (said.is === 'ended') return reject(said.why ? errorIn(said.why) : new InosError('the twin was closed'))
      if (!hello || (said.is !== 'memory' && said.is !== 'epoch')) return
      twin = new Twin(port, hello, said.is === 'memory' ? new Shared(said.buffer) : new Copied())
      twin.hear(said)
      resolve(twin)
    })
    port.start()
  })
}

/** Whether threads may share memory here: pages may where they are cross-origin isolated. */
function canShare(): boolean {
  const isolated = 'crossOriginIsolated' in globalThis ? globalThis.crossOriginIsolated : true
  return typeof SharedArrayBuffer !== 'undefined' && isolated
}

/** Nothing where the platform has no workers, or none from where this library lies. */
function newWorker(): Worker | undefined {
  if (typeof Worker === 'undefined') return undefined
  try {
    return new Worker(new URL('./twin-worker.js', import.meta.url), { type: 'module' })
  } catch {
    return undefined
  }
}

function aborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

function reportLate(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
