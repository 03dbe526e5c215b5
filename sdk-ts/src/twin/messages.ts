/** What a twin and its feeder say to each other over a port, and how what comes is looked at. Sends nothing. */
import { ConnectionError, errorOf, InosError, ProblemError } from '../errors.js'
import type { Problem } from '../generated/api.js'
import { countIn, isShape, problemIn, type Shape, textIn } from '../shapes.js'

/** What a feeder says. */
export type FeederSays =
  | { is: 'hello'; name: string; shared: boolean; stride: number | undefined }
  | { is: 'memory'; buffer: SharedArrayBuffer }
  | { is: 'epoch'; epoch: bigint; bytes: ArrayBuffer; skipped: bigint }
  | { is: 'published'; id: number; epoch: bigint }
  | { is: 'failed'; id: number; why: Why }
  | { is: 'ended'; why: Why | undefined }

/** What a twin says. */
export type TwinSays =
  | { is: 'taken' }
  | { is: 'publish'; id: number; bytes: Uint8Array; offset: number | undefined }
  | { is: 'share'; port: MessagePort }
  | { is: 'close' }

/** What a worker is told to begin with. */
export interface Begin {
  is: 'begin'
  url: string
  key: string | undefined
  headers: { [name: string]: string }
  cookies: boolean
  timeoutMs: number
  maxRetries: number
  name: string
  shared: boolean
  maxRateHz: number
  port: MessagePort
}

/** An error on its way to another thread. */
export interface Why {
  message: string
  problem?: Problem | undefined
}

/** The words for an error. */
export function whyOf(error: unknown): Why {
  if (error instanceof ProblemError) return { message: error.message, problem: error.problem }
  return { message: error instanceof Error ? error.message : String(error) }
}

/** The error that the words are. */
export function errorIn({ message, problem }: Why): InosError {
  return problem ? errorOf(problem) : new ConnectionError(message)
}

/** What came from a feeder; nothing where it is none of its words. */
export function feederSays(data: unknown): FeederSays | undefined {
  if (!isShape(data)) return undefined
  const { is, buffer, bytes, epoch, skipped, why } = data
  const id = countIn(data['id']) ?? 0
  switch (is) {
    case 'hello':
      return { is, name: textIn(data['name']) ?? '', shared: data['shared'] === true, stride: countIn(data['stride']) }
    case 'memory':
      return isShared(buffer) ? { is, buffer } : undefined
    case 'epoch': {
      const known = bytes instanceof ArrayBuffer && typeof epoch === 'bigint' && typeof skipped === 'bigint'
      return known ? { is, epoch, bytes, skipped } : undefined
    }
    case 'published':
      return typeof epoch === 'bigint' ? { is, id, epoch } : undefined
    case 'failed':
      return { is, id, why: whyIn(why) ?? { message: '' } }
    case 'ended':
      return { is, why: whyIn(why) }
    default:
      return undefined
  }
}

/** What came from a twin; nothing where it is none of its words. */
export function twinSays(data: unknown): TwinSays | undefined {
  if (!isShape(data)) return undefined
  const { is, bytes, port } = data
  switch (is) {
    case 'taken':
    case 'close':
      return { is }
    case 'publish': {
      const id = countIn(data['id']) ?? 0
      return bytes instanceof Uint8Array ? { is, id, bytes, offset: countIn(data['offset']) } : undefined
    }
    case 'share':
      return port instanceof MessagePort ? { is, port } : undefined
    default:
      return undefined
  }
}

/** What a worker was told to begin with; nothing where it is something else. */
export function beginIn(data: unknown): Begin | undefined {
  if (!isShape(data)) return undefined
  const { is, url, name, headers, port } = data
  if (is !== 'begin' || typeof url !== 'string' || typeof name !== 'string' || !(port instanceof MessagePort)) return undefined
  return {
    is,
    url,
    key: textIn(data['key']),
    headers: textsIn(headers),
    cookies: data['cookies'] === true,
    timeoutMs: countIn(data['timeoutMs']) ?? 0,
    maxRetries: countIn(data['maxRetries']) ?? 0,
    name,
    shared: data['shared'] === true,
    maxRateHz: countIn(data['maxRateHz']) ?? 0,
    port,
  }
}

function textsIn(value: unknown): { [name: string]: string } {
  const texts: { [name: string]: string } = {}
  if (isShape(value)) for (const [name, text] of Object.entries(value)) if (typeof text === 'string') texts[name] = text
  return texts
}

function whyIn(value: unknown): Why | undefined {
  if (!isShape(value)) return undefined
  const { message, problem }: Shape = value
  return { message: textIn(message) ?? '', problem: problemIn(problem) }
}

/** Whether it is memory that threads share; a page that is not isolated knows no such thing. */
function isShared(value: unknown): value is SharedArrayBuffer {
  return typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer
}
