// Runs a job, proves what came of it, and runs a hundred more over one connection. Wants INOS_URL and INOS_KEY, and the
// package `ws` where Node has no WebSocket of its own.
import { Inos } from '@inos/sdk'
import { capsule } from '@inos/sdk/capnp'
import { verifyReceipt } from '@inos/sdk/receipts'

const inos = new Inos()
const output = await inos.run('compute', 'blake3', 'hello')
console.log(output.text(), 'cost', output.cost, 'microcredits')

const { id } = await inos.node.get()
const receipt = await verifyReceipt(output.receipt, { input: 'hello', output: output.bytes, nodeKey: id })
console.log('proven:', receipt.job)

const WebSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket
const connection = await inos.connect({ codec: capsule, WebSocket })
const names = Array.from({ length: 100 }, (_, index) => `job ${index}`)
const outcomes = await Promise.all(names.map((name) => connection.run('compute', 'sha256', name)))
console.log('ran', outcomes.length, 'jobs over one connection')
connection.close()
