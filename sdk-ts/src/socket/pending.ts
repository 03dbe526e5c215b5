/** Jobs that were asked for and are not answered yet. Never sends anything. */
import type { CapsuleForm } from '../capsules.js'
import { errorOf, type ProblemError } from '../errors.js'
import type { Problem } from '../generated/api.js'
import type { Outcome } from './frames.js'

/** What a capsule takes in a frame beside its inputs, roughly, in bytes. */
const CAPSULE_BYTES = 512
/** How often a job that the server had no room for is sent again. */
const AGAIN_MAX = 8
const NO_ROOM = ['rate-limited', 'queue-full', 'overloaded']

/** One job that was asked for. */
export interface Pending {
  readonly correlation: number
  readonly capsule: CapsuleForm
  /** What it takes in a frame, roughly, in bytes. */
  readonly weight: number
  /** Whether it may be sent twice: it has an idempotency key. */
  readonly safe: boolean
  /** How often the server had no room for it. */
  again: number
  /** Its caller has been told how it ended, or has gone. */
  settled: boolean
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/** How much room a capsule takes in a frame, roughly, in bytes. */
export function weigh({ inputs = [], params }: CapsuleForm): number {
  let bytes = CAPSULE_BYTES
  for (const input of inputs) {
    if (typeof input === 'string') bytes += 3 * input.length
    // A third more for base64.
    else if (input instanceof Uint8Array || input instanceof ArrayBuffer) bytes += Math.ceil(input.byteLength / 3) * 4
    else bytes += 128
  }
  return bytes + (params ? JSON.stringify(params).length * 2 : 0)
}

/** Tells the caller what came of the job: it hears once. */
export function settle(pending: Pending, outcome: Outcome): void {
  if (pending.settled) return
  pending.settled = true
  if (outcome.error) pending.reject(errorOf(outcome.error, { job: outcome.job }))
  else pending.resolve(outcome)
}

/** Tells the caller that nothing came of it. */
export function fail(pending: Pending, error: unknown): void {
  if (pending.settled) return
  pending.settled = true
  pending.reject(error)
}

/** After how long a refused job is sent again, in milliseconds; nothing where its caller is to hear of it. */
export function againAfter(pending: Pending, problem: Problem): number | undefined {
  if (pending.settled || !NO_ROOM.includes(problem.code) || pending.again >= AGAIN_MAX) return undefined
  pending.again += 1
  return problem.retry_after_ms ?? 100 * 2 ** pending.again
}

/** The error that a refusal is. */
export function refusal(problem: Problem): ProblemError {
  return errorOf(problem)
}
