/** Receipts and their proofs, from messages. Says nothing of whether they hold. */
import { toHex } from '../bytes.js'
import { CapsuleError } from '../errors.js'
import type { Receipt } from '../generated/api.js'
import { Receipt as ReceiptAt, SignedReceipt, SignedRoot } from '../generated/layout/receipt.js'
import type { ReceiptParts } from '../receipt-parts.js'
import { stateOf } from './outcome.js'
import { Message, type StructReader } from './reader.js'
import { Writer } from './writer.js'
import { State } from '../generated/layout/state.js'

const HASH = 32
const ID = 16
const SIGNATURE = 64
const NAME_BYTES_MAX = 256
/** The longest path: what 2^32 leaves take. */
const PATH_MAX = 32
const INPUTS_MAX = 64
const OUTPUTS_MAX = 1_000
/** The last moment that a time can be, the end of the year 9999. */
const TIME_MAX = 253_402_300_799_999

/** What a `SignedReceipt` message says. */
export function readSignedReceipt(bytes: Uint8Array): ReceiptParts {
  return readReceipt(new Message(bytes).root())
}

/** What a `SignedReceipt` struct says. */
export function readReceipt(from: StructReader): ReceiptParts {
  const root = from.struct(SignedReceipt.root)
  return {
    leaf: from.data(SignedReceipt.leaf),
    index: from.u32(SignedReceipt.index),
    path: hashes(from.data(SignedReceipt.path), PATH_MAX),
    root: {
      node: root.data(SignedRoot.node, HASH),
      sequence: root.big(SignedRoot.sequence),
      count: root.u32(SignedRoot.count),
      signed: root.big(SignedRoot.signed),
      root: root.data(SignedRoot.root, HASH),
      signature: root.data(SignedRoot.signature, SIGNATURE),
    },
  }
}

/** The receipt that a leaf is; other bytes than the one form that a receipt has are refused. */
export function readLeaf(bytes: Uint8Array): Receipt {
  const from = new Message(bytes).root()
  const at = ReceiptAt
  const receipt: Receipt = {
    job: `job_${toHex(from.data(at.job, ID))}`,
    account: `acc_${toHex(from.data(at.account, ID))}`,
    node: toHex(from.data(at.node, HASH)),
    capsule: toHex(from.data(at.capsule, HASH)),
    unit: name(from.text(at.unit)),
    method: name(from.text(at.method)),
    version: name(from.text(at.version)),
    state: stateOf(from.u16(at.state)),
    inputs: listed(from.data(at.inputs), INPUTS_MAX),
    outputs: listed(from.data(at.outputs), OUTPUTS_MAX),
    submitted: time(from.u64(at.submitted)),
    finished: time(from.u64(at.finished)),
    cost: from.u64(at.cost),
    sequence: from.u64(at.sequence),
  }
  if (!isSame(bytes, writeLeaf(from, receipt))) {
    throw new CapsuleError("the bytes mean a receipt but are not the receipt's own bytes")
  }
  return receipt
}

/** The one form of a receipt: field by field in the order of their numbers. */
function writeLeaf(from: StructReader, receipt: Receipt): Uint8Array {
  const at = ReceiptAt
  const to = new Writer(1024)
  const leaf = to.root(at)
  const place = (index: number) => to.pointer(leaf, at, index)
  for (const index of [at.job, at.account, at.node, at.capsule]) to.data(place(index), from.data(index))
  to.text(place(at.unit), receipt.unit)
  to.text(place(at.method), receipt.method)
  to.text(place(at.version), receipt.version)
  to.u16(leaf, at.state, State[receipt.state])
  to.data(place(at.inputs), from.data(at.inputs))
  to.data(place(at.outputs), from.data(at.outputs))
  for (const number of [at.submitted, at.finished, at.cost, at.sequence]) to.big(leaf, number, from.big(number))
  return to.done()
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}

function name(text: string): string {
  if (new TextEncoder().encode(text).length > NAME_BYTES_MAX) throw new CapsuleError('a name is too long')
  return text
}

function time(ms: number): string {
  if (ms > TIME_MAX) throw new CapsuleError('a time is after the year 9999')
  return new Date(ms).toISOString()
}

function hashes(bytes: Uint8Array, max: number): Uint8Array {
  if (bytes.length % HASH !== 0 || bytes.length > max * HASH) throw new CapsuleError('the bytes are no hashes')
  return bytes
}

function listed(bytes: Uint8Array, max: number): string[] {
  const count = hashes(bytes, max).length / HASH
  return Array.from({ length: count }, (_, index) => toHex(bytes.subarray(index * HASH, (index + 1) * HASH)))
}
