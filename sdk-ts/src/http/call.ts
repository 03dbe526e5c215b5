/** A request under way: a promise of what it gives, which also knows its whole answer. */

/** What came, with the answer that it came in. */
export interface Answered<T> {
  data: T
  response: Response
  /** The id of the request, to be named when asking for help. */
  requestId: string | undefined
}

/** A promise of what a request gives; `.withResponse()` gives the headers too. */
export class Call<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = 'Call'
  readonly #answered: Promise<Answered<T>>

  constructor(answered: Promise<Answered<T>>) {
    this.#answered = answered
  }

  /** What came, with its answer: status, headers, id of the request. */
  withResponse(): Promise<Answered<T>> {
    return this.#answered
  }

  /** The same request, with something made of what it gives. */
  map<U>(make: (data: T, response: Response) => U | Promise<U>): Call<U> {
    const made = async ({ data, response, requestId }: Answered<T>) => ({
      data: await make(data, response),
      response,
      requestId,
    })
    return new Call(this.#answered.then(made))
  }

  then<A = T, B = never>(
    onDone?: ((value: T) => A | PromiseLike<A>) | null,
    onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#answered.then(({ data }) => data).then(onDone, onFailed)
  }

  catch<B = never>(onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.then(undefined, onFailed)
  }

  finally(onEnd?: (() => void) | null): Promise<T> {
    return this.then().finally(onEnd)
  }
}
