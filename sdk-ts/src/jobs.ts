/** Jobs: asked for, looked at, waited for, cancelled, proven. Each method names its path and nothing else. */
import {
  type InputForm,
  inputsOf,
  type JobForm,
  keyed,
  type MethodName,
  newKey,
  type ParamsOf,
  toCapsule,
  type UnitName,
} from './capsules.js'
import { TimeoutError } from './errors.js'
import { isFinal, type JobEvent, watch, type WatchOptions } from './events.js'
import type { Job, SignedReceipt, State } from './generated/api.js'
import type { Call } from './http/call.js'
import type { Pages } from './http/pages.js'
import type { Asked, Options, Transport } from './http/transport.js'
import type { Bytes } from './output.js'
import { download } from './run.js'

/** Which jobs a list has. */
export interface JobFilter {
  status?: State
  unit?: string
  method?: string
  /** Accepted at this time or later. */
  since?: string
  /** How many of a page, up to 1,000. */
  limit?: number
}

/** How long to wait for a job. */
export interface WaitOptions extends WatchOptions {
  /** How long to wait in all, in milliseconds; for ever unless it is said. */
  patienceMs?: number
}

const at = (id: string): string => `/v1/jobs/${encodeURIComponent(id)}`

/** The jobs of your account. */
export class Jobs {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Submits a job; it is durable when this is answered. */
  submit<U extends UnitName, M extends MethodName<U>>(
    unit: U,
    method: M,
    inputs?: InputForm | readonly InputForm[],
    form: JobForm<ParamsOf<U, M> & object> = {},
    options?: Options,
  ): Call<Job> {
    const capsule = keyed({ ...form, unit: String(unit), method, inputs: inputsOf(inputs) })
    const idempotent = typeof capsule.idempotency_key === 'string'
    const asked: Asked = { method: 'POST', path: '/v1/jobs', json: toCapsule(capsule), idempotent }
    return this.#transport.json(asked, options)
  }

  /** A job as it stands. */
  get(id: string, options?: Options): Call<Job> {
    return this.#transport.get(at(id), options)
  }

  /** Your jobs, newest first. */
  list(filter: JobFilter = {}, options?: Options): Pages<Job> {
    return this.#transport.pages('/v1/jobs', options, { ...filter })
  }

  /** Stops a job. */
  cancel(id: string, options?: Options): Call<Job> {
    return this.#transport.json({ method: 'POST', path: `${at(id)}/cancel`, idempotent: true }, options)
  }

  /** Submits a job that did not succeed once more, as a new job. */
  retry(id: string, options?: Options): Call<Job> {
    const headers = { 'idempotency-key': newKey() }
    return this.#transport.json({ method: 'POST', path: `${at(id)}/retry`, headers, idempotent: true }, options)
  }

  /** One of the outputs of a job, where it is kept. */
  output(id: string, index = 0, options: Options = {}): Call<Bytes> {
    return download(this.#transport, `${at(id)}/outputs/${index}`, options)
  }

  /** The signed receipt of a job that has ended. */
  receipt(id: string, options?: Options): Call<SignedReceipt> {
    return this.#transport.get(`${at(id)}/receipt`, options)
  }

  /** What happens to a job from its start; ends when it does, and goes on after a cut without a gap. */
  events(id: string, options?: WatchOptions): AsyncGenerator<JobEvent, void, void> {
    return watch(this.#transport, `${at(id)}/events`, options)
  }

  /** The job once it has ended, however it did. */
  async wait(id: string, { patienceMs, ...options }: WaitOptions = {}): Promise<Job> {
    const time = new AbortController()
    const late = new TimeoutError(`${id} has not ended within ${patienceMs} ms`)
    const timer = patienceMs === undefined ? undefined : setTimeout(() => time.abort(late), patienceMs)
    const signal = options.signal ? AbortSignal.any([options.signal, time.signal]) : time.signal
    try {
      for await (const { state } of this.events(id, { ...options, signal })) {
        if (state && isFinal(state)) break
      }
      return await this.get(id, { ...options, signal })
    } finally {
      clearTimeout(timer)
    }
  }
}
