/** Signing in and out of a server's own console. Each method names its path and nothing else. */
import type { ConsoleSession } from './generated/api.js'
import type { Call } from './http/call.js'
import type { Options, Transport } from './http/transport.js'

const PATH = '/v1/console/session'

/** Who is signed in to the console: a cookie that pages never see. */
export class Console {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Who asks, what they may do and for how long. */
  get(options?: Options): Call<ConsoleSession> {
    return this.#transport.get(PATH, options)
  }

  /** Signs in with the client's key. */
  open(options?: Options): Call<ConsoleSession> {
    return this.#transport.json({ method: 'POST', path: PATH }, options)
  }

  /** Signs in by the link that the server printed; its ticket works once. */
  claim(ticket: string, options?: Options): Call<ConsoleSession> {
    const headers = { authorization: `Bearer ${ticket}` }
    return this.#transport.json({ method: 'POST', path: `${PATH}/claim`, headers }, options)
  }

  /** Signs out. */
  close(options?: Options): Call<void> {
    return this.#transport.done({ method: 'DELETE', path: PATH }, options)
  }
}
