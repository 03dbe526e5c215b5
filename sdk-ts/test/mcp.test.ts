/** `/mcp` and `inos mcp`, asked by the official client: what a language model's program gets to see. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { Inos } from '../src/index.js'
import { binary } from './support/server.js'

const server = inject('server')
const inos = new Inos(server)
const DIGEST = '6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85'
const open: Client[] = []

async function overHttp(key = server.key): Promise<Client> {
  const headers = { authorization: `Bearer ${key}` }
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), { requestInit: { headers } }))
  open.push(client)
  return client
}

async function overPipes(key = server.key): Promise<Client> {
  const env = { INOS_KEY: key, PATH: process.env['PATH'] ?? '' }
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(new StdioClientTransport({ command: binary(), args: ['mcp', '--url', server.url], env }))
  open.push(client)
  return client
}

afterEach(async () => {
  for (const client of open.splice(0)) await client.close()
})

describe.each([
  ['over HTTP', overHttp],
  ['over standard input and output', overPipes],
])('%s', (_, connect) => {
  test('the catalogue is a list of tools, and a call of one is a job with a receipt', async () => {
    const client = await connect()
    const { tools } = await client.listTools()
    const { items } = await inos.units.list()
    expect(tools.map(({ title }) => title)).toEqual(items.flatMap((unit) => unit.methods.map((method) => `${unit.name}.${method.name}`)))
    const result = await client.callTool({ name: 'compute_blake3', arguments: { inputs: [{ text: 'abc' }] } })
    expect(result).toMatchObject({ isError: false, content: [{ type: 'text', text: DIGEST }] })
    const { job }: { job?: unknown } = Object(result.structuredContent)
    expect((await inos.jobs.get(String(job))).state).toBe('succeeded')
    const { contents } = await client.readResource({ uri: `inos://jobs/${job}/receipt` })
    expect(JSON.parse(String(contents[0] && 'text' in contents[0] ? contents[0].text : ''))).toMatchObject({ receipt: { job } })
    const { resources } = await client.listResources()
    expect(resources.map(({ uri }) => uri)).toContain(`inos://jobs/${job}/outputs/0`)
    expect((await client.listResourceTemplates()).resourceTemplates).toHaveLength(2)
  })

  test('a long job tells how far it is', async () => {
    const client = await connect()
    const told: [number, number | undefined][] = []
    const args = { inputs: [{ text: 'x' }], params: { steps: 4, ms: 50 } }
    const onprogress = ({ progress, total }: { progress: number; total?: number | undefined }) => told.push([progress, total])
    const result = await client.callTool({ name: 'test_tell', arguments: args }, undefined, { onprogress })
    expect(result.isError).toBe(false)
    expect(told.length).toBeGreaterThan(0)
    expect(told.every(([progress, total], index) => total === 4 && progress > (told[index - 1]?.[0] ?? 0))).toBe(true)
  })

  test('what is large or no text is given as what it is', async () => {
    const client = await connect()
    const large = 'x'.repeat(300 << 10)
    const echoed = await client.callTool({ name: 'test_echo', arguments: { inputs: [{ text: large }] } })
    expect(echoed.content).toMatchObject([{ type: 'resource_link', size: large.length }])
    const [link]: { uri?: string }[] = Array.isArray(echoed.content) ? echoed.content : []
    const { contents } = await client.readResource({ uri: link?.uri ?? '' })
    expect(contents[0] && 'blob' in contents[0] ? atob(contents[0].blob).length : 0).toBe(large.length)
    const small = await client.callTool({ name: 'test_echo', arguments: { inputs: [{ base64: 'AP8=' }] } })
    expect(small.content).toMatchObject([{ type: 'resource', resource: { blob: 'AP8=' } }])
  })

  test('a mistake is told to the model, and a budget caps what it spends', async () => {
    const { secret } = await inos.keys.create({ name: 'model', scopes: ['jobs'], budget: 25 })
    const client = await connect(secret)
    const input = { inputs: [{ text: 'abc' }] }
    const wrong = await client.callTool({ name: 'compute_blake3', arguments: { ...input, params: { length: 0 } } })
    expect(wrong).toMatchObject({ isError: true, structuredContent: { problem: { code: 'invalid-params' } } })
    const ends = []
    for (let call = 0; call < 4; call += 1) ends.push(await client.callTool({ name: 'compute_blake3', arguments: input }))
    expect(ends.filter(({ isError }) => isError === false)).toHaveLength(2)
    expect(ends[3]).toMatchObject({ isError: true, structuredContent: { problem: { code: 'budget-exceeded' } } })
    await expect(client.callTool({ name: 'compute_nothing' })).rejects.toMatchObject({ code: -32_602 })
  })
})

test('a wrong key opens nothing', async () => {
  await expect(overHttp('inos_wrong_key')).rejects.toThrow()
})
