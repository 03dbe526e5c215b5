/** Something that is loaded once while somebody looks at it. */
import { asError, Store } from './store.js'

/** How far loading is. */
export interface Loaded<T> {
  data: T | undefined
  error: Error | undefined
  loading: boolean
}

/** What `load` gives. */
export class LoadStore<T> extends Store<Loaded<T>> {
  readonly #load: (signal: AbortSignal) => Promise<T>

  constructor(load: (signal: AbortSignal) => Promise<T>) {
    super({ data: undefined, error: undefined, loading: true })
    this.#load = load
  }

  protected override async work(signal: AbortSignal): Promise<void> {
    try {
      this.set({ data: await this.#load(signal), error: undefined, loading: false }, signal)
    } catch (error) {
      this.set({ data: undefined, error: asError(error), loading: false }, signal)
    }
  }
}
