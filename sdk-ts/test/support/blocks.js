// A region that says of each of its blocks which round it is of: written by a test, checked by pages and workers. Plain
// JavaScript, because a page loads it as it stands.

/** A region of 4 MiB, written 64 KiB at a time. */
export const BLOCK = 64 << 10
export const BLOCKS = 64

/** The block of a round: its number, when it was written, the sum of what follows, and that. */
export function block(round) {
  const bytes = new Uint8Array(BLOCK)
  const words = new Uint32Array(bytes.buffer)
  let [state, sum] = [round * 2654435761 + 1, 0]
  for (let at = 4; at < words.length; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    words[at] = state
    sum = (sum + state) >>> 0
  }
  words[0] = round
  words[1] = sum
  new Float64Array(bytes.buffer)[1] = now()
  return bytes
}

/** The time in milliseconds, comparable between programs of one machine. */
export function now() {
  return performance.timeOrigin + performance.now()
}

/** What a view of the region is: how old, of which round, and what of it is not as it should be. */
export function check(bytes) {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  const each = BLOCK / 4
  let newest = 0
  for (let index = 0; index < BLOCKS; index += 1) newest = Math.max(newest, words[index * each])
  const age = now() - new Float64Array(bytes.buffer, bytes.byteOffset + (newest % BLOCKS) * BLOCK, 2)[1]
  const torn = []
  for (let index = 0; index < BLOCKS; index += 1) {
    const round = newest - ((newest - index + BLOCKS) % BLOCKS)
    let sum = 0
    for (let at = index * each + 4; at < (index + 1) * each; at += 1) sum = (sum + words[at]) >>> 0
    if (words[index * each] !== round || words[index * each + 1] !== sum) torn.push(`block ${index} at ${newest}`)
  }
  return { newest, age, torn }
}

/** Reads a twin until it is told to stop, or the time is over, and says what was seen. */
export async function watch(twin, next, until) {
  const seen = { reads: 0, torn: [], backwards: 0, ages: [], last: 0 }
  while (now() < until) {
    if ((await next(twin)) === undefined) continue
    const { newest, age, torn } = twin.read(({ bytes }) => check(bytes))
    seen.reads += 1
    seen.torn.push(...torn)
    seen.ages.push(age)
    if (newest < seen.last) seen.backwards += 1
    seen.last = newest
  }
  return seen
}
