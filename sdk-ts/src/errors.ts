/** What may go wrong, as classes: one family for what a server refuses, and one each for what happens on the way. */
import type { FieldError, Problem } from './generated/api.js'
import type { ProblemCode } from './generated/problems.js'

/** Everything that this library throws of its own, save the reason of a caller's own `AbortSignal`. */
export class InosError extends Error {
  override readonly name: string = 'InosError'
}

/** No answer came: the server is not there, or the way to it broke. */
export class ConnectionError extends InosError {
  override readonly name = 'ConnectionError'
}

/** No answer came within `timeoutMs`. */
export class TimeoutError extends InosError {
  override readonly name = 'TimeoutError'
}

/** The server sent what is no answer by the contract. */
export class AnswerError extends InosError {
  override readonly name: string = 'AnswerError'
}

/** A binary message that cannot be read; nothing of it is used. */
export class CapsuleError extends AnswerError {
  override readonly name = 'CapsuleError'
}

/** The server refused, or a job did not succeed: an RFC 9457 problem. `code` says which, for good. */
export class ProblemError extends InosError {
  override readonly name: string = 'ProblemError'
  /** The slug of its type, such as `insufficient-credits`; others than these come from newer servers. */
  readonly code: ProblemCode | (string & {})
  /** The HTTP status, where it came over HTTP. */
  readonly status: number | undefined
  /** What to name when asking for help. */
  readonly requestId: string | undefined
  /** Whether the same may succeed later without a change. */
  readonly retryable: boolean
  /** When trying again makes sense, in milliseconds. */
  readonly retryAfterMs: number | undefined
  /** The fields at fault, by JSON Pointer. */
  readonly errors: readonly FieldError[]
  /** The job that did not succeed, where one was run. */
  readonly job: string | undefined
  /** The problem as it was sent. */
  readonly problem: Problem

  constructor(problem: Problem, from: { status?: number | undefined; job?: string | undefined } = {}) {
    super(`${problem.title}: ${problem.detail}`)
    this.problem = problem
    this.code = problem.code
    this.status = problem.status ?? from.status
    this.requestId = problem.request_id ?? undefined
    this.retryable = problem.retryable
    this.retryAfterMs = problem.retry_after_ms ?? undefined
    this.errors = problem.errors ?? []
    this.job = from.job
  }
}

/** The key is missing, wrong, revoked or expired. */
export class AuthenticationError extends ProblemError {
  override readonly name = 'AuthenticationError'
}

/** The key may not do this. */
export class PermissionError extends ProblemError {
  override readonly name = 'PermissionError'
}

/** There is no such thing, or it is not yours. */
export class NotFoundError extends ProblemError {
  override readonly name = 'NotFoundError'
}

/** What was asked is wrong as it stands; `errors` names the fields. */
export class InvalidRequestError extends ProblemError {
  override readonly name = 'InvalidRequestError'
}

/** Too few credits, or a budget that does not reach. */
export class InsufficientCreditsError extends ProblemError {
  override readonly name = 'InsufficientCreditsError'
}

/** It does not go with how things stand. */
export class ConflictError extends ProblemError {
  override readonly name = 'ConflictError'
}

/** Too much at once from this account or key; `retryAfterMs` says when again. */
export class RateLimitError extends ProblemError {
  override readonly name = 'RateLimitError'
}

/** The server has no room for it now. */
export class UnavailableError extends ProblemError {
  override readonly name = 'UnavailableError'
}

/** The job ran and did not succeed, by its deadline, by a cancel or by an input that failed. */
export class JobError extends ProblemError {
  override readonly name = 'JobError'
}

/** The server failed; it knows why, and does not say. */
export class ServerError extends ProblemError {
  override readonly name = 'ServerError'
}

const CLASSES: { [code in ProblemCode]: typeof ProblemError } = {
  unauthorized: AuthenticationError,
  forbidden: PermissionError,
  'not-found': NotFoundError,
  'unknown-unit': NotFoundError,
  'unknown-method': NotFoundError,
  'output-not-kept': NotFoundError,
  'invalid-params': InvalidRequestError,
  'malformed-capsule': InvalidRequestError,
  'invalid-json': InvalidRequestError,
  'unsupported-media-type': InvalidRequestError,
  'payload-too-large': InvalidRequestError,
  'method-not-allowed': InvalidRequestError,
  'not-acceptable': InvalidRequestError,
  'uri-too-long': InvalidRequestError,
  'range-not-satisfiable': InvalidRequestError,
  'headers-too-large': InvalidRequestError,
  'bad-request': InvalidRequestError,
  'insufficient-credits': InsufficientCreditsError,
  'budget-exceeded': InsufficientCreditsError,
  'idempotency-conflict': ConflictError,
  'job-not-cancellable': ConflictError,
  conflict: ConflictError,
  'precondition-failed': ConflictError,
  'queue-full': RateLimitError,
  'rate-limited': RateLimitError,
  overloaded: UnavailableError,
  'database-unavailable': UnavailableError,
  'keys-unavailable': UnavailableError,
  'storage-full': UnavailableError,
  'body-timeout': UnavailableError,
  'deadline-exceeded': JobError,
  cancelled: JobError,
  'input-failed': JobError,
  'worker-lost': JobError,
  internal: ServerError,
}

function isCode(code: string): code is ProblemCode {
  return Object.hasOwn(CLASSES, code)
}

/** The error that a problem is: of the class of its type. */
export function errorOf(
  problem: Problem,
  from: { status?: number | undefined; job?: string | undefined } = {},
): ProblemError {
  const { code } = problem
  return new (isCode(code) ? CLASSES[code] : ProblemError)(problem, from)
}
