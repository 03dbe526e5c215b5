// Made from protocols/schemas by tools/layout.ts; `INOS_WRITE=1 npx vitest run generated` writes it anew.
// Numbers of a struct: its words of data, its pointers, then each field: bytes into the data (bits for a Bool), or the
// index of its pointer. A union has its tag's place and the tag of each choice.

export const Capsule = {
  data: 3,
  pointers: 8,
  unit: 0,
  method: 1,
  params: 2,
  inputs: 3,
  output: 4,
  budget: {
    tag: 0,
    noneTag: 0,
    some: 8,
    someTag: 1,
  },
  priority: 2,
  priorityDefault: 100,
  timeoutMs: {
    tag: 4,
    noneTag: 0,
    some: 16,
    someTag: 1,
  },
  keep: 24,
  labels: 5,
  idempotencyKey: 6,
  terms: 7,
}

export const Terms = {
  data: 4,
  pointers: 1,
  queueTtlMs: {
    tag: 0,
    noneTag: 0,
    some: 4,
    someTag: 1,
  },
  deadline: {
    tag: 2,
    noneTag: 0,
    some: 8,
    someTag: 1,
  },
  keepMs: {
    tag: 16,
    noneTag: 0,
    some: 24,
    someTag: 1,
  },
  retry: 0,
  cache: 18,
}

export const Retry = {
  data: 2,
  pointers: 0,
  maxAttempts: 0,
  maxAttemptsDefault: 1,
  backoffMs: 4,
  backoffMsDefault: 1000,
  backoffMaxMs: 8,
  backoffMaxMsDefault: 60000,
}

export const Cache = {
  off: 0,
  use: 1,
  refresh: 2,
}

export const Input = {
  data: 1,
  pointers: 1,
  tag: 0,
  bytes: 0,
  bytesTag: 0,
  blob: 0,
  blobTag: 1,
  job: 0,
  jobTag: 2,
  region: 0,
  regionTag: 3,
}

export const JobOutput = {
  data: 1,
  pointers: 1,
  job: 0,
  output: 0,
}

export const Output = {
  data: 1,
  pointers: 1,
  store: 0,
  region: 0,
}

export const Store = {
  inline: 0,
  blob: 1,
}

export const Label = {
  data: 0,
  pointers: 2,
  key: 0,
  value: 1,
}

export const CapsuleList = {
  data: 0,
  pointers: 1,
  capsules: 0,
}

export const Result = {
  data: 2,
  pointers: 5,
  job: 0,
  state: 0,
  cost: 8,
  outputs: 1,
  error: 2,
  metrics: 3,
  receipt: 4,
}

export const OutputBytes = {
  data: 0,
  pointers: 3,
  mediaType: 0,
  hash: 1,
  bytes: 2,
}

export const Metrics = {
  data: 4,
  pointers: 0,
  bytesIn: 0,
  bytesOut: 8,
  queuedUs: 16,
  runUs: 24,
}
