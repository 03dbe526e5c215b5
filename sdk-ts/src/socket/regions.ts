/**
 * Regions over a connection: told epoch by epoch without a gap or a repeat, over cuts too, and published. What no frame
 * can carry, and what is asked while there is no WebSocket, goes over HTTP. Never knows what the bytes mean.
 */
import { ConnectionError, errorOf, InosError, ProblemError } from '../errors.js'
import type { Problem } from '../generated/api.js'
import { sleep } from '../http/retry.js'
import type { Transport } from '../http/transport.js'
import { Regions } from '../regions.js'
import type { ClientFrame, RegionState } from './frames.js'
import { RegionCopy } from './region-copy.js'

/** The most epochs that wait to be published. */
const PUBLISHES_MAX = 1_000
/** What a frame takes beside the bytes in it. */
const FRAME_BYTES = 1_024
/** How long one request waits for the next epoch where there is no WebSocket, in milliseconds. */
const POLL_MS = 30_000
/** The pause after a request that failed, and between requests without a rate, in milliseconds. */
const AGAIN_MS = 500

/** How a region is followed. */
export interface SubscribeOptions {
  /** The most epochs a second; as many as come unless it is said. */
  maxRateHz?: number
  /** Ends it. */
  signal?: AbortSignal
}

/** A region that is followed. */
export interface RegionSubscription {
  /** The region as it is here. */
  readonly copy: RegionCopy
  /** Resolved once it is closed; rejected where the region is gone, was refused, or the connection has ended. */
  readonly ended: Promise<void>
  /** Ends it. */
  close(): void
}

/** Hears of each epoch: the region as it is, and the pages that changed; none where all of it may have. */
export type RegionListener = (copy: RegionCopy, pages: readonly number[] | undefined) => void

interface Follow {
  readonly name: string
  readonly copy: RegionCopy
  readonly maxRateHz: number
  readonly listener: RegionListener
  readonly stop: AbortController
  /** Whether it is had over HTTP for the moment. */
  polling: boolean
  end(why?: Error): void
}

interface Publishing {
  readonly correlation: number
  readonly name: string
  readonly bytes: Uint8Array
  readonly offset: number | undefined
  sent: boolean
  resolve(epoch: bigint): void
  reject(error: unknown): void
}

/** What it needs of its connection. */
export interface Way {
  /** How frames go now. */
  via(): 'websocket' | 'http' | 'none'
  send(frame: ClientFrame): void
  /** The most bytes of a frame, and how many a frame takes for each byte of a region. */
  frameBytesMax(): number
  bytesForEach: number
}

/** The regions of one connection. */
export class RegionDesk {
  readonly #way: Way
  readonly #regions: Regions
  readonly #follows = new Map<string, Follow>()
  readonly #publishes = new Map<number, Publishing>()
  #correlation = 0

  constructor(transport: Transport, way: Way) {
    this.#regions = new Regions(transport)
    this.#way = way
  }

  /** Begins to follow a region; one connection follows a region once. */
  subscribe(name: string, listener: RegionListener, { maxRateHz = 0, signal }: SubscribeOptions): RegionSubscription {
    if (this.#follows.has(name)) throw new InosError(`the connection follows the region ${name} already`)
    const stop = new AbortController()
    const copy = new RegionCopy()
    let end: Follow['end'] = () => {}
    const ended = new Promise<void>((resolve, reject) => {
      end = (why) => {
        if (stop.signal.aborted) return
        stop.abort(why)
        this.#follows.delete(name)
        if (why) reject(why)
        else resolve()
      }
    })
    // Whoever does not ask how it ended is not to be told by the platform.
    ended.catch(() => {})
    const follow: Follow = { name, copy, maxRateHz, listener, stop, polling: false, end: (why) => end(why) }
    this.#follows.set(name, follow)
    const close = () => {
      if (!stop.signal.aborted) this.#way.send({ is: 'unsubscribe', topic: { region: name, maxRateHz: 0, after: 0n } })
      follow.end()
    }
    if (signal?.aborted) close()
    else signal?.addEventListener('abort', close, { once: true, signal: stop.signal })
    if (!stop.signal.aborted) this.#begin(follow)
    return { copy, ended, close }
  }

  /** Publishes an epoch and gives its number; the bytes are not to change before that. */
  publish(name: string, bytes: Uint8Array, offset: number | undefined): Promise<bigint> {
    if (this.#publishes.size >= PUBLISHES_MAX) {
      return Promise.reject(new InosError(`${PUBLISHES_MAX} epochs wait to be published already`))
    }
    const fits = bytes.length * this.#way.bytesForEach + FRAME_BYTES <= this.#way.frameBytesMax()
    if (this.#way.via() === 'http' || (this.#way.via() === 'websocket' && !fits)) return this.#put(name, bytes, offset)
    this.#correlation += 1
    const correlation = this.#correlation
    return new Promise((resolve, reject) => {
      const publishing: Publishing = { correlation, name, bytes, offset, sent: false, resolve, reject }
      this.#publishes.set(correlation, publishing)
      if (this.#way.via() === 'websocket') this.#send(publishing)
    })
  }

  /** Frames go again: whoever follows says what it has, and what waits is sent. */
  ready(): void {
    for (const follow of this.#follows.values()) this.#begin(follow)
    for (const publishing of [...this.#publishes.values()]) this.#again(publishing)
  }

  /** A part that may or may not have been published is not published twice: something else may lie there by now. */
  #again(publishing: Publishing): void {
    const { correlation, name, bytes, offset, sent } = publishing
    const fits = bytes.length * this.#way.bytesForEach + FRAME_BYTES <= this.#way.frameBytesMax()
    if (sent && offset !== undefined) {
      this.#publishes.delete(correlation)
      publishing.reject(new ConnectionError(`the connection broke while a part of ${name} was being published`))
    } else if (this.#way.via() === 'websocket' && fits) {
      this.#send(publishing)
    } else {
      this.#publishes.delete(correlation)
      void this.#put(name, bytes, offset).then(publishing.resolve, publishing.reject)
    }
  }

  /** An epoch came; where it fits nothing, the frame is refused and the region begun anew with the next connection. */
  heard(frame: RegionState): void {
    const follow = this.#follows.get(frame.name)
    if (!follow) return
    if (frame.epoch === 0n) return follow.end(gone(frame.name))
    if (follow.copy.apply(frame)) follow.listener(follow.copy, frame.base === 0n ? undefined : frame.pages)
  }

  /** An epoch was published. */
  published(correlation: number, epoch: bigint): void {
    const publishing = this.#publishes.get(correlation)
    this.#publishes.delete(correlation)
    publishing?.resolve(epoch)
  }

  /** Something about regions was refused. */
  refused(about: { publish?: number | undefined; region?: string | undefined }, problem: Problem): void {
    if (about.publish !== undefined) {
      const publishing = this.#publishes.get(about.publish)
      this.#publishes.delete(about.publish)
      publishing?.reject(errorOf(problem))
    }
    const follow = about.region === undefined ? undefined : this.#follows.get(about.region)
    if (!follow) return
    // What no frame can carry is read over HTTP, and then only what changes since has to fit.
    if (problem.code === 'payload-too-large') void this.#poll(follow)
    else follow.end(errorOf(problem))
  }

  /** The connection has ended. */
  end(why: Error): void {
    for (const follow of [...this.#follows.values()]) follow.end(why)
    for (const publishing of this.#publishes.values()) publishing.reject(why)
    this.#publishes.clear()
  }

  #begin(follow: Follow): void {
    const { name, maxRateHz, copy } = follow
    if (this.#way.via() === 'websocket') {
      this.#way.send({ is: 'subscribe', topic: { region: name, maxRateHz, after: copy.epoch } })
    } else if (this.#way.via() === 'http') {
      void this.#poll(follow)
    }
  }

  #send(publishing: Publishing): void {
    const { correlation, name, offset, bytes } = publishing
    publishing.sent = true
    this.#way.send({ is: 'publish', correlation, name, offset, bytes })
  }

  async #put(name: string, bytes: Uint8Array, offset: number | undefined): Promise<bigint> {
    const call = offset === undefined ? this.#regions.put(name, bytes) : this.#regions.patch(name, bytes, { offset })
    return (await call).epoch
  }

  /** Reads epoch by epoch over HTTP: once where there is a WebSocket for what follows, else until there is an end. */
  async #poll(follow: Follow): Promise<void> {
    if (follow.polling) return
    follow.polling = true
    const { signal } = follow.stop
    try {
      while (!signal.aborted && (await this.#polled(follow, signal))) {
        const pause = follow.maxRateHz > 0 ? 1_000 / follow.maxRateHz : 0
        await sleep(pause, signal)
      }
    } catch (error) {
      if (!signal.aborted) follow.end(error instanceof Error ? error : new ConnectionError(String(error)))
    } finally {
      follow.polling = false
    }
    if (!signal.aborted && this.#way.via() === 'websocket') this.#begin(follow)
  }

  /** One request; whether there is to be another. */
  async #polled({ name, copy, listener }: Follow, signal: AbortSignal): Promise<boolean> {
    const before = copy.epoch
    try {
      const snapshot =
        before === 0n
          ? await this.#regions.get(name, {}, { signal })
          : await this.#regions.get(name, { after: before, waitMs: POLL_MS }, { signal })
      // A frame may have brought a newer one meanwhile.
      if (snapshot && copy.epoch === before && snapshot.epoch !== before) {
        copy.replace(snapshot.bytes, snapshot.epoch)
        listener(copy, undefined)
      }
    } catch (error) {
      if (error instanceof ProblemError && !error.retryable) throw error
      await sleep(AGAIN_MS, signal)
    }
    return this.#way.via() !== 'websocket'
  }
}

function gone(name: string): ProblemError {
  const detail = `The region \`${name}\` was removed.`
  return errorOf({ type: '/problems/not-found', title: 'Not found', detail, code: 'not-found', retryable: false })
}
