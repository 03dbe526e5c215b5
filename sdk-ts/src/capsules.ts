/** What may be asked of a server, as it is said here, and the capsule that this becomes on its way. */
import { type BytesLike, bytesOf, toBase64 } from './bytes.js'
import type { Capsule, Input } from './generated/api.js'
import { SECRETS } from './generated/secrets.js'
import type { Units } from './generated/units.js'

/** A unit that this library knows, or any other's name. */
export type UnitName = keyof Units | (string & {})
/** A method of a unit. */
export type MethodName<U extends UnitName> = U extends keyof Units ? keyof Units[U] & string : string
/** What a method takes. */
export type ParamsOf<U extends UnitName, M extends string> = U extends keyof Units
  ? M extends keyof Units[U]
    ? Units[U][M]
    : never
  : { [name: string]: unknown }

/** An input: bytes, a stored blob, what another job leaves, or what a region holds when the job begins. */
export type InputForm = BytesLike | { blob: string } | { job: string; output?: number } | { region: string }

/** What a job may be told beside unit, method and inputs: the capsule's own fields under their own names. */
export interface JobForm<P = object> extends Omit<Capsule, 'unit' | 'method' | 'inputs' | 'params'> {
  /** The method's parameters. */
  params?: P
}

/** A job as it is asked for. */
export interface CapsuleForm extends JobForm {
  unit: string
  method: string
  inputs?: readonly InputForm[]
}

/** A key under which a job is run once, however often it is sent. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(18))
  return `sdk-${toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_')}`
}

/** A job that may have a key. */
interface Keyable {
  unit: string
  method: string
  params?: object
  idempotency_key?: string | null | undefined
}

/**
 * The same with a key of its own, where nothing is said of one; `null` says that it is to have none. What is secret has
 * none either: the server would have to record it, and refuses to.
 */
export function keyed<F extends Keyable>(form: F): F {
  return form.idempotency_key === undefined && !isSecret(form) ? { ...form, idempotency_key: newKey() } : form
}

/** Whether something of a job may be recorded nowhere: a parameter, or what it gives. */
export function isSecret({ unit, method, params = {} }: Keyable): boolean {
  return SECRETS[`${unit}.${method}`]?.some((name) => name === '*' || Object.hasOwn(params, name)) ?? false
}

/** Whether a parameter of a job is a secret, which is no matter for a URL. */
export function hasSecret({ unit, method, params = {} }: Keyable): boolean {
  return SECRETS[`${unit}.${method}`]?.some((name) => Object.hasOwn(params, name)) ?? false
}

/** One input or several, as several. */
export function inputsOf(inputs: InputForm | readonly InputForm[] | undefined): readonly InputForm[] {
  if (inputs === undefined) return []
  return isMany(inputs) ? inputs : [inputs]
}

function isMany(inputs: InputForm | readonly InputForm[]): inputs is readonly InputForm[] {
  return Array.isArray(inputs)
}

/** Whether an input is bytes itself. */
export function isBytes(input: InputForm | ReadableStream | Blob): input is BytesLike {
  return typeof input === 'string' || input instanceof Uint8Array || input instanceof ArrayBuffer
}

/** The capsule's JSON. */
export function toCapsule({ inputs, params, ...form }: CapsuleForm): Capsule {
  const capsule: Capsule = form
  if (inputs) capsule.inputs = inputs.map(toInput)
  if (params) capsule.params = { ...params }
  return capsule
}

function toInput(input: InputForm): Input {
  if (typeof input === 'string') return { text: input }
  return isBytes(input) ? { base64: toBase64(bytesOf(input)) } : input
}
