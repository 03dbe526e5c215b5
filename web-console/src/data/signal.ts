/** A value that tells who listens: for what the whole page must know and no query holds. */
import { useSyncExternalStore } from 'react'

/** A value with listeners. */
export class Signal<T> {
  #value: T
  readonly #listeners = new Set<() => void>()

  constructor(first: T) {
    this.#value = first
  }

  readonly read = (): T => this.#value

  readonly subscribe = (told: () => void): (() => void) => {
    this.#listeners.add(told)
    return () => this.#listeners.delete(told)
  }

  set(value: T): void {
    this.#value = value
    for (const told of this.#listeners) told()
  }
}

/** The value as it is, now and after each change. */
export function useSignal<T>(signal: Signal<T>): T {
  return useSyncExternalStore(signal.subscribe, signal.read)
}
