/** Figures as people read them: always with their unit, and a dash where nothing is known. */

/** What stands where nothing is known. */
export const UNKNOWN = '–'

const CREDIT = 1_000_000
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

/** An amount of microcredits, in credits where it is large enough for that. */
export function money(microcredits: number | null | undefined): string {
  if (microcredits === null || microcredits === undefined) return UNKNOWN
  if (Math.abs(microcredits) < 10_000) return `${count(microcredits)} µcr`
  const credits = microcredits / CREDIT
  const digits = Math.abs(credits) >= 1_000 ? 0 : Math.abs(credits) >= 1 ? 2 : 4
  return `${credits.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} cr`
}

/** The same exactly. */
export function exactMoney(microcredits: number): string {
  return `${count(microcredits)} microcredits`
}

/** A whole number in groups of three. */
export function count(number: number | null | undefined): string {
  return number === null || number === undefined ? UNKNOWN : number.toLocaleString('en')
}

/** A length in bytes. */
export function bytes(length: number | null | undefined): string {
  if (length === null || length === undefined) return UNKNOWN
  let [value, unit] = [length, 0]
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) [value, unit] = [value / 1024, unit + 1]
  const digits = unit === 0 || value >= 100 ? 0 : 1
  return `${value.toLocaleString('en', { maximumFractionDigits: digits })} ${BYTE_UNITS[unit]}`
}

/** A span of microseconds. */
export function micros(us: number | null | undefined): string {
  if (us === null || us === undefined) return UNKNOWN
  if (us < 1_000) return `${us} µs`
  return us < 1_000_000 ? `${short(us / 1_000)} ms` : span(us / 1_000)
}

/** A span of milliseconds. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 60) return `${short(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return two(minutes, 'min', Math.floor(seconds % 60), 's')
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? two(hours, 'h', minutes % 60, 'min') : two(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}

function short(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value >= 100 ? 0 : value >= 10 ? 1 : 2 })
}

/** How long ago, or in how long. */
export function ago(at: number, now: number): string {
  const seconds = Math.round((now - at) / 1_000)
  // What was is at least that long ago; what is to come is nearest to it, so that 40 days from now are not 39.
  const [size, word] = largest(Math.abs(seconds), seconds >= 0 ? Math.floor : Math.round)
  if (size === 0) return 'now'
  return seconds >= 0 ? `${size} ${word} ago` : `in ${size} ${word}`
}

function largest(seconds: number, whole: (value: number) => number): [number, string] {
  if (seconds < 1) return [0, '']
  if (seconds < 60) return [seconds, 's']
  if (seconds < 3_600) return [whole(seconds / 60), 'min']
  if (seconds < 172_800) return [whole(seconds / 3_600), 'h']
  return [whole(seconds / 86_400), 'd']
}

/** An id for a narrow place: its kind, and the digits that differ most. */
export function shortId(id: string): string {
  return id.length > 20 ? `${id.slice(0, 4)}…${id.slice(-8)}` : id
}

/** A share in percent. */
export function share(part: number, whole: number): string {
  return whole > 0 ? `${short((100 * part) / whole)} %` : UNKNOWN
}

/** The lowest of numbers in order that this share of them does not exceed, such as 0.95; nothing where there is none. As the server has it. */
export function quantile(sorted: readonly number[], place: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(place * sorted.length) - 1)]
}

/** A cell of a table that a spreadsheet would take for a formula is text to it. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?[\d.]+$/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
