/** `@inos/sdk/receipts`: whether a receipt holds, found out without a server: leaf, path, signature, bytes. */
import { type BytesLike, fromBase64, fromHex, toHex } from '../bytes.js'
import { readLeaf, readSignedReceipt } from '../capnp/receipt.js'
import { CapsuleError, InosError } from '../errors.js'
import type { Receipt, SignedReceipt } from '../generated/api.js'
import type { ReceiptParts } from '../receipt-parts.js'
import { countIn, isShape, type Shape, textIn } from '../shapes.js'
import { blake3, hashOf } from './blake3.js'
import { isSigned } from './signature.js'

export { blake3 } from './blake3.js'
export type { ReceiptParts, RootParts } from '../receipt-parts.js'

const HASH = 32
const DOMAIN = 'inos.commit.v1\0\0'

/** A receipt in any form that a server or this library gives it: a header's text, a message, JSON, or its parts. */
export type ReceiptLike = string | Uint8Array | SignedReceipt | ReceiptParts

/** What the receipt must be about. */
export interface Expected {
  /** The job's inputs, in order; one alone needs no list. */
  input?: BytesLike | Blob | readonly (BytesLike | Blob)[] | undefined
  /** Its outputs, in order. */
  output?: BytesLike | Blob | readonly (BytesLike | Blob)[] | undefined
  /** The node that is believed: its id in hex, or its 32 bytes. Without it, any node may have signed. */
  nodeKey?: string | Uint8Array | undefined
}

/** What about a receipt is wrong. */
export type ReceiptFault =
  | 'malformed'
  | 'other-node'
  | 'other-commit'
  | 'outside-commit'
  | 'path'
  | 'signature'
  | 'input'
  | 'output'

/** A receipt that proves nothing, or not this. */
export class ReceiptError extends InosError {
  override readonly name = 'ReceiptError'
  readonly fault: ReceiptFault

  constructor(fault: ReceiptFault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.fault = fault
  }
}

/** The receipt, once its node's signature covers it and it is about these bytes; else throws a `ReceiptError`. */
export async function verifyReceipt(receipt: ReceiptLike | undefined, expected: Expected = {}): Promise<Receipt> {
  if (receipt === undefined) throw new ReceiptError('malformed', 'there is no receipt')
  const { stated, parts, leaf } = readable(receipt)
  if (stated && !isSame(stated, leaf)) throw new ReceiptError('malformed', '`receipt` is not what `leaf` means')
  checkPlace(leaf, parts)
  if (!leads(parts)) throw new ReceiptError('path', 'the path does not lead from the receipt to the signed root')
  const { node, signature } = parts.root
  if (!(await isSigned(node, messageOf(parts), signature))) {
    throw new ReceiptError('signature', 'the signature is not that of the node')
  }
  await checkContent(leaf, expected)
  return leaf
}

function readable(receipt: ReceiptLike): { parts: ReceiptParts; leaf: Receipt; stated?: Receipt } {
  try {
    const isJson = typeof receipt === 'object' && 'receipt' in receipt
    const parts = partsOf(receipt)
    const leaf = readLeaf(parts.leaf)
    return isJson ? { parts, leaf, stated: receipt.receipt } : { parts, leaf }
  } catch (error) {
    if (error instanceof CapsuleError) throw new ReceiptError('malformed', error.message, { cause: error })
    throw error
  }
}

/** The parts of a receipt, whatever form it has. */
export function partsOf(receipt: ReceiptLike): ReceiptParts {
  if (typeof receipt === 'string') return readSignedReceipt(base64(receipt))
  if (receipt instanceof Uint8Array) return readSignedReceipt(receipt)
  return 'receipt' in receipt ? ofJson({ ...receipt }) : receipt
}

/** JSON from outside may have any shape whatever its type says: each part is looked at. */
function ofJson(receipt: Shape): ReceiptParts {
  const root = isShape(receipt['root']) ? receipt['root'] : {}
  const path: unknown[] = Array.isArray(receipt['path']) ? receipt['path'] : refuse('path')
  const whole = new Uint8Array(path.length * HASH)
  path.forEach((hash, at) => whole.set(hex(hash, HASH), at * HASH))
  return {
    leaf: base64(receipt['leaf']),
    index: number(receipt['index'], 'index'),
    path: whole,
    root: {
      node: hex(root['node'], HASH),
      sequence: BigInt(number(root['sequence'], 'sequence')),
      count: number(root['count'], 'count'),
      signed: BigInt(number(Date.parse(textIn(root['signed']) ?? ''), 'signed')),
      root: hex(root['root'], HASH),
      signature: hex(root['signature'], 2 * HASH),
    },
  }
}

function number(value: unknown, name: string): number {
  return countIn(value) ?? refuse(name)
}

function refuse(name: string): never {
  throw new CapsuleError(`the receipt's \`${name}\` is wrong`)
}

function base64(text: unknown): Uint8Array {
  const bytes = typeof text === 'string' ? fromBase64(text) : undefined
  if (!bytes) throw new CapsuleError('the receipt is no base64')
  return bytes
}

function hex(text: unknown, length: number): Uint8Array {
  const bytes = typeof text === 'string' ? fromHex(text) : undefined
  if (bytes?.length !== length) throw new CapsuleError(`${2 * length} lower-case hex digits were to come`)
  return bytes
}

function isSame(stated: Receipt, leaf: Receipt): boolean {
  const sorted = (receipt: Shape) => JSON.stringify(receipt, Object.keys(receipt).sort())
  return isShape(stated) && sorted({ ...stated }) === sorted({ ...leaf })
}

function checkPlace(leaf: Receipt, { index, root }: ReceiptParts): void {
  if (leaf.node !== toHex(root.node)) {
    throw new ReceiptError('other-node', `the receipt is of node ${leaf.node}, the signature of ${toHex(root.node)}`)
  }
  if (BigInt(leaf.sequence) !== root.sequence) {
    throw new ReceiptError('other-commit', `the receipt is of commit ${leaf.sequence}, the signature of another`)
  }
  if (index >= root.count) {
    throw new ReceiptError('outside-commit', `receipt ${index} cannot be one of ${root.count}`)
  }
}

/** Whether the path leads from the leaf to the root: the tree of RFC 9162 with BLAKE3. */
function leads({ leaf, index, path, root }: ReceiptParts): boolean {
  let hash = hashOf(Uint8Array.of(0), leaf)
  let [place, last] = [index, root.count - 1]
  for (let at = 0; at < path.length; at += HASH) {
    if (last === 0) return false
    const sibling = path.subarray(at, at + HASH)
    if (place % 2 === 1 || place === last) {
      hash = hashOf(Uint8Array.of(1), sibling, hash)
      while (place % 2 === 0 && place !== 0) [place, last] = [Math.floor(place / 2), Math.floor(last / 2)]
    } else {
      hash = hashOf(Uint8Array.of(1), hash, sibling)
    }
    ;[place, last] = [Math.floor(place / 2), Math.floor(last / 2)]
  }
  return last === 0 && toHex(hash) === toHex(root.root)
}

function messageOf({ root }: ReceiptParts): Uint8Array {
  const message = new Uint8Array(100)
  const view = new DataView(message.buffer)
  message.set(new TextEncoder().encode(DOMAIN))
  message.set(root.node, 16)
  view.setBigUint64(48, root.sequence, true)
  view.setUint32(56, root.count, true)
  view.setBigUint64(60, root.signed, true)
  message.set(root.root, 68)
  return message
}

async function checkContent(leaf: Receipt, { input, output, nodeKey }: Expected): Promise<void> {
  const node = nodeKey instanceof Uint8Array ? toHex(nodeKey) : nodeKey
  if (node !== undefined && node !== leaf.node) {
    throw new ReceiptError('other-node', `the receipt is of node ${leaf.node}, which is not the one to be believed`)
  }
  await checkBytes('input', leaf.inputs, input)
  await checkBytes('output', leaf.outputs, output)
}

async function checkBytes(what: 'input' | 'output', hashes: string[], given: Expected['input']): Promise<void> {
  if (given === undefined) return
  const each = isMany(given) ? given : [given]
  if (each.length !== hashes.length) {
    throw new ReceiptError(what, `the receipt is about ${hashes.length} ${what}s, not ${each.length}`)
  }
  for (const [index, bytes] of each.entries()) {
    if ((await blake3(bytes)) !== hashes[index]) throw new ReceiptError(what, `${what} ${index} is another`)
  }
}

function isMany(given: NonNullable<Expected['input']>): given is readonly (BytesLike | Blob)[] {
  return Array.isArray(given)
}
