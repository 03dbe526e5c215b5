// Made from protocols/schemas by tools/layout.ts; `INOS_WRITE=1 npx vitest run generated` writes it anew.
// Numbers of a struct: its words of data, its pointers, then each field: bytes into the data (bits for a Bool), or the
// index of its pointer. A union has its tag's place and the tag of each choice.

export const State = {
  queued: 0,
  running: 1,
  succeeded: 2,
  failed: 3,
  cancelled: 4,
  expired: 5,
}
