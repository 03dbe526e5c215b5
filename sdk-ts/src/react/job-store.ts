/** One job, kept current by its events. */
import { isFinal } from '../events.js'
import type { Job } from '../generated/api.js'
import type { Inos } from '../inos.js'
import { asError, Store } from './store.js'

/** A job as a page sees it. */
export interface JobView {
  job: Job | undefined
  /** How far it is, where its unit says so. */
  progress: { done: number; total: number } | undefined
  /** What its unit said last. */
  line: string | undefined
  /** Why nothing is known of it. */
  error: Error | undefined
  loading: boolean
}

/** The view of a job. */
export class JobStore extends Store<JobView> {
  readonly #inos: Inos
  readonly #id: string | undefined

  constructor(inos: Inos, id: string | undefined) {
    super({ job: undefined, progress: undefined, line: undefined, error: undefined, loading: id !== undefined })
    this.#inos = inos
    this.#id = id
  }

  protected override async work(signal: AbortSignal): Promise<void> {
    const id = this.#id
    if (id === undefined) return
    try {
      await this.#look(id, signal)
      for await (const { state, done, total, line } of this.#inos.jobs.events(id, { signal })) {
        if (state) await this.#look(id, signal)
        if (done !== undefined) this.set({ ...this.read(), progress: { done, total: total ?? 0 } }, signal)
        if (line !== undefined) this.set({ ...this.read(), line }, signal)
        if (state && isFinal(state)) return
      }
    } catch (error) {
      this.set({ ...this.read(), error: asError(error), loading: false }, signal)
    }
  }

  async #look(id: string, signal: AbortSignal): Promise<void> {
    const job = await this.#inos.jobs.get(id, { signal })
    this.set({ ...this.read(), job, error: undefined, loading: false }, signal)
  }
}
