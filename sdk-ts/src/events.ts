/** What happens to jobs, as it happens: server-sent events that go on after a cut without a gap. */
import { AnswerError, ConnectionError, InosError, TimeoutError } from './errors.js'
import type { State } from './generated/api.js'
import { pieces } from './http/body.js'
import { sleep } from './http/retry.js'
import type { Options, Transport } from './http/transport.js'
import { countIn, isShape, parsed, type Shape, textIn } from './shapes.js'

/** The longest event that is read, in characters. */
const EVENT_CHARS_MAX = 4 << 20
/** The pause before a stream that was cut is opened again, in milliseconds. */
const AGAIN_MS = 250
/** How often in a row nothing may come before it is given up. */
const SILENT_MAX = 20
/** After how much silence a stream is given up; a server says that it is there every 15 s. In milliseconds. */
const QUIET_MS_MAX = 45_000

/** Something that happened. */
export interface JobEvent {
  /** `state`, `progress`, `log`, `output`, `attempt`, `low_balance`, `gap`; others come from newer servers. */
  type: string
  /** Its number within the account; absent for the state that a stream begins with. */
  event: number | undefined
  /** The job; absent where it is about the account. */
  job: string | undefined
  /** The job's state, where it changed. */
  state: State | undefined
  /** Steps done and in all, where it is progress. */
  done: number | undefined
  total: number | undefined
  /** A line of the unit, where it is a log. */
  line: string | undefined
  /** Everything that was said, by the names of the contract. */
  data: Shape
}

const STATES: { [state in State]: boolean } = {
  queued: false,
  running: false,
  succeeded: true,
  failed: true,
  cancelled: true,
  expired: true,
}

/** Whether it is a state of a job. */
export function isState(value: unknown): value is State {
  return typeof value === 'string' && Object.hasOwn(STATES, value)
}

/** Whether nothing can change it any more. */
export function isFinal(state: State): boolean {
  return STATES[state]
}

/** What a stream of events takes beside what every call takes. */
export interface WatchOptions extends Options {
  /** Begin with what happened after this event. */
  after?: number | undefined
}

/** The events of a path; it ends with its job where it is about one. */
export async function* watch(
  transport: Transport,
  path: string,
  { after, ...options }: WatchOptions = {},
): AsyncGenerator<JobEvent, void, void> {
  const ofOne = path.startsWith('/v1/jobs/')
  let last = after
  let silent = 0
  while (silent < SILENT_MAX) {
    silent += 1
    try {
      for await (const event of once(transport, path, last, options)) {
        silent = 0
        last = event.event ?? last
        yield event
        if (ofOne && event.state && isFinal(event.state)) return
      }
    } catch (error) {
      if (!(error instanceof ConnectionError || error instanceof TimeoutError)) throw error
    }
    await sleep(AGAIN_MS * silent, options.signal)
  }
  throw new ConnectionError(`${path} ends again and again without a word`)
}

/** One stream until it ends or breaks. */
async function* once(
  transport: Transport,
  path: string,
  last: number | undefined,
  options: Options,
): AsyncGenerator<JobEvent, void, void> {
  const quiet = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, quiet.signal]) : quiet.signal
  const listen = () => setTimeout(() => quiet.abort(new ConnectionError(`${path} is silent`)), QUIET_MS_MAX)
  let timer = listen()
  const heard = () => {
    clearTimeout(timer)
    timer = listen()
  }
  const headers = { accept: 'text/event-stream', 'last-event-id': last === undefined ? undefined : String(last) }
  try {
    const asked = transport.ask({ method: 'GET', path, headers }, { ...options, signal }, async ({ body }) => body)
    const body = await asked
    if (body) yield* eventsIn(body, heard)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    // A stream that breaks while it is read says so in the words of its platform.
    throw error instanceof InosError ? error : new ConnectionError(`${path} broke off`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** The events of a stream's bytes; `heard` is called for each piece that comes. */
export async function* eventsIn(
  body: ReadableStream<Uint8Array>,
  heard: () => void = () => {},
): AsyncGenerator<JobEvent, void, void> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of pieces(body)) {
    heard()
    text += decoder.decode(piece, { stream: true })
    const blocks = text.split(/\r?\n\r?\n/)
    text = blocks.pop() ?? ''
    if (text.length > EVENT_CHARS_MAX) throw new AnswerError('an event is longer than any may be')
    for (const block of blocks) {
      const event = eventOf(block)
      if (event) yield event
    }
  }
}

function eventOf(block: string): JobEvent | undefined {
  const fields = new Map<string, string>()
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? []
    if (name !== undefined && value !== undefined) fields.set(name, value)
  }
  const data = parsed(fields.get('data') ?? '')
  if (!isShape(data)) return undefined
  const { state } = data
  return {
    type: fields.get('event') ?? 'message',
    event: fields.has('id') ? countIn(Number(fields.get('id'))) : undefined,
    job: textIn(data['job']),
    state: isState(state) ? state : undefined,
    done: countIn(data['done']),
    total: countIn(data['total']),
    line: textIn(data['line']),
    data,
  }
}
