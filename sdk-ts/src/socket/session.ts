/**
 * A session that outlives its WebSockets: opened, greeted, acknowledged, resumed after a cut. Every numbered frame is
 * passed on once and in order. Never knows what a job is.
 */
import { AnswerError, AuthenticationError, ConnectionError, errorOf, PermissionError } from '../errors.js'
import { sleep } from '../http/retry.js'
import type { Transport } from '../http/transport.js'
import type { ClientFrame, Codec, ServerBody, ServerFrame, Welcome } from './frames.js'
import { Link, type SocketClass } from './link.js'

/** How long the greeting may take, in milliseconds. */
const GREETING_MS_MAX = 15_000
/** After how many frames, or after how long, the server hears that they have come. */
const ACK_FRAMES = 32
const ACK_MS = 100
/** The pauses before a new WebSocket: doubled each time, never over the longest. In milliseconds. */
const PAUSE_MS = 25
const PAUSE_MS_MAX = 2_000
/** How often in a row none may be had: for the first one, and for one that goes on. */
const FAILURES_FIRST = 2
const FAILURES_MAX = 12
/** The number of the ping that asks whether all that came before it has been said. */
const MARK = 1
const FINAL_GOODBYES = ['revoked', 'resumed-elsewhere']

/** Who hears of it. */
export interface SessionEvents {
  /** Frames may be sent; whether the session goes on, or is a new one that knows of nothing. */
  ready(welcome: Welcome, resumed: boolean): void
  /** Something was said. */
  body(body: ServerBody): void
  /** No frame can be sent for now. */
  down(): void
  /** It is over for good. */
  lost(why: Error): void
}

/** How it is made. */
export interface SessionOptions {
  codec: Codec
  SocketClass: SocketClass
  signal?: AbortSignal | undefined
}

type Phase = 'greeting' | 'resuming' | 'catching up' | 'live'

/** A session. */
export class Session {
  readonly #transport: Transport
  readonly #options: SessionOptions
  readonly #events: SessionEvents
  readonly #closed = new AbortController()
  #welcome: Welcome | undefined
  #link: Link | undefined
  #phase: Phase = 'greeting'
  #greeted: Welcome | undefined
  #lastSeq = 0
  #unacked = 0
  #ackTimer: ReturnType<typeof setTimeout> | undefined
  #pauseMs: number | undefined
  #final: Error | undefined

  constructor(transport: Transport, options: SessionOptions, events: SessionEvents) {
    this.#transport = transport
    this.#options = options
    this.#events = events
  }

  /** How many bytes wait to be sent. */
  get waiting(): number {
    return this.#link?.waiting ?? 0
  }

  /** Opens WebSockets, one after the other, until it is closed or nothing helps. */
  async keep(): Promise<void> {
    let failures = 0
    for (;;) {
      const { live, why } = await this.#once()
      if (this.#closed.signal.aborted) return
      failures = live ? 0 : failures + 1
      const fatal = this.#final ?? (isFatal(why) ? why : undefined)
      if (fatal || failures >= (this.#welcome ? FAILURES_MAX : FAILURES_FIRST)) return this.#events.lost(fatal ?? why)
      const pause = this.#pauseMs ?? Math.min(PAUSE_MS * 2 ** failures, PAUSE_MS_MAX) * (0.5 + Math.random() / 2)
      this.#pauseMs = undefined
      try {
        await sleep(pause, this.#closed.signal)
      } catch {
        return
      }
    }
  }

  /** Sends a frame; while there is no WebSocket it goes nowhere. */
  send(frame: ClientFrame): void {
    if (this.#phase === 'live') this.#link?.send(frame)
  }

  /** Ends it all. */
  close(): void {
    this.#closed.abort()
    this.#ack()
    this.#link?.close(new ConnectionError('the connection was closed'))
  }

  /** One WebSocket from its opening to its end. */
  async #once(): Promise<{ live: boolean; why: Error }> {
    let live = false
    let ended: (why: Error) => void = () => {}
    const end = new Promise<Error>((resolve) => {
      ended = resolve
    })
    this.#phase = 'greeting'
    try {
      const { codec, SocketClass } = this.#options
      const events = { frame: (frame: ServerFrame) => this.#frame(frame), end: (why: Error) => ended(why) }
      const link = await Link.open(this.#transport, { codec, SocketClass, events }, (link) => {
        this.#link = link
      })
      const timer = setTimeout(() => {
        if (this.#phase !== 'live') link.close(new ConnectionError('the server did not greet in time'))
      }, GREETING_MS_MAX)
      if (this.#closed.signal.aborted) link.close(new ConnectionError('the connection was closed'))
      const why = await end
      clearTimeout(timer)
      live = this.#isLive()
      return { live, why }
    } catch (error) {
      return { live, why: error instanceof Error ? error : new ConnectionError(String(error)) }
    } finally {
      this.#phase = 'greeting'
      this.#link = undefined
      this.#events.down()
    }
  }

  #isLive(): boolean {
    return this.#phase === 'live'
  }

  #frame({ seq, body }: ServerFrame): void {
    switch (this.#phase) {
      case 'greeting':
        return this.#greet(body)
      case 'resuming':
        return this.#resume(seq, body)
      case 'catching up':
      case 'live':
        return this.#hear(seq, body)
    }
  }

  #greet(body: ServerBody): void {
    if (body.is !== 'welcome') throw new AnswerError('the first frame is no welcome')
    this.#greeted = body
    if (!this.#welcome) return this.#adopt(body, 0)
    this.#phase = 'resuming'
    this.#link?.send({ is: 'resume', session: this.#welcome.session, lastSeq: this.#lastSeq })
  }

  #resume(seq: number, body: ServerBody): void {
    if (body.is === 'welcome' && body.resumed) {
      this.#phase = 'catching up'
      // Its answer comes after everything that was kept for us.
      this.#link?.send({ is: 'ping', number: MARK })
    } else if (body.is === 'problem' && this.#greeted) {
      this.#adopt(this.#greeted, seq)
    } else {
      throw new AnswerError('the server answers a resume with neither a welcome nor a problem')
    }
  }

  /** Takes up a new session, which knows nothing of what was asked in another. */
  #adopt(welcome: Welcome, lastSeq: number): void {
    this.#welcome = welcome
    this.#lastSeq = lastSeq
    this.#live(welcome, false)
  }

  #live(welcome: Welcome, resumed: boolean): void {
    this.#phase = 'live'
    this.#events.ready(welcome, resumed)
  }

  #hear(seq: number, body: ServerBody): void {
    if (body.is === 'pong') {
      if (this.#phase === 'catching up' && body.number === MARK && this.#welcome) this.#live(this.#welcome, true)
      return
    }
    if (body.is === 'goodbye') return this.#leave(body)
    // Frames of regions bear no number: what counts of them is the newest.
    if (body.is === 'region') return this.#events.body(body)
    if (body.is === 'welcome') throw new AnswerError('a second welcome')
    if (seq <= this.#lastSeq) return
    if (seq !== this.#lastSeq + 1) throw new AnswerError(`frame ${seq} came after frame ${this.#lastSeq}`)
    this.#lastSeq = seq
    this.#note()
    this.#events.body(body)
  }

  #leave({ reason, retryAfterMs }: { reason: string; retryAfterMs: number }): void {
    if (FINAL_GOODBYES.includes(reason)) {
      const problem = { type: '/problems/unauthorized', title: 'The connection has ended', retryable: false }
      this.#final =
        reason === 'revoked'
          ? errorOf({ ...problem, detail: 'The key was revoked or has expired.', code: 'unauthorized' })
          : new ConnectionError(`the server ended the connection: ${reason}`)
    }
    this.#pauseMs = Math.min(retryAfterMs, PAUSE_MS_MAX)
  }

  #note(): void {
    this.#unacked += 1
    if (this.#unacked >= ACK_FRAMES) this.#ack()
    else this.#ackTimer ??= setTimeout(() => this.#ack(), ACK_MS)
  }

  #ack(): void {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = undefined
    if (this.#unacked === 0) return
    this.#unacked = 0
    this.send({ is: 'ack', seq: this.#lastSeq })
  }
}

function isFatal(why: Error): boolean {
  return why instanceof AuthenticationError || why instanceof PermissionError
}
