// Made from protocols/schemas by tools/layout.ts; `INOS_WRITE=1 npx vitest run generated` writes it anew.
// Numbers of a struct: its words of data, its pointers, then each field: bytes into the data (bits for a Bool), or the
// index of its pointer. A union has its tag's place and the tag of each choice.

export const Receipt = {
  data: 5,
  pointers: 9,
  job: 0,
  account: 1,
  node: 2,
  capsule: 3,
  unit: 4,
  method: 5,
  version: 6,
  state: 0,
  inputs: 7,
  outputs: 8,
  submitted: 8,
  finished: 16,
  cost: 24,
  sequence: 32,
}

export const SignedRoot = {
  data: 3,
  pointers: 3,
  node: 0,
  sequence: 0,
  count: 8,
  signed: 16,
  root: 1,
  signature: 2,
}

export const SignedReceipt = {
  data: 1,
  pointers: 3,
  leaf: 0,
  index: 0,
  path: 1,
  root: 2,
}
