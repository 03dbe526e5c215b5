/** A receipt with its proof as bytes: what every form of it becomes before it is checked. Only shapes. */

/** The root of one group commit under a node's signature. */
export interface RootParts {
  node: Uint8Array
  sequence: bigint
  count: number
  /** When it was signed, in milliseconds since 1970. */
  signed: bigint
  root: Uint8Array
  signature: Uint8Array
}

/** A receipt with its proof. */
export interface ReceiptParts {
  /** The receipt's own bytes: exactly what was hashed. */
  leaf: Uint8Array
  /** Its place among the leaves of its commit, from 0. */
  index: number
  /** The sibling hashes from the leaf to the root, 32 bytes each. */
  path: Uint8Array
  root: RootParts
}
