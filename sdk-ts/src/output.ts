/** What a method gave: bytes, what they are, and what they cost. */
import { fromBase64, textOf } from './bytes.js'
import { AnswerError, errorOf } from './errors.js'
import type { Item, OutputBytes, SignedReceipt } from './generated/api.js'
import { parsed } from './shapes.js'

/** Bytes with their media type. */
export class Bytes {
  readonly bytes: Uint8Array
  readonly mediaType: string

  constructor(bytes: Uint8Array, mediaType: string) {
    this.bytes = bytes
    this.mediaType = mediaType
  }

  /** The text that they are; throws where they are no UTF-8. */
  text(): string {
    return textOf(this.bytes)
  }

  /** What their JSON means; throws where they are none. */
  json(): unknown {
    const value = parsed(this.text())
    if (value === undefined) throw new AnswerError(`the output is ${this.mediaType} and no JSON`)
    return value
  }
}

/** What is known of a job that was run, beside its output. */
export interface Ran {
  /** The job. */
  job: string
  /** What it cost, in microcredits. */
  cost: number
  /** The signed receipt as `verifyReceipt` takes it; absent where there is none. */
  receipt: string | SignedReceipt | undefined
  /** Whether an earlier request under the same idempotency key is what was answered. */
  replayed: boolean
  /** The earlier job whose output this is, where the answer was remembered. */
  cachedFrom: string | undefined
}

/** What the headers of an answer say of its job. */
export function ranOf({ headers }: Response): Ran {
  return {
    job: headers.get('inos-job-id') ?? '',
    cost: Number(headers.get('inos-cost') ?? 0),
    receipt: headers.get('inos-receipt') ?? undefined,
    replayed: headers.get('idempotency-replayed') === 'true',
    cachedFrom: headers.get('inos-cached-from') ?? undefined,
  }
}

/** A job's first output, with what is known of the job. */
export class RunOutput extends Bytes implements Ran {
  readonly job: string
  readonly cost: number
  readonly receipt: string | SignedReceipt | undefined
  readonly replayed: boolean
  readonly cachedFrom: string | undefined

  constructor(bytes: Uint8Array, mediaType: string, { job, cost, receipt, replayed, cachedFrom }: Ran) {
    super(bytes, mediaType)
    this.job = job
    this.cost = cost
    this.receipt = receipt
    this.replayed = replayed
    this.cachedFrom = cachedFrom
  }
}

/** The bytes of an output that came as JSON. */
export function bytesIn({ text, base64, media_type }: OutputBytes): Bytes {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : fromBase64(base64 ?? '')
  if (!bytes) throw new AnswerError('an output is neither text nor base64')
  return new Bytes(bytes, media_type)
}

/** What came of the one capsule of a batch; throws where it did not succeed. */
export function runOutputOf(item: Item | undefined): RunOutput {
  if (item?.problem) throw errorOf(item.problem)
  const outcome = item?.outcome
  if (!outcome) throw new AnswerError('the batch was answered without its capsule')
  if (outcome.error) throw errorOf(outcome.error, { job: outcome.job })
  const first = outcome.outputs[0]
  const { bytes, mediaType } = first ? bytesIn(first) : new Bytes(new Uint8Array(), 'application/octet-stream')
  const { job, cost, receipt } = outcome
  return new RunOutput(bytes, mediaType, {
    job,
    cost,
    receipt: receipt ?? undefined,
    replayed: false,
    cachedFrom: undefined,
  })
}
