/**
 * Makes TypeScript types from what a server says of itself: messages from `/openapi.json`, units and their parameters
 * from the catalogue, problems from `/problems`. Never asks anything but a running server.
 */
import openapiTS, { astToString } from 'openapi-typescript'

/** Units that only a server for tests has. */
const TEST_UNITS = ['test', 'test_cell']

const HEAD = (source: string) =>
  `// Made from ${source} by tools/types.ts; \`INOS_WRITE=1 npx vitest run generated\` writes it anew.\n`

type Schema = { [key: string]: unknown }
type Method = { name: string; summary: string; params: Schema; outputs: { secret?: boolean } }
type Catalogue = { items: { name: string; methods: Method[] }[] }
type Kinds = { slug: string; title: string }[]

async function fetched<T>(url: string): Promise<T> {
  const response = await fetch(url, { headers: { accept: 'application/json' } })
  if (!response.ok) throw new Error(`${url} answered ${response.status}`)
  return response.json()
}

/** The types of schemas by name, as properties of one interface. */
async function interfaces(schemas: Schema, name: string): Promise<string> {
  const description = JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'INOS', version: '1' },
    paths: {},
    components: { schemas },
  })
  const text = astToString(await openapiTS(description, { defaultNonNullable: false }))
  const body = /export interface components \{\n {4}schemas: \{\n([\s\S]*?)\n {4}\};\n/.exec(text)?.[1]
  if (!body) throw new Error('openapi-typescript writes components in another form')
  // Words of another tool, which say again what the types say.
  const words = /@description |^ *\* @(?:enum|constant)\b.*\n|^ *\/\*\* @constant \*\/\n/gm
  const lines = body.replaceAll('components["schemas"]', name).replaceAll(words, '').split('\n')
  return `export interface ${name} {\n${lines.map((line) => line.replace(/^ {4}/, '')).join('\n')}\n}\n`
}

/** The messages of the API. */
export async function api(url: string): Promise<string> {
  const { components } = await fetched<{ components: { schemas: Schema } }>(`${url}/openapi.json`)
  const names = Object.keys(components.schemas).sort()
  const aliases = names.map((name) => `export type ${name} = Messages['${name}']\n`)
  return `${HEAD('/openapi.json')}\n${await interfaces(components.schemas, 'Messages')}\n${aliases.join('')}`
}

/** The units with the parameters of their methods. */
export async function units(url: string): Promise<string> {
  const catalogue = await fetched<Catalogue>(`${url}/v1/units`)
  const shown = catalogue.items.filter((unit) => !TEST_UNITS.includes(unit.name))
  const schemas: Schema = {}
  for (const unit of shown) {
    for (const method of unit.methods) schemas[`${unit.name}.${method.name}`] = without$schema(method.params)
  }
  const rows = shown.map((unit) => {
    const methods = unit.methods.map(
      (method) => `    /** ${method.summary} */\n    ${method.name}: Params['${unit.name}.${method.name}']\n`,
    )
    return `  ${unit.name}: {\n${methods.join('')}  }\n`
  })
  const head = HEAD('/v1/units')
  const params = await interfaces(schemas, 'Params')
  return `${head}\n${params}\n/** Each unit with its methods and what they take. */\nexport interface Units {\n${rows.join('')}}\n`
}

/** What may be recorded nowhere: parameters by their names, and `*` where it is what a method gives. */
export async function secrets(url: string): Promise<string> {
  const catalogue = await fetched<Catalogue>(`${url}/v1/units`)
  const rows = catalogue.items
    .filter((unit) => !TEST_UNITS.includes(unit.name))
    .flatMap((unit) => unit.methods.map((method): [string, string[]] => [`${unit.name}.${method.name}`, secretsOf(method)]))
    .filter(([, names]) => names.length > 0)
    .map(([name, names]) => `  '${name}': [${names.map((name) => `'${name}'`).join(', ')}],\n`)
  const about = '/** What may be recorded nowhere of a method: parameters, and `*` where it is what it gives. */'
  return `${HEAD('/v1/units')}\n${about}\nexport const SECRETS: { readonly [method: string]: readonly string[] } = {\n${rows.join('')}}\n`
}

function secretsOf({ params, outputs }: Method): string[] {
  const isSecret = (schema: unknown): boolean =>
    typeof schema === 'object' && schema !== null && 'writeOnly' in schema && schema.writeOnly === true
  const properties: object = typeof params['properties'] === 'object' && params['properties'] ? params['properties'] : {}
  const names = Object.entries(properties).flatMap(([name, schema]) => (isSecret(schema) ? [name] : []))
  return outputs.secret ? [...names, '*'] : names
}

function without$schema({ $schema: _, ...rest }: Schema): Schema {
  return rest
}

/** Every way in which a server says no. */
export async function problems(url: string): Promise<string> {
  const kinds = await fetched<Kinds>(`${url}/problems`)
  const rows = kinds.map(({ slug, title }) => `  /** ${title}. */\n  | '${slug}'\n`)
  return `${HEAD('/problems')}\n/** The slug of a problem's type. */\nexport type ProblemCode =\n${rows.join('')}`
}
