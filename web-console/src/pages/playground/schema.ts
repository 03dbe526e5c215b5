/** A method's parameters as a form: what the JSON Schema says of each, and what was typed, as the server takes it. */

/** A parameter as a form draws it. */
export interface Parameter {
  name: string
  kind: 'choice' | 'text' | 'number' | 'switch' | 'group' | 'list' | 'json'
  choices: Choice[]
  about: string
  required: boolean
  secret: boolean
  whole: boolean
  min: number | undefined
  max: number | undefined
  longest: number | undefined
  fallback: string | undefined
  example: string | undefined
  /** What a group consists of. */
  parts: Parameter[]
  /** What one of a list may be. */
  variants: Variant[]
  /** The member that says which of the variants one is; none where there is but one. */
  tag: string | undefined
}

/** One of several values, and what it means. */
export interface Choice {
  value: string
  about: string
}

/** What one of a list may be. */
export interface Variant extends Choice {
  parts: Parameter[]
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

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function shapesIn(value: unknown): Shape[] {
  return listOf(value).filter(isShape)
}

/** A schema without what says that nothing may be given: what is left empty is left out. */
function given(schema: Shape): Shape {
  const types = listOf(schema['type']).filter((type) => type !== 'null')
  if (types.length === 1) return { ...schema, type: types[0] }
  const { anyOf, ...rest } = schema
  const ways = shapesIn(anyOf).filter((way) => way['type'] !== 'null')
  return ways.length === 1 ? { ...ways[0], ...rest } : schema
}

/** The values of a schema that names each; none where it allows others. */
function choicesOf(schema: Shape): Choice[] {
  const named = (values: unknown, about: string) => listOf(values).flatMap((value) => written(value) ?? []).map((value) => ({ value, about }))
  const ways = shapesIn(schema['oneOf'])
  const each = ways.map((way) => named(way['const'] === undefined ? way['enum'] : [way['const']], textIn(way['description'])))
  if (ways.length > 0) return each.every((choices) => choices.length > 0) ? each.flat() : []
  return named(schema['enum'], '')
}

/** What one of a list may be, and the member that says which; nothing where it is no object. */
function variantsOf(items: Shape): { variants: Variant[]; tag: string | undefined } {
  const none = { variants: [], tag: undefined }
  if (isShape(items['properties'])) return { variants: [{ value: '', about: '', parts: parametersOf(items) }], tag: undefined }
  const ways = shapesIn(items['oneOf'])
  const tag = Object.entries(shapesIn([ways[0]?.['properties']])[0] ?? {}).find(([, one]) => isShape(one) && one['const'] !== undefined)?.[0]
  if (tag === undefined) return none
  const variants = ways.flatMap((way) => {
    const { properties } = way
    const one = isShape(properties) ? properties[tag] : undefined
    const value = isShape(one) ? written(one['const']) : undefined
    return value === undefined ? [] : [{ value, about: textIn(way['description']), parts: parametersOf(way).filter(({ name }) => name !== tag) }]
  })
  return variants.length === ways.length ? { variants, tag } : none
}

function kindOf(schema: Shape, one: Pick<Parameter, 'choices' | 'variants' | 'parts'>): Parameter['kind'] {
  if (one.choices.length > 0) return 'choice'
  if (one.variants.length > 0) return 'list'
  switch (schema['type']) {
    case 'string':
      return 'text'
    case 'integer':
    case 'number':
      return 'number'
    case 'boolean':
      return 'switch'
    case 'object':
      return one.parts.length > 0 ? 'group' : 'json'
    default:
      return 'json'
  }
}

/** What a method takes, in the order of its schema; nothing where it takes none. */
export function parametersOf(schema: unknown): Parameter[] {
  if (!isShape(schema) || !isShape(schema['properties'])) return []
  const required = listOf(schema['required'])
  return Object.entries(schema['properties']).flatMap(([name, one]) => (isShape(one) ? [parameter(name, given(one), required.includes(name))] : []))
}

function parameter(name: string, schema: Shape, required: boolean): Parameter {
  const isList = schema['type'] === 'array'
  const items = schema['items']
  const nested = { choices: choicesOf(schema), parts: parametersOf(schema), ...(isList && isShape(items) ? variantsOf(items) : { variants: [], tag: undefined }) }
  return {
    name,
    ...nested,
    kind: kindOf(schema, nested),
    about: textIn(schema['description']),
    required,
    secret: schema['writeOnly'] === true,
    whole: schema['type'] === 'integer',
    min: numberIn(schema['minimum']),
    max: numberIn(schema[nested.variants.length > 0 ? 'maxItems' : 'maximum']),
    longest: numberIn(schema['maxLength']),
    fallback: written(schema['default']),
    example: written(listOf(schema['examples'])[0]),
  }
}

/** What a choice is while nothing is chosen: its default by name, or that it has none. */
export function emptyOf({ fallback, required, kind }: Pick<Parameter, 'fallback' | 'required' | 'kind'>): string {
  if (fallback === undefined) return required ? 'choose one' : 'not set'
  return `default: ${kind !== 'switch' ? fallback : fallback === 'true' ? 'yes' : 'no'}`
}

/** What was typed, by the paths of parameters: `output.format`, `steps.0.width`. Of a list, how many there are; of one of it, which variant. */
export type Typed = { readonly [path: string]: string }

/** How many a list has. */
export function countOf(typed: Typed, path: string): number {
  return Number(typed[path] ?? '0')
}

/** The variant that one of a list is. */
export function variantOf({ variants }: Parameter, typed: Typed, path: string): Variant | undefined {
  return variants.length === 1 ? variants[0] : variants.find(({ value }) => value === typed[path])
}

/** The same with one more at a list's end. */
export function withOne(typed: Typed, path: string, variant: string): Typed {
  const count = countOf(typed, path)
  return { ...typed, [path]: String(count + 1), [`${path}.${count}`]: variant }
}

/** The same without one of a list; those after it move up. */
export function withoutOne(typed: Typed, path: string, gone: number): Typed {
  const kept = Object.entries(typed).flatMap(([name, text]) => {
    const [index = '', ...rest] = name.startsWith(`${path}.`) ? name.slice(path.length + 1).split('.') : []
    if (index === '') return [[name, text] as const]
    const at = Number(index)
    return at === gone ? [] : [[[path, at > gone ? at - 1 : at, ...rest].join('.'), text] as const]
  })
  const count = countOf(typed, path) - 1
  return { ...Object.fromEntries(kept), [path]: count === 0 ? '' : String(count) }
}

/** What is wrong with what was typed, by its paths. */
export type Faults = { [path: string]: string }

/** The parameters as they are sent, or what is wrong with what was typed. What was left empty is left out. */
export function paramsOf(parameters: readonly Parameter[], typed: Typed): { params: { [name: string]: unknown } } | { faults: Faults } {
  const faults: Faults = {}
  const params = read(parameters, typed, '', faults)
  return Object.keys(faults).length > 0 ? { faults } : { params }
}

function read(parameters: readonly Parameter[], typed: Typed, before: string, faults: Faults): { [name: string]: unknown } {
  const params: { [name: string]: unknown } = {}
  for (const one of parameters) {
    const value = valueAt(one, typed, `${before}${one.name}`, faults)
    if (value !== undefined) params[one.name] = value
  }
  return params
}

/** One parameter's value; nothing where it was left empty, or is wrong. */
function valueAt(one: Parameter, typed: Typed, path: string, faults: Faults): unknown {
  const text = typed[path] ?? ''
  if (one.kind === 'group') {
    // A group that nobody touched needs none of its parts.
    const isTouched = one.required || Object.entries(typed).some(([name, text]) => name.startsWith(`${path}.`) && text !== '')
    return isTouched ? read(one.parts, typed, `${path}.`, faults) : undefined
  }
  if (text === '') {
    if (one.required) faults[path] = 'This is needed.'
    return undefined
  }
  if (one.kind === 'list') {
    return Array.from({ length: countOf(typed, path) }, (_, at) => {
      const variant = variantOf(one, typed, `${path}.${at}`)
      const value = read(variant?.parts ?? [], typed, `${path}.${at}.`, faults)
      return one.tag === undefined || !variant ? value : { [one.tag]: variant.value, ...value }
    })
  }
  const typedValue = valueOf(one, text)
  if ('value' in typedValue) return typedValue.value
  faults[path] = typedValue.fault
  return undefined
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
    case 'group':
    case 'list':
    case 'json':
      try {
        const value: unknown = JSON.parse(text)
        return { value }
      } catch {
        return { fault: 'This is no JSON.' }
      }
  }
}
