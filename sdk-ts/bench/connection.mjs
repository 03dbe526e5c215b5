// How fast small jobs go over one connection, and how fast the codecs are: `node bench/connection.mjs`, with INOS_URL and
// INOS_KEY of a release build. Best and worst of several rounds, each beside a bare peer in the same process.
import { Inos } from '@inos/sdk'
import { capsule } from '@inos/sdk/capnp'
import { blake3 } from '@inos/sdk/receipts'
import { WebSocket, WebSocketServer } from 'ws'

const ROUNDS = 5
const ROUND_MS = 2_000
const WINDOW = 960

async function rate(ask) {
  let done = 0
  const begun = performance.now()
  const worker = async () => {
    while (performance.now() - begun < ROUND_MS) {
      await ask()
      done += 1
    }
  }
  await Promise.all(Array.from({ length: WINDOW }, worker))
  return done / ((performance.now() - begun) / 1000)
}

async function rounds(name, measure) {
  const seen = []
  for (let round = 0; round < ROUNDS; round += 1) seen.push(await measure())
  console.log(name.padEnd(46), Math.round(Math.min(...seen)), 'to', Math.round(Math.max(...seen)), 'a second')
}

/** A WebSocket that says back whatever it hears, one message for each. */
async function bare() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket) => socket.on('message', (bytes) => socket.send(bytes)))
  await new Promise((resolve) => server.once('listening', resolve))
  const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}`)
  await new Promise((resolve) => socket.once('open', resolve))
  const waiting = []
  socket.on('message', () => waiting.shift()())
  const ask = () => new Promise((resolve) => waiting.push(resolve) && socket.send('abc'))
  return { ask, close: () => server.close() || socket.close() }
}

function perSecond(count, work) {
  const begun = performance.now()
  let done = 0
  while (performance.now() - begun < ROUND_MS / 4) {
    work()
    done += count
  }
  return done / ((performance.now() - begun) / 1000)
}

const inos = new Inos()
const bytes = new TextEncoder().encode('abc')
for (const [name, options] of [
  ['capnp, without keys', { codec: capsule, keys: false }],
  ['capnp, with keys', { codec: capsule }],
  ['json, without keys', { keys: false }],
]) {
  const connection = await inos.connect({ WebSocket, ...options })
  await rounds(`jobs over one connection, ${name}`, () => rate(() => connection.run('compute', 'blake3', bytes)))
  connection.close()
}
const echo = await bare()
await rounds('a WebSocket in this process that says it back', () => rate(echo.ask))
echo.close()

const submissions = Array.from({ length: 64 }, (_, correlation) => ({
  correlation,
  capsule: { unit: 'compute', method: 'blake3', inputs: [bytes] },
}))
await rounds('small capsules written', () => perSecond(64, () => capsule.write({ is: 'submit', submissions })))
let answer
class Tap extends WebSocket {
  constructor(...args) {
    super(...args)
    this.addEventListener('message', ({ data }) => {
      if (data.byteLength > 20_000) answer = data
    })
  }
}
const tapped = await inos.connect({ WebSocket: Tap, codec: capsule, keys: false })
await Promise.all(submissions.map(() => tapped.run('compute', 'blake3', bytes)))
tapped.close()
const count = capsule.read(answer).body.answers.length
await rounds(`answers read (frames of ${count})`, () => perSecond(count, () => capsule.read(answer)))
const large = new Uint8Array(64 << 20)
await rounds('MiB of BLAKE3', async () => {
  const begun = performance.now()
  await blake3(large)
  return 64 / ((performance.now() - begun) / 1000)
})
process.exit(0)
