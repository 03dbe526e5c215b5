/** One WebSocket from its ticket to its end. Never knows what the frames are about. */
import { AnswerError, ConnectionError } from '../errors.js'
import type { TicketMade } from '../generated/api.js'
import type { Asked, Transport } from '../http/transport.js'
import type { ClientFrame, Codec, ServerFrame } from './frames.js'

/** After how much silence the server is asked whether it is there, and after how much it is given up. */
const PING_AFTER_MS = 20_000
const LOST_AFTER_MS = 45_000
const OPEN_MS_MAX = 15_000

/** What we need of a WebSocket: a browser's, or that of the package `ws`. */
export interface Socket {
  binaryType: string
  readonly bufferedAmount: number
  send(message: string | Uint8Array<ArrayBuffer>): void
  close(): void
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: object) => void): void
}

/** What makes one. */
export type SocketClass = new (url: string, protocols: string[]) => Socket

/** Who hears of it. */
export interface LinkEvents {
  frame(frame: ServerFrame): void
  /** It is over: called once. */
  end(why: Error): void
}

/** The platform's own WebSocket, where it has one: Node has from 22 on. */
export function platformSocket(): SocketClass | undefined {
  return typeof WebSocket === 'undefined' ? undefined : WebSocket
}

/** An open WebSocket. */
export class Link {
  readonly #socket: Socket
  readonly #codec: Codec
  readonly #events: LinkEvents
  #heardAt = Date.now()
  #timer: ReturnType<typeof setInterval> | undefined
  #ended = false

  private constructor(socket: Socket, codec: Codec, events: LinkEvents) {
    this.#socket = socket
    this.#codec = codec
    this.#events = events
    socket.addEventListener('message', (event) => this.#message('data' in event ? event.data : undefined))
    socket.addEventListener('close', () => this.#over(new ConnectionError('the WebSocket was closed')))
    socket.addEventListener('error', () => this.#over(new ConnectionError('the WebSocket broke')))
  }

  /** Fetches a ticket and opens a WebSocket with it; frames may come before this returns, but not before `made`. */
  static async open(
    transport: Transport,
    { codec, SocketClass, events }: { codec: Codec; SocketClass: SocketClass; events: LinkEvents },
    made: (link: Link) => void,
  ): Promise<Link> {
    const asked: Asked = { method: 'POST', path: '/v1/ws-tickets', idempotent: true }
    const { ticket } = await transport.json<TicketMade>(asked, { maxRetries: 0, timeoutMs: OPEN_MS_MAX })
    const url = `${transport.url.replace(/^http/, 'ws')}/v1/ws?ticket=${encodeURIComponent(ticket)}`
    const socket = new SocketClass(url, [codec.protocol])
    socket.binaryType = 'arraybuffer'
    const link = new Link(socket, codec, events)
    made(link)
    await link.#opened()
    return link
  }

  /** How many bytes wait to be sent. */
  get waiting(): number {
    return this.#socket.bufferedAmount
  }

  /** Sends a frame. */
  send(frame: ClientFrame): void {
    if (!this.#ended) this.#socket.send(this.#codec.write(frame))
  }

  /** Ends it; whoever listens hears why. */
  close(why: Error): void {
    this.#over(why)
  }

  #opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#over(new ConnectionError('the WebSocket did not open in time'))
      }, OPEN_MS_MAX)
      this.#socket.addEventListener('open', () => {
        clearTimeout(timer)
        this.#timer = setInterval(() => this.#look(), PING_AFTER_MS / 4)
        resolve()
      })
      const failed = () => {
        clearTimeout(timer)
        reject(new ConnectionError('no WebSocket could be opened'))
      }
      this.#socket.addEventListener('close', failed)
      this.#socket.addEventListener('error', failed)
    })
  }

  #message(data: unknown): void {
    if (this.#ended) return
    this.#heardAt = Date.now()
    try {
      if (typeof data !== 'string' && !(data instanceof ArrayBuffer)) throw new AnswerError('a message of no kind')
      this.#events.frame(this.#codec.read(data))
    } catch (error) {
      if (!(error instanceof AnswerError)) throw error
      this.#over(error)
    }
  }

  #look(): void {
    const silent = Date.now() - this.#heardAt
    if (silent > LOST_AFTER_MS) this.#over(new ConnectionError('the server is silent'))
    else if (silent > PING_AFTER_MS) this.send({ is: 'ping', number: 0 })
  }

  #over(why: Error): void {
    if (this.#ended) return
    this.#ended = true
    clearInterval(this.#timer)
    this.#socket.close()
    this.#events.end(why)
  }
}
