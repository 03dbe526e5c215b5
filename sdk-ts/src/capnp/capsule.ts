/** Capsules as messages: in the order of the fields, so that they are the same bytes as a server would write. */
import { bytesOf, fromHex } from '../bytes.js'
import { type CapsuleForm, type InputForm, isBytes } from '../capsules.js'
import { Cache, Capsule, Input, JobOutput, Label, Output, Retry, Store, Terms } from '../generated/layout/capsule.js'
import type { Writer } from './writer.js'

/** Writes a capsule. */
export function writeCapsule(to: Writer, at: number, capsule: CapsuleForm): void {
  const place = (index: number) => to.pointer(at, Capsule, index)
  const { unit, method, params, inputs = [], output, budget, priority, timeout_ms, keep, labels } = capsule
  to.text(place(Capsule.unit), unit)
  to.text(place(Capsule.method), method)
  if (params && Object.keys(params).length > 0) to.text(place(Capsule.params), JSON.stringify(params))
  if (inputs.length > 0) writeInputs(to, place(Capsule.inputs), inputs)
  if (output) writeOutput(to, place(Capsule.output), output)
  if (typeof budget === 'number') {
    to.u16(at, Capsule.budget.tag, Capsule.budget.someTag)
    to.u64(at, Capsule.budget.some, budget)
  }
  // A number lies there as its difference from the default.
  to.u8(at, Capsule.priority, (priority ?? Capsule.priorityDefault) ^ Capsule.priorityDefault)
  if (typeof timeout_ms === 'number') {
    to.u16(at, Capsule.timeoutMs.tag, Capsule.timeoutMs.someTag)
    to.u32(at, Capsule.timeoutMs.some, timeout_ms)
  }
  to.bool(at, Capsule.keep, keep === true)
  if (labels) writeLabels(to, place(Capsule.labels), labels)
  if (typeof capsule.idempotency_key === 'string') to.text(place(Capsule.idempotencyKey), capsule.idempotency_key)
  if (isRare(capsule)) writeTerms(to, place(Capsule.terms), capsule)
}

function isRare({ queue_ttl_ms, deadline, retry, cache, keep_ms }: CapsuleForm): boolean {
  const said = [queue_ttl_ms, deadline, retry, keep_ms].some((term) => term !== undefined && term !== null)
  return said || (cache !== undefined && cache !== 'off')
}

function writeOutput(to: Writer, pointer: number, { store, region }: NonNullable<CapsuleForm['output']>): void {
  const hasRegion = typeof region === 'string'
  if (store !== 'blob' && !hasRegion) return
  const at = to.struct(pointer, Output)
  if (store === 'blob') to.u16(at, Output.store, Store.blob)
  if (hasRegion) to.text(to.pointer(at, Output, Output.region), region)
}

function writeInputs(to: Writer, pointer: number, inputs: readonly InputForm[]): void {
  let at = to.list(pointer, inputs.length, Input)
  for (const input of inputs) {
    writeInput(to, at, input)
    at += 8 * (Input.data + Input.pointers)
  }
}

function writeInput(to: Writer, at: number, input: InputForm): void {
  const place = to.pointer(at, Input, 0)
  if (isBytes(input)) {
    to.data(place, bytesOf(input))
  } else if ('blob' in input) {
    to.u16(at, Input.tag, Input.blobTag)
    to.data(place, hexOf(input.blob))
  } else if ('region' in input) {
    to.u16(at, Input.tag, Input.regionTag)
    to.text(place, input.region)
  } else {
    to.u16(at, Input.tag, Input.jobTag)
    const job = to.struct(place, JobOutput)
    to.data(to.pointer(job, JobOutput, JobOutput.job), idOf(input.job))
    to.u32(job, JobOutput.output, input.output ?? 0)
  }
}

function writeLabels(to: Writer, pointer: number, labels: { [key: string]: string }): void {
  const sorted = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1))
  if (sorted.length === 0) return
  let at = to.list(pointer, sorted.length, Label)
  for (const [key, value] of sorted) {
    to.text(to.pointer(at, Label, Label.key), key)
    to.text(to.pointer(at, Label, Label.value), value)
    at += 8 * (Label.data + Label.pointers)
  }
}

function writeTerms(to: Writer, pointer: number, capsule: CapsuleForm): void {
  const { queue_ttl_ms, deadline, retry, cache, keep_ms } = capsule
  const at = to.struct(pointer, Terms)
  if (typeof queue_ttl_ms === 'number') {
    to.u16(at, Terms.queueTtlMs.tag, Terms.queueTtlMs.someTag)
    to.u32(at, Terms.queueTtlMs.some, queue_ttl_ms)
  }
  if (typeof deadline === 'string') {
    to.u16(at, Terms.deadline.tag, Terms.deadline.someTag)
    to.u64(at, Terms.deadline.some, timeOf(deadline))
  }
  if (typeof keep_ms === 'number') {
    to.u16(at, Terms.keepMs.tag, Terms.keepMs.someTag)
    to.u64(at, Terms.keepMs.some, keep_ms)
  }
  if (retry) {
    const { max_attempts, backoff_ms, backoff_max_ms } = retry
    const inside = to.struct(to.pointer(at, Terms, Terms.retry), Retry)
    to.u8(inside, Retry.maxAttempts, (max_attempts ?? Retry.maxAttemptsDefault) ^ Retry.maxAttemptsDefault)
    to.u32(inside, Retry.backoffMs, (backoff_ms ?? Retry.backoffMsDefault) ^ Retry.backoffMsDefault)
    to.u32(inside, Retry.backoffMaxMs, (backoff_max_ms ?? Retry.backoffMaxMsDefault) ^ Retry.backoffMaxMsDefault)
  }
  to.u16(at, Terms.cache, Cache[cache ?? 'off'])
}

function timeOf(text: string): number {
  const ms = Date.parse(text)
  if (!Number.isFinite(ms)) throw new TypeError(`${text} is no time such as 2026-01-31T12:00:00.000Z`)
  return ms
}

function hexOf(text: string): Uint8Array {
  const bytes = fromHex(text)
  if (!bytes) throw new TypeError(`${text} is no lower-case hex`)
  return bytes
}

/** The bytes of an id such as `job_…`. */
export function idOf(id: string): Uint8Array {
  return hexOf(id.slice(id.indexOf('_') + 1))
}
