// Made from protocols/schemas by tools/layout.ts; `INOS_WRITE=1 npx vitest run generated` writes it anew.
// Numbers of a struct: its words of data, its pointers, then each field: bytes into the data (bits for a Bool), or the
// index of its pointer. A union has its tag's place and the tag of each choice.

export const Problem = {
  data: 5,
  pointers: 7,
  type: 0,
  title: 1,
  status: {
    tag: 0,
    noneTag: 0,
    some: 2,
    someTag: 1,
  },
  detail: 2,
  instance: 3,
  code: 4,
  requestId: 5,
  retryable: 32,
  errors: 6,
  retryAfterMs: {
    tag: 6,
    noneTag: 0,
    some: 8,
    someTag: 1,
  },
  required: {
    tag: 16,
    noneTag: 0,
    some: 24,
    someTag: 1,
  },
  available: {
    tag: 18,
    noneTag: 0,
    some: 32,
    someTag: 1,
  },
}

export const FieldError = {
  data: 0,
  pointers: 2,
  pointer: 0,
  message: 1,
}
