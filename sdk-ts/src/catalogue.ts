/** What a server is and what it offers. Each method names its path and nothing else. */
import type { Method, Node as Identity, NodeConfig, Readiness, Stats, Unit, Units as Catalogue, Version, Worker } from './generated/api.js'
import type { Call } from './http/call.js'
import type { Pages } from './http/pages.js'
import type { Options, Transport } from './http/transport.js'

/** The catalogue. */
export class Units {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Every unit with its methods, and which prices hold. */
  list(options?: Options): Call<Catalogue> {
    return this.#transport.get('/v1/units', options)
  }

  /** A unit and its methods. */
  get(unit: string, options?: Options): Call<Unit> {
    return this.#transport.get(`/v1/units/${encodeURIComponent(unit)}`, options)
  }

  /** A method: parameters, limits, price. */
  method(unit: string, method: string, options?: Options): Call<Method> {
    return this.#transport.get(`/v1/units/${encodeURIComponent(unit)}/${encodeURIComponent(method)}`, options)
  }
}

/** The server. */
export class Node {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Who it is: its id is the key that signs its receipts. */
  get(options?: Options): Call<Identity> {
    return this.#transport.get('/v1/node', options)
  }

  /** How it does. */
  stats(options?: Options): Call<Stats> {
    return this.#transport.get('/v1/stats', options)
  }

  /** What it was told when it was started, without secrets; for admins. */
  config(options?: Options): Call<NodeConfig> {
    return this.#transport.get('/v1/node/config', options)
  }

  /** Whether it takes work, wholly or with a part missing; throws where it takes none. */
  readiness(options?: Options): Call<Readiness> {
    return this.#transport.get('/readyz', options)
  }

  /** Its worker threads and what they do. */
  workers(options?: Options): Pages<Worker> {
    return this.#transport.pages('/v1/workers', options)
  }

  /** Its version. */
  version(options?: Options): Call<Version> {
    return this.#transport.get('/version', options)
  }
}
