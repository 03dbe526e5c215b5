/** `inos.json.v1`: frames as JSON text. What comes from the server is looked at field by field before it is believed. */
import { fromBase64, toBase64 } from '../bytes.js'
import { toCapsule } from '../capsules.js'
import { AnswerError } from '../errors.js'
import { isState } from '../events.js'
import type { Metrics, SignedReceipt } from '../generated/api.js'
import { Bytes } from '../output.js'
import { epochIn } from '../regions.js'
import { countIn, isShape, parsed, problemIn, type Shape, textIn } from '../shapes.js'
import { type ClientFrame, type Codec, type Outcome, PAGES_MAX, type RegionTopic, type ServerBody, type ServerFrame, type Topic } from './frames.js'

/** The most things that one frame has. */
const BATCH_MAX = 1_000

/** The subprotocol for JSON text. */
export const json: Codec = {
  protocol: 'inos.json.v1',
  write: (frame) => JSON.stringify(written(frame)),
  read(message) {
    const frame = typeof message === 'string' ? parsed(message) : undefined
    if (!isShape(frame)) return refuse('a frame')
    return frameOf(frame)
  },
}

function written(frame: ClientFrame): object {
  switch (frame.is) {
    case 'submit':
      return {
        submit: frame.submissions.map(({ correlation, capsule }) => ({ correlation, capsule: toCapsule(capsule) })),
      }
    case 'cancel':
      return { cancel: frame.correlation }
    case 'subscribe':
      return { subscribe: topicOf(frame.topic) }
    case 'unsubscribe':
      return { unsubscribe: topicOf(frame.topic) }
    case 'ack':
      return { ack: frame.seq }
    case 'ping':
      return { ping: frame.number }
    case 'have':
      return { have: { name: frame.name, epoch: frame.epoch.toString() } }
    case 'publish': {
      const { correlation, name, offset, bytes } = frame
      return { publish: { correlation, name, offset, base64: toBase64(bytes) } }
    }
    case 'resume':
      return { resume: { session: frame.session, last_seq: frame.lastSeq } }
  }
}

function topicOf(topic: Topic | RegionTopic): unknown {
  if ('region' in topic) {
    const { region: name, maxRateHz: max_rate_hz, after, deflate, confirms } = topic
    return { region: { name, max_rate_hz, after: after.toString(), deflate, confirms } }
  }
  const { job, after } = topic
  if (after !== undefined) return { after: job === undefined ? { event: after } : { event: after, job } }
  return job === undefined ? 'jobs' : { job }
}

function frameOf(frame: Shape): ServerFrame {
  const entry = Object.entries(frame).find(([name]) => name !== 'seq')
  if (!entry) return refuse('what a frame says')
  return { seq: number(frame['seq'], 'seq'), body: bodyOf(entry[0], entry[1]) }
}

function bodyOf(name: string, value: unknown): ServerBody {
  switch (name) {
    case 'welcome':
      return welcomeOf(shape(value, name))
    case 'accepted':
      return { is: name, accepted: many(value, name).map(acceptedOf) }
    case 'result':
      return { is: name, answers: many(value, name).map(answerOf) }
    case 'problem': {
      const { correlation, publish, region, problem } = shape(value, name)
      const about = { correlation: countIn(correlation), publish: countIn(publish), region: textIn(region) }
      return { is: name, ...about, problem: problemIn(problem) ?? refuse('problem') }
    }
    case 'pong':
      return { is: name, number: number(value, name) }
    case 'goodbye': {
      const { reason, retry_after_ms } = shape(value, name)
      return { is: name, reason: text(reason, 'reason'), retryAfterMs: number(retry_after_ms, 'retry_after_ms') }
    }
    case 'region':
      return regionOf(shape(value, name))
    case 'published': {
      const { correlation, epoch } = shape(value, name)
      return { is: name, correlation: number(correlation, 'correlation'), epoch: epochIn(epoch) }
    }
    default:
      return happeningOf(name, shape(value, name))
  }
}

function regionOf({ name, epoch, base, len, pages = [], base64, deflated }: Shape): ServerBody {
  return {
    is: 'region',
    name: text(name, 'name'),
    epoch: epochIn(epoch),
    base: epochIn(base),
    len: number(len, 'len'),
    pages: many(pages, 'pages', PAGES_MAX).map((page) => number(page, 'pages')),
    bytes: fromBase64(text(base64, 'base64')) ?? refuse('base64'),
    deflated: deflated === true,
  }
}

function happeningOf(name: string, value: Shape): ServerBody {
  const event = countIn(value['event']) ?? 0
  switch (name) {
    case 'progress': {
      const { job, done, total } = value
      return { is: name, job: text(job, 'job'), done: number(done, 'done'), total: number(total, 'total'), event }
    }
    case 'state': {
      const { job, state, cost } = value
      const known = isState(state) ? state : refuse('state')
      return { is: name, job: text(job, 'job'), state: known, cost: number(cost, 'cost'), event }
    }
    case 'log':
      return { is: name, job: text(value['job'], 'job'), line: text(value['line'], 'line'), event }
    case 'output': {
      const { job, offset, base64 } = value
      const bytes = fromBase64(text(base64, 'base64')) ?? refuse('base64')
      return { is: name, job: text(job, 'job'), offset: number(offset, 'offset'), bytes, event }
    }
    case 'gap':
      return { is: name, first: number(value['first'], 'first'), last: number(value['last'], 'last') }
    case 'low_balance': {
      const { available, threshold } = value
      return { is: name, available: number(available, 'available'), threshold: number(threshold, 'threshold'), event }
    }
    case 'storage_owed':
      return { is: name, paid: number(value['paid'], 'paid'), owed: number(value['owed'], 'owed'), event }
    default:
      // A newer server may have more to say; what it says is counted and let go.
      return { is: 'unknown' }
  }
}

function welcomeOf(value: Shape): ServerBody {
  return {
    is: 'welcome',
    protocol: text(value['protocol'], 'protocol'),
    node: text(value['node'], 'node'),
    session: text(value['session'], 'session'),
    resumeMs: number(value['resume_ms'], 'resume_ms'),
    window: number(value['window'], 'window'),
    frameBytesMax: number(value['frame_bytes_max'], 'frame_bytes_max'),
    resumed: value['resumed'] === true,
  }
}

function acceptedOf(value: unknown): { correlation: number; job: string } {
  const { correlation, job } = shape(value, 'accepted')
  return { correlation: number(correlation, 'correlation'), job: text(job, 'job') }
}

function answerOf(value: unknown): { correlation: number; outcome: Outcome } {
  const { correlation, outcome } = shape(value, 'result')
  return { correlation: number(correlation, 'correlation'), outcome: outcomeOf(shape(outcome, 'outcome')) }
}

function outcomeOf(value: Shape): Outcome {
  const { state, receipt } = value
  return {
    job: text(value['job'], 'job'),
    state: isState(state) ? state : refuse('state'),
    cost: number(value['cost'], 'cost'),
    outputs: many(value['outputs'], 'outputs').map(outputOf),
    error: problemIn(value['error']),
    metrics: metricsOf(shape(value['metrics'], 'metrics')),
    receipt: isSignedReceipt(receipt) ? receipt : undefined,
  }
}

/** Whether it has the parts of a receipt; what they are worth says `verifyReceipt`, which reads each. */
function isSignedReceipt(value: unknown): value is SignedReceipt {
  return isShape(value) && typeof value['leaf'] === 'string' && isShape(value['root']) && isShape(value['receipt'])
}

function outputOf(value: unknown): Bytes {
  const { media_type, text: plain, base64 } = shape(value, 'output')
  const bytes = typeof plain === 'string' ? new TextEncoder().encode(plain) : fromBase64(text(base64, 'base64'))
  return new Bytes(bytes ?? refuse('base64'), text(media_type, 'media_type'))
}

function metricsOf({ bytes_in, bytes_out, queued_us, run_us }: Shape): Metrics {
  return {
    bytes_in: number(bytes_in, 'bytes_in'),
    bytes_out: number(bytes_out, 'bytes_out'),
    queued_us: number(queued_us, 'queued_us'),
    run_us: number(run_us, 'run_us'),
  }
}

function shape(value: unknown, name: string): Shape {
  return isShape(value) ? value : refuse(name)
}

function many(value: unknown, name: string, max = BATCH_MAX): unknown[] {
  return Array.isArray(value) && value.length <= max ? value : refuse(name)
}

function number(value: unknown, name: string): number {
  return countIn(value) ?? refuse(name)
}

function text(value: unknown, name: string): string {
  return textIn(value) ?? refuse(name)
}

function refuse(name: string): never {
  throw new AnswerError(`the server sent a frame whose \`${name}\` is wrong`)
}
