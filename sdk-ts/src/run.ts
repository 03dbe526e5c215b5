/** `POST /v1/run`: bytes in, bytes out. What its headers cannot say goes as a batch of one. */
import { hasSecret, type InputForm, inputsOf, isBytes, isSecret, type JobForm, keyed, newKey, toCapsule } from './capsules.js'
import type { Batch } from './generated/api.js'
import { type Body, lengthOf, readAll } from './http/body.js'
import type { Call } from './http/call.js'
import type { Asked, Options, Transport } from './http/transport.js'
import { Bytes, type Ran, ranOf, RunOutput, runOutputOf } from './output.js'

/** The largest output that is kept in memory, in bytes; a larger one is for `stream`. */
const OUTPUT_BYTES_MAX = 1 << 30
/** Up to here a body is sent under a key, so that it may be sent again; the server keeps its answer for that. */
const KEYED_BYTES_MAX = 1 << 20

/** An input of `run`: also what streams. */
export type RunInput = InputForm | Blob | ReadableStream<Uint8Array>

/** An output that is read as it comes. */
export interface StreamedOutput extends Ran {
  mediaType: string
  body: ReadableStream<Uint8Array>
}

/** A method to run on something. */
export interface RunForm {
  unit: string
  method: string
  input: RunInput | readonly InputForm[] | undefined
  form: JobForm
}

const HEADERS: { [field: string]: string } = {
  budget: 'inos-budget',
  priority: 'inos-priority',
  timeout_ms: 'inos-timeout-ms',
  queue_ttl_ms: 'inos-queue-ttl-ms',
  deadline: 'inos-deadline',
  cache: 'inos-cache',
  keep: 'inos-keep',
  idempotency_key: 'idempotency-key',
}

/** Runs a method and gives its first output. */
export function run(transport: Transport, asked: RunForm, options: Options): Call<RunOutput> {
  const plain = plainly(asked)
  if (!plain) return batched(transport, asked, options)
  return transport.ask(plain, options, async (response, { onDownload }) => {
    const bytes = await readAll(response, OUTPUT_BYTES_MAX, onDownload)
    return new RunOutput(bytes, mediaTypeOf(response), ranOf(response))
  })
}

/** Runs a method and gives its first output while it still comes. */
export function stream(transport: Transport, asked: RunForm, options: Options): Call<StreamedOutput> {
  const plain = plainly(asked)
  if (!plain) return batched(transport, asked, options).map(streamed)
  return transport.ask(plain, options, async (response) => ({
    ...ranOf(response),
    mediaType: mediaTypeOf(response),
    body: response.body ?? new Blob([]).stream(),
  }))
}

/** Reads one kept output of a job, or a blob. */
export function download(transport: Transport, path: string, options: Options): Call<Bytes> {
  return transport.ask({ method: 'GET', path }, options, async (response, { onDownload }) => {
    return new Bytes(await readAll(response, OUTPUT_BYTES_MAX, onDownload), mediaTypeOf(response))
  })
}

function mediaTypeOf({ headers }: Response): string {
  return headers.get('content-type') ?? 'application/octet-stream'
}

function streamed(output: RunOutput): StreamedOutput {
  const { job, cost, receipt, replayed, cachedFrom, mediaType, bytes } = output
  const body = new Blob([new Uint8Array(bytes)]).stream()
  return { job, cost, receipt, replayed, cachedFrom, mediaType, body }
}

/** The request, where one body, a query and headers can say it all. */
function plainly({ unit, method, input, form }: RunForm): Asked | undefined {
  const secretly = { ...form, unit, method }
  if (hasSecret(secretly)) return undefined
  const body = bodyOf(input)
  const query = queryOf(form.params)
  const headers = headersOf(form)
  if (body === false || !query || !headers) return undefined
  const wanted = form.idempotency_key !== null && !isSecret(secretly)
  const short = body === undefined || (lengthOf(body) ?? Infinity) <= KEYED_BYTES_MAX
  headers['idempotency-key'] ??= wanted && short ? newKey() : undefined
  const idempotent = headers['idempotency-key'] !== undefined
  const path = `/v1/run/${encodeURIComponent(unit)}/${encodeURIComponent(method)}`
  return { method: 'POST', path, query, headers, body, idempotent }
}

/** The body; `false` where the inputs are no single one. */
function bodyOf(input: RunForm['input']): Body | undefined | false {
  if (input instanceof Blob || input instanceof ReadableStream) return input
  const [first, ...more] = inputsOf(input)
  if (first === undefined) return undefined
  return more.length === 0 && isBytes(first) ? first : false
}

function queryOf(params: object = {}): Asked['query'] | undefined {
  const query: NonNullable<Asked['query']> = {}
  for (const [name, value] of Object.entries(params)) {
    const said: unknown = value
    if (said === undefined) continue
    if (typeof said !== 'string' && typeof said !== 'number' && typeof said !== 'boolean') return undefined
    query[name] = said
  }
  return query
}

function headersOf({ params: _, ...form }: JobForm): { [name: string]: string | undefined } | undefined {
  const headers: { [name: string]: string | undefined } = {}
  for (const [field, value] of Object.entries(form)) {
    const said: unknown = value
    if (said === undefined || said === null) continue
    const name = HEADERS[field]
    if (!name) return undefined
    headers[name] = String(said)
  }
  return headers
}

function batched(transport: Transport, { unit, method, input, form }: RunForm, options: Options): Call<RunOutput> {
  if (input instanceof Blob || input instanceof ReadableStream) {
    throw new TypeError('a stream or Blob goes alone: labels, retries, secrets and parameters that are lists need bytes')
  }
  const capsule = toCapsule(keyed({ ...form, unit, method, inputs: inputsOf(input) }))
  const idempotent = typeof capsule.idempotency_key === 'string'
  const asked: Asked = { method: 'POST', path: '/v1/batches', json: [capsule], idempotent }
  return transport.json<Batch>(asked, options).map(({ items }) => runOutputOf(items[0]))
}
