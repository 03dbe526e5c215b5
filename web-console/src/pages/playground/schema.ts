/** A method's parameters as a form: what the JSON Schema says of each, and what was typed, as the server takes it. */

/** A parameter as a form draws it. */
export interface Parameter {
  name: string
  kind: 'choice' | 'text' | 'number' | 'switch' | 'json'
  choices: string[]
  about: string
  required: boolean
  secret: boolean
  whole: boolean
  min: number | undefined
  max: number | undefined
  longest: number | undefined
  fallback: string | undefined
  example: string | undefined
}

type Shape = { readonly [name: string]: unknown }

function isShape(value: unknown): value is Shape {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) return []
  const list: unknown[] = value
  return list
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function written(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function kindOf(schema: Shape): Parameter['kind'] {
  if (listOf(schema['enum']).length > 0) return 'choice'
  switch (schema['type']) {
    case 'string':
      return 'text'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'switch'
    default:
      return 'json'
  }
}

/** What a method takes, in the order of its schema; nothing where it takes none. */
export function parametersOf(schema: unknown): Parameter[] {
  if (!isShape(schema) || !isShape(schema['properties'])) return []
  const required = listOf(schema['required'])
  return Object.entries(schema['properties']).flatMap(([name, one]) => (isShape(one) ? [parameter(name, one, required.includes(name))] : []))
}

function parameter(name: string, schema: Shape, required: boolean): Parameter {
  return {
    name,
    kind: kindOf(schema),
    choices: listOf(schema['enum']).flatMap((choice) => written(choice) ?? []),
    about: typeof schema['description'] === 'string' ? schema['description'] : '',
    required,
    secret: schema['writeOnly'] === true,
    whole: schema['type'] === 'integer',
    min: numberIn(schema['minimum']),
    max: numberIn(schema['maximum']),
    longest: numberIn(schema['maxLength']),
    fallback: written(schema['default']),
    example: written(listOf(schema['examples'])[0]),
  }
}

/** What was typed, by the names of parameters. */
export type Typed = { readonly [name: string]: string }

/** The parameters as they are sent, or what is wrong with what was typed. What was left empty is left out. */
export function paramsOf(parameters: readonly Parameter[], typed: Typed): { params: { [name: string]: unknown } } | { faults: { [name: string]: string } } {
  const params: { [name: string]: unknown } = {}
  const faults: { [name: string]: string } = {}
  for (const one of parameters) {
    const text = typed[one.name] ?? ''
    if (text === '') {
      if (one.required) faults[one.name] = 'This is needed.'
      continue
    }
    const read = valueOf(one, text)
    if ('fault' in read) faults[one.name] = read.fault
    else params[one.name] = read.value
  }
  return Object.keys(faults).length > 0 ? { faults } : { params }
}

function valueOf({ kind, whole, min, max }: Parameter, text: string): { value: unknown } | { fault: string } {
  switch (kind) {
    case 'text':
    case 'choice':
      return { value: text }
    case 'switch':
      return { value: text === 'true' }
    case 'number': {
      const value = Number(text)
      if (!Number.isFinite(value) || (whole && !Number.isInteger(value))) return { fault: whole ? 'A whole number is needed.' : 'A number is needed.' }
      if (min !== undefined && value < min) return { fault: `At least ${min}.` }
      if (max !== undefined && value > max) return { fault: `At most ${max}.` }
      return { value }
    }
    case 'json':
      try {
        const value: unknown = JSON.parse(text)
        return { value }
      } catch {
        return { fault: 'This is no JSON.' }
      }
  }
}
