/** State that lives while somebody looks at it: what `useSyncExternalStore` subscribes to. */

/** A value with listeners; `work` runs from the first listener to the last. */
export abstract class Store<T> {
  #value: T
  #stop: AbortController | undefined
  readonly #listeners = new Set<() => void>()

  protected constructor(first: T) {
    this.#value = first
  }

  /** Brings the value up to date until the signal says to stop. */
  protected abstract work(signal: AbortSignal): Promise<void>

  /** The value as it is. */
  readonly read = (): T => this.#value

  /** Hears of each change; what it gives ends that. */
  readonly subscribe = (told: () => void): (() => void) => {
    this.#listeners.add(told)
    if (!this.#stop) {
      const stop = new AbortController()
      this.#stop = stop
      void this.work(stop.signal)
    }
    return () => {
      this.#listeners.delete(told)
      if (this.#listeners.size > 0) return
      this.#stop?.abort()
      this.#stop = undefined
    }
  }

  protected set(value: T, signal: AbortSignal): void {
    if (signal.aborted) return
    this.#value = value
    for (const told of this.#listeners) told()
  }
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
