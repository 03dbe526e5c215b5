// Made from /problems by tools/types.ts; `INOS_WRITE=1 npx vitest run generated` writes it anew.

/** The slug of a problem's type. */
export type ProblemCode =
  /** The key is missing or not valid. */
  | 'unauthorized'
  /** The key may not do this. */
  | 'forbidden'
  /** There is nothing here. */
  | 'not-found'
  /** There is no such unit. */
  | 'unknown-unit'
  /** The unit has no such method. */
  | 'unknown-method'
  /** The parameters do not fit the method. */
  | 'invalid-params'
  /** The capsule cannot be read. */
  | 'malformed-capsule'
  /** The JSON cannot be read. */
  | 'invalid-json'
  /** This media type is not accepted here. */
  | 'unsupported-media-type'
  /** The payload is over the limit. */
  | 'payload-too-large'
  /** The account has too few credits. */
  | 'insufficient-credits'
  /** The job's budget is too small. */
  | 'budget-exceeded'
  /** This idempotency key belongs to another request. */
  | 'idempotency-conflict'
  /** The job has already ended. */
  | 'job-not-cancellable'
  /** The present state does not allow this. */
  | 'conflict'
  /** It is not in the state that the request named. */
  | 'precondition-failed'
  /** This account has too many jobs waiting. */
  | 'queue-full'
  /** Too many requests. */
  | 'rate-limited'
  /** The server is at its limit. */
  | 'overloaded'
  /** The database does not answer. */
  | 'database-unavailable'
  /** The keys that the server holds cannot be opened. */
  | 'keys-unavailable'
  /** The server's storage is full. */
  | 'storage-full'
  /** The output was not kept. */
  | 'output-not-kept'
  /** A job that this one builds on did not succeed. */
  | 'input-failed'
  /** This path does not take this method. */
  | 'method-not-allowed'
  /** None of the accepted media types is available. */
  | 'not-acceptable'
  /** The body came too slowly. */
  | 'body-timeout'
  /** The URI is too long. */
  | 'uri-too-long'
  /** The range lies outside the content. */
  | 'range-not-satisfiable'
  /** The headers are too large. */
  | 'headers-too-large'
  /** The job's time ran out. */
  | 'deadline-exceeded'
  /** The job was cancelled. */
  | 'cancelled'
  /** The request cannot be understood. */
  | 'bad-request'
  /** The process that ran the job ended. */
  | 'worker-lost'
  /** Something broke on our side. */
  | 'internal'
