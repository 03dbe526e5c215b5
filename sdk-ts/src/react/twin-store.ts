/** A twin, and its newest epoch, as state of a page. */
import type { Inos } from '../inos.js'
import type { Twin, TwinOptions } from '../twin/index.js'
import { asError, Store } from './store.js'

/** How far a twin is. */
export interface TwinState {
  twin: Twin | undefined
  /** Why there is none, or none any more. */
  error: Error | undefined
  loading: boolean
}

/** A twin that is open while somebody looks. */
export class TwinStore extends Store<TwinState> {
  readonly #inos: Inos
  readonly #name: string
  readonly #options: TwinOptions | undefined

  constructor(inos: Inos, name: string, options: TwinOptions | undefined) {
    super({ twin: undefined, error: undefined, loading: true })
    this.#inos = inos
    this.#name = name
    this.#options = options
  }

  protected override async work(signal: AbortSignal): Promise<void> {
    try {
      const twin = await this.#inos.regions.twin(this.#name, { ...this.#options, signal })
      const close = () => twin.close()
      signal.addEventListener('abort', close, { once: true })
      if (signal.aborted) return close()
      this.set({ twin, error: undefined, loading: false }, signal)
      await twin.ended
    } catch (error) {
      this.set({ twin: undefined, error: asError(error), loading: false }, signal)
    }
  }
}

/** The newest epoch of a twin. */
export class EpochStore extends Store<bigint> {
  readonly #twin: Twin | undefined

  constructor(twin: Twin | undefined) {
    super(twin?.epoch ?? 0n)
    this.#twin = twin
  }

  protected override async work(signal: AbortSignal): Promise<void> {
    const twin = this.#twin
    if (!twin) return
    this.set(twin.epoch, signal)
    signal.addEventListener('abort', twin.on((epoch) => this.set(epoch, signal)), { once: true })
  }
}
