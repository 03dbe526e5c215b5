/** Looks at values from outside before anything believes them. Never throws. */
import type { FieldError, Problem } from './generated/api.js'

/** A JSON object of any shape. */
export type Shape = { readonly [key: string]: unknown }

/** Whether it is a JSON object. */
export function isShape(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a JSON text means, or nothing where it is none. */
export function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    return undefined
  }
}

/** The text, or nothing where it is none. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The whole number that is exact and not negative, or nothing where it is none. */
export function countIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function errorsIn(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return []
  const each: unknown[] = value
  return each.filter(isShape).map(({ pointer, message }) => ({
    pointer: textIn(pointer) ?? '',
    message: textIn(message) ?? '',
  }))
}

/** The problem that a value is, or nothing where it is none. */
export function problemIn(value: unknown): Problem | undefined {
  if (!isShape(value)) return undefined
  const code = textIn(value['code'])
  const title = textIn(value['title'])
  if (code === undefined || title === undefined) return undefined
  return {
    type: textIn(value['type']) ?? `/problems/${code}`,
    title,
    detail: textIn(value['detail']) ?? '',
    code,
    retryable: value['retryable'] === true,
    errors: errorsIn(value['errors']),
    status: countIn(value['status']),
    instance: textIn(value['instance']),
    request_id: textIn(value['request_id']),
    retry_after_ms: countIn(value['retry_after_ms']),
    required: countIn(value['required']),
    available: countIn(value['available']),
  }
}
