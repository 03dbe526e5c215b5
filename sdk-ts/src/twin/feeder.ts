/** What keeps a twin current: one connection, one region, and a port to each thread that reads it. Never looks into bytes. */
import { capsule } from '../capnp/index.js'
import type { Transport } from '../http/transport.js'
import { Regions } from '../regions.js'
import { Connection } from '../socket/connection.js'
import type { SocketClass } from '../socket/link.js'
import type { RegionCopy } from '../socket/region-copy.js'
import type { RegionSubscription } from '../socket/regions.js'
import type { TwinMemory } from './memory.js'
import { type FeederSays, twinSays, type TwinSays, whyOf } from './messages.js'
import { Stage } from './stage.js'

/** How it feeds. */
export interface FeederOptions {
  name: string
  /** Whether threads share the memory; else each gets a copy of each epoch that it keeps up with. */
  shared: boolean
  maxRateHz: number
  WebSocket?: SocketClass | undefined
}

/** A thread that reads. */
interface Reader {
  port: MessagePort
  /** Whether it has an epoch that it has not taken yet; then it gets none. */
  busy: boolean
  skipped: bigint
  /** The epoch that it was sent last. */
  sent: bigint
}

/** Feeds one twin. */
export class Feeder {
  readonly #options: FeederOptions
  readonly #connection: Connection
  readonly #readers = new Map<MessagePort, Reader>()
  readonly #subscription: RegionSubscription
  #stride: number | undefined
  #stage: Stage | undefined

  private constructor(connection: Connection, options: FeederOptions, owner: MessagePort, ended: () => void) {
    this.#connection = connection
    this.#options = options
    const { name, maxRateHz } = options
    this.#subscription = connection.subscribe(name, (copy, pages) => this.#heard(copy, pages), { maxRateHz })
    const finish = (error?: unknown) => {
      this.#close(error)
      ended()
    }
    this.#subscription.ended.then(() => finish(), finish)
    this.#add(owner, true)
  }

  /** Opens a connection and feeds until the owner, or the region, is gone; then `ended` is called. */
  static async start(transport: Transport, options: FeederOptions, owner: MessagePort, ended: () => void): Promise<void> {
    try {
      const connect = { codec: capsule, keys: false, ...(options.WebSocket ? { WebSocket: options.WebSocket } : {}) }
      const about = await new Regions(transport).about(options.name)
      const feeder = new Feeder(await Connection.open(transport, connect), options, owner, ended)
      feeder.#stride = about?.stride ?? undefined
      feeder.#greet(owner)
    } catch (error) {
      say(owner, { is: 'ended', why: whyOf(error) })
      owner.close()
      ended()
    }
  }

  #add(port: MessagePort, owns: boolean): void {
    this.#readers.set(port, { port, busy: false, skipped: 0n, sent: 0n })
    port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const said = twinSays(data)
      if (said) this.#hear(port, said, owns)
    })
    port.start()
    if (!owns) this.#greet(port)
  }

  #greet(port: MessagePort): void {
    const { name, shared } = this.#options
    say(port, { is: 'hello', name, shared, stride: this.#stride })
    if (this.#stage) say(port, { is: 'memory', buffer: sharedOf(this.#stage.memory) })
    else this.#send(port, this.#subscription.copy)
  }

  #hear(port: MessagePort, said: TwinSays, owns: boolean): void {
    switch (said.is) {
      case 'taken': {
        const reader = this.#readers.get(port)
        if (reader) reader.busy = false
        return this.#send(port, this.#subscription.copy)
      }
      case 'publish':
        return void this.#publish(port, said)
      case 'share':
        return this.#add(said.port, false)
      case 'close':
        this.#readers.delete(port)
        port.close()
        if (owns) this.#subscription.close()
    }
  }

  async #publish(port: MessagePort, { id, bytes, offset }: Extract<TwinSays, { is: 'publish' }>): Promise<void> {
    try {
      say(port, { is: 'published', id, epoch: await this.#connection.publish(this.#options.name, bytes, { offset }) })
    } catch (error) {
      say(port, { is: 'failed', id, why: whyOf(error) })
    }
  }

  #heard(copy: RegionCopy, pages: readonly number[] | undefined): void {
    if (this.#options.shared) return this.#show(copy, pages)
    for (const reader of this.#readers.values()) {
      if (reader.busy) reader.skipped += 1n
      else this.#send(reader.port, copy)
    }
  }

  #show(copy: RegionCopy, pages: readonly number[] | undefined): void {
    if (this.#stage) return this.#stage.show(pages)
    const tell = (memory: TwinMemory) => {
      const buffer = sharedOf(memory)
      for (const port of this.#readers.keys()) say(port, { is: 'memory', buffer })
    }
    this.#stage = new Stage(copy, tell)
    // Memory is told of once there is an epoch in it.
    this.#stage.show(undefined)
    tell(this.#stage.memory)
  }

  /** Sends a thread the newest epoch as bytes of its own, unless it has not taken the last. */
  #send(port: MessagePort, copy: RegionCopy): void {
    const reader = this.#readers.get(port)
    if (this.#options.shared || !reader || reader.busy || copy.epoch === reader.sent) return
    const { skipped } = reader
    const bytes = copy.bytes.slice().buffer
    reader.busy = true
    reader.sent = copy.epoch
    port.postMessage({ is: 'epoch', epoch: copy.epoch, bytes, skipped }, [bytes])
  }

  #close(error: unknown): void {
    this.#connection.close()
    this.#stage?.close()
    for (const port of this.#readers.keys()) {
      say(port, { is: 'ended', why: error === undefined ? undefined : whyOf(error) })
      port.close()
    }
    this.#readers.clear()
  }
}

function say(port: MessagePort, said: FeederSays): void {
  port.postMessage(said)
}

function sharedOf({ buffer }: TwinMemory): SharedArrayBuffer {
  if (!(buffer instanceof SharedArrayBuffer)) throw new TypeError('the memory of a stage is shared')
  return buffer
}
