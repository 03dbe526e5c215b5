/** What came of jobs, from messages: what few ask for is read when it is asked for. */
import { toHex } from '../bytes.js'
import { CapsuleError } from '../errors.js'
import type { Metrics, Problem, State } from '../generated/api.js'
import { Metrics as MetricsAt, OutputBytes, Result } from '../generated/layout/capsule.js'
import { FieldError, Problem as ProblemAt } from '../generated/layout/problem.js'
import { State as StateAt } from '../generated/layout/state.js'
import { Bytes } from '../output.js'
import type { ReceiptParts } from '../receipt-parts.js'
import type { Outcome } from '../socket/frames.js'
import { readReceipt } from './receipt.js'
import type { StructReader } from './reader.js'

const OUTPUTS_MAX = 1_000
const ERRORS_MAX = 1_000
const ID = 16

const STATES: State[] = []
STATES[StateAt.queued] = 'queued'
STATES[StateAt.running] = 'running'
STATES[StateAt.succeeded] = 'succeeded'
STATES[StateAt.failed] = 'failed'
STATES[StateAt.cancelled] = 'cancelled'
STATES[StateAt.expired] = 'expired'

/** The state of that number. */
export function stateOf(number: number): State {
  const state = STATES[number]
  if (!state) throw new CapsuleError(`${number} is no state of a job`)
  return state
}

/** The id that lies behind a pointer. */
export function readId(from: StructReader, pointer: number, prefix: string): string {
  return prefix + toHex(from.data(pointer, ID))
}

/** What a `Result` struct says; ids, metrics and the receipt are made of its bytes when they are asked for. */
export class ReadOutcome implements Outcome {
  readonly state: State
  readonly cost: number
  readonly outputs: readonly Bytes[]
  readonly error: Problem | undefined
  readonly #from: StructReader
  #job: string | undefined
  #metrics: Metrics | undefined
  #receipt: ReceiptParts | undefined

  constructor(from: StructReader) {
    this.#from = from
    this.state = stateOf(from.u16(Result.state))
    this.cost = from.u64(Result.cost)
    this.outputs = from.structs(Result.outputs, OUTPUTS_MAX, readOutput)
    this.error = from.has(Result.error) ? readProblem(from.struct(Result.error)) : undefined
  }

  // Each is read once: what may be read of a message in all is bounded.

  get job(): string {
    this.#job ??= readId(this.#from, Result.job, 'job_')
    return this.#job
  }

  get metrics(): Metrics {
    this.#metrics ??= readMetrics(this.#from.struct(Result.metrics))
    return this.#metrics
  }

  get receipt(): ReceiptParts | undefined {
    if (this.#from.has(Result.receipt)) this.#receipt ??= readReceipt(this.#from.struct(Result.receipt))
    return this.#receipt
  }
}

function readMetrics(from: StructReader): Metrics {
  return {
    bytes_in: from.u64(MetricsAt.bytesIn),
    bytes_out: from.u64(MetricsAt.bytesOut),
    queued_us: from.u64(MetricsAt.queuedUs),
    run_us: from.u64(MetricsAt.runUs),
  }
}

function readOutput(from: StructReader): Bytes {
  return new Bytes(from.data(OutputBytes.bytes), from.text(OutputBytes.mediaType))
}

/** What a `Problem` struct says. */
export function readProblem(from: StructReader): Problem {
  const { status, retryAfterMs, required, available } = ProblemAt
  return {
    type: from.text(ProblemAt.type),
    title: from.text(ProblemAt.title),
    status: from.u16(status.tag) === status.someTag ? from.u16(status.some) : undefined,
    detail: from.text(ProblemAt.detail),
    instance: from.has(ProblemAt.instance) ? from.text(ProblemAt.instance) : undefined,
    code: from.text(ProblemAt.code),
    request_id: from.has(ProblemAt.requestId) ? from.text(ProblemAt.requestId) : undefined,
    retryable: from.bool(ProblemAt.retryable),
    errors: from.structs(ProblemAt.errors, ERRORS_MAX, (error) => ({
      pointer: error.text(FieldError.pointer),
      message: error.text(FieldError.message),
    })),
    retry_after_ms: from.u16(retryAfterMs.tag) === retryAfterMs.someTag ? from.u64(retryAfterMs.some) : undefined,
    required: from.u16(required.tag) === required.someTag ? from.u64(required.some) : undefined,
    available: from.u16(available.tag) === available.someTag ? from.u64(available.some) : undefined,
  }
}
