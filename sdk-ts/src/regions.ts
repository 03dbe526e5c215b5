/** Regions: named state of an account, read as one whole epoch, changed as a whole or in part, awaited. */
import { bytesOf } from './bytes.js'
import { AnswerError } from './errors.js'
import type { Region as RegionMessage } from './generated/api.js'
import { type Body, readAll } from './http/body.js'
import type { Call } from './http/call.js'
import type { Page } from './http/pages.js'
import { Pages } from './http/pages.js'
import type { Asked, Options, Transport } from './http/transport.js'
import { Bytes } from './output.js'

/** The most bytes that a region may hold, as far as this library goes along. */
export const REGION_BYTES_MAX = 64 << 20
/** How many regions are asked for at once where one is looked for. */
const PAGE = 1_000

/** What is known of a region. */
export interface Region extends Omit<RegionMessage, 'epoch'> {
  /** Its last epoch. */
  epoch: bigint
}

/** At which state a region is to be changed: at one epoch, where it is there, or where it is not there yet. */
export type RegionAt = bigint | 'present' | 'absent'

/** What a region is to be, and at which state. */
export interface RegionForm {
  mediaType?: string | undefined
  /** Whether it survives a restart of the server. */
  persistent?: boolean | undefined
  /** Bytes of one record. */
  stride?: number | undefined
  /** Your word for what a record is. */
  schema?: string | undefined
  /** The most bytes that it may ever hold. */
  bytesMax?: number | undefined
  /** Refused with `precondition-failed` unless it is so. */
  at?: RegionAt | undefined
}

/** Which epoch is read. */
export interface RegionWish {
  /** The epoch that you have: the answer is another one. */
  after?: bigint | undefined
  /** How long to wait for it, in milliseconds; in whole seconds, at most 60. */
  waitMs?: number | undefined
}

/** One whole epoch of a region. */
export class RegionSnapshot extends Bytes {
  readonly epoch: bigint

  constructor(bytes: Uint8Array, mediaType: string, epoch: bigint) {
    super(bytes, mediaType)
    this.epoch = epoch
  }
}

const at = (name: string): string => `/v1/regions/${encodeURIComponent(name)}`

/** The regions of your account. */
export class Regions {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Your regions, by name. */
  list(options?: Options & { limit?: number }): Pages<Region> {
    const { limit, ...others } = options ?? {}
    const page = (cursor: string | undefined): Call<Page<Region>> =>
      this.#transport
        .get<Page<RegionMessage>>('/v1/regions', others, { limit, cursor })
        .map(({ items, ...rest }) => ({ ...rest, items: items.map(regionOf) }))
    return new Pages(page)
  }

  /** What is known of one region: how large it is, how often it was published, who waits for it. */
  async about(name: string, options?: Options): Promise<Region | undefined> {
    for await (const region of this.list({ ...options, limit: PAGE })) if (region.name === name) return region
    return undefined
  }

  /** The newest epoch, or the one after yours as soon as it is there; nothing where none came in time. */
  get(name: string, wish: RegionWish & { after: bigint }, options?: Options): Call<RegionSnapshot | undefined>
  get(name: string, wish?: { after?: undefined }, options?: Options): Call<RegionSnapshot>
  get(name: string, { after, waitMs }: RegionWish = {}, options: Options = {}): Call<RegionSnapshot | undefined> {
    const wait = waitMs === undefined ? undefined : Math.min(60, Math.ceil(waitMs / 1_000))
    const query = { after: after?.toString(), wait }
    const asked: Asked = { method: 'GET', path: at(name), query, unchanged: true }
    return this.#transport.ask(asked, options, async (response, { onDownload }) => {
      if (response.status === 304) return undefined
      const bytes = await readAll(response, REGION_BYTES_MAX, onDownload)
      const type = response.headers.get('content-type') ?? 'application/octet-stream'
      return new RegionSnapshot(bytes, type, epochIn(response.headers.get('inos-epoch')))
    })
  }

  /** Publishes all of a region, and makes it where there is none. */
  put(name: string, body: Body, form: RegionForm = {}, options?: Options): Call<Region> {
    const { mediaType, persistent, stride, schema, bytesMax, at: state } = form
    const query = { persistent, stride, schema, bytes_max: bytesMax }
    const headers = { 'content-type': mediaType, ...matching(state) }
    // As bytes, because a platform names a media type for text of its own, and a region that has another refuses that.
    const bytes = typeof body === 'string' ? bytesOf(body) : body
    return this.#changed({ method: 'PUT', path: at(name), query, headers, body: bytes }, state, options)
  }

  /** Publishes an epoch in which the bytes from `offset` on are others. */
  patch(
    name: string,
    body: Uint8Array | ArrayBuffer,
    { offset, at: state }: { offset: number; at?: bigint },
    options?: Options,
  ): Call<Region> {
    const range = `bytes ${offset}-${offset + body.byteLength - 1}/*`
    const headers = { 'content-range': range, ...matching(state) }
    return this.#changed({ method: 'PATCH', path: at(name), headers, body }, state, options)
  }

  /** Removes a region; whoever follows it is told. */
  delete(name: string, options?: Options): Call<void> {
    return this.#transport.done({ method: 'DELETE', path: at(name) }, options)
  }

  /** What depends on the epoch that was there before is not safe to send again. */
  #changed(asked: Asked, state: RegionAt | undefined, options?: Options): Call<Region> {
    const idempotent = asked.method === 'PUT' && state === undefined
    return this.#transport.json<RegionMessage>({ ...asked, idempotent }, options).map(regionOf)
  }
}

function matching(state: RegionAt | undefined): { [name: string]: string } {
  if (state === undefined) return {}
  if (state === 'absent') return { 'if-none-match': '*' }
  return { 'if-match': state === 'present' ? '*' : `"${state}"` }
}

function regionOf({ epoch, ...about }: RegionMessage): Region {
  return { ...about, epoch: epochIn(epoch) }
}

/** The epoch that decimal digits are. */
export function epochIn(text: unknown): bigint {
  if (typeof text !== 'string' || !/^[0-9]{1,20}$/.test(text)) throw new AnswerError('an epoch is no number')
  return BigInt(text)
}
