/** Regions as a client has them: with twins, which are loaded with the first. What feeds a twin needs none itself. */
import type { Transport } from './http/transport.js'
import { Regions } from './regions.js'
import type { Twin, TwinOptions } from './twin/index.js'

/** The regions of your account, and twins of them. */
export class RegionsAndTwins extends Regions {
  readonly #transport: Transport

  constructor(transport: Transport) {
    super(transport)
    this.#transport = transport
  }

  /** Keeps a region in memory here, each epoch of it whole, for this page and any number of workers. */
  async twin(name: string, options?: TwinOptions): Promise<Twin> {
    const { openTwin } = await import('./twin/index.js')
    return openTwin(this.#transport, name, options)
  }
}
