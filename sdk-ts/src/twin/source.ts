/** Where a twin's bytes are: in memory that threads share, or in a copy of this thread's own. Opens nothing. */
import { InosError } from '../errors.js'
import { TwinMemory } from './memory.js'
import type { FeederSays } from './messages.js'

/** How often it is looked where the platform cannot wait, in milliseconds. */
const LOOK_MS = 4

/** What came for a twin. */
type Came = Extract<FeederSays, { is: 'memory' | 'epoch' }>

/** The bytes of a twin. */
export interface Source {
  readonly epoch: bigint
  readonly skipped: bigint
  read<T>(look: (bytes: Uint8Array, epoch: bigint) => T): T
  /** Resolved once the epoch may be another one, or after a time. */
  changed(after: bigint, timeoutMs: number): Promise<unknown>
  /** The same by blocking the thread. */
  block(after: bigint, timeoutMs: number): void
  /** Has whoever waits look again. */
  wake(): void
  /** The source once something has come. */
  with(came: Came): Source
}

/** Memory that threads share. */
export class Shared implements Source {
  readonly #memory: TwinMemory
  readonly #moved: Promise<void>
  #wakeMoved: () => void = () => {}

  constructor(buffer: SharedArrayBuffer) {
    this.#memory = TwinMemory.in(buffer)
    this.#moved = new Promise((resolve) => {
      this.#wakeMoved = resolve
    })
  }

  get epoch(): bigint {
    return this.#memory.epoch
  }

  get skipped(): bigint {
    return this.#memory.skipped
  }

  read<T>(look: (bytes: Uint8Array, epoch: bigint) => T): T {
    return this.#memory.read(look)
  }

  changed(after: bigint, timeoutMs: number): Promise<unknown> {
    // Where the region outgrew this memory, the message that says where it is now is on its way.
    if (this.#memory.isRetired) return this.#moved
    if (this.#memory.epoch !== after) return Promise.resolve()
    return Promise.race([this.#memory.waitAsync(after, timeoutMs) ?? later(LOOK_MS), this.#moved])
  }

  block(after: bigint, timeoutMs: number): void {
    if (this.#memory.isRetired) throw new InosError('the region lies in other memory by now: let the thread be idle once')
    this.#memory.wait(after, timeoutMs)
  }

  wake(): void {
    this.#memory.wake()
    this.#wakeMoved()
  }

  with(came: Came): Source {
    if (came.is !== 'memory' || came.buffer === this.#memory.buffer) return this
    const next = new Shared(came.buffer)
    this.wake()
    return next
  }
}

/** A copy of the newest epoch that came by message. */
export class Copied implements Source {
  #bytes = new Uint8Array()
  #came = 0n
  #skipped = 0n
  #waiting: (() => void)[] = []

  get epoch(): bigint {
    return this.#came
  }

  get skipped(): bigint {
    return this.#skipped
  }

  read<T>(look: (bytes: Uint8Array, epoch: bigint) => T): T {
    return look(this.#bytes, this.#came)
  }

  changed(after: bigint): Promise<void> {
    if (this.#came !== after) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  block(): void {
    throw new InosError('a thread cannot block for what comes by message: use `next`, or share memory')
  }

  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  with(came: Came): Source {
    if (came.is === 'epoch') {
      this.#bytes = new Uint8Array(came.bytes)
      this.#came = came.epoch
      this.#skipped = came.skipped
      this.wake()
    }
    return this
  }
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
