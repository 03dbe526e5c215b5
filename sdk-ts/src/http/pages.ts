/** Lists that come page by page. */
import { Call } from './call.js'

/** One page of a list. */
export interface Page<T> {
  items: T[]
  /** Where the next page begins; absent on the last. */
  next_cursor?: string | null | undefined
}

/** A list: awaited it is its first page, in `for await` it is every item of every page. */
export class Pages<T> extends Call<Page<T>> implements AsyncIterable<T> {
  readonly #fetch: (cursor: string | undefined) => Call<Page<T>>

  constructor(fetch: (cursor: string | undefined) => Call<Page<T>>) {
    super(fetch(undefined).withResponse())
    this.#fetch = fetch
  }

  /** Each page, fetched when it is asked for. */
  async *pages(): AsyncGenerator<Page<T>, void, void> {
    let page: Page<T> = await this
    for (;;) {
      yield page
      const { next_cursor: next } = page
      if (!next) return
      page = await this.#fetch(next)
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for await (const page of this.pages()) yield* page.items
  }
}
