/** What a program does with the SDK as it is published, in whatever runs it: prints what it saw as JSON. */
import { capsule } from '../../dist/capnp.js'
import { Inos, NotFoundError } from '../../dist/index.js'
import { verifyReceipt } from '../../dist/receipts.js'
import { upload } from '../../dist/upload.js'

const [url, key, region] = process.argv.slice(2)
const inos = new Inos({ url, key })

const output = await inos.run('compute', 'blake3', 'hello')
const { id: nodeKey } = await inos.node.get()
const receipt = await verifyReceipt(output.receipt, { input: 'hello', output: output.bytes, nodeKey })

const job = await inos.jobs.submit('compute', 'sha256', 'hello')
const states = []
for await (const { state } of inos.jobs.events(job.id)) if (state) states.push(state)

const connections = []
for (const options of [{ codec: capsule }, {}]) {
  const connection = await inos.connect(options)
  const names = Array.from({ length: 100 }, (_, index) => `job ${index}`)
  const outcomes = await Promise.all(names.map((name) => connection.run('compute', 'blake3', name)))
  connections.push(new Set(outcomes.map(({ outputs: [first] }) => first.text())).size)
  connection.close()
}

const first = await inos.regions.put(region, new Uint8Array([1, 2, 3]))
const twin = await inos.regions.twin(region)
const seen = [[...twin.read((view) => view.bytes)]]
await inos.regions.put(region, new Uint8Array([4, 5]))
await twin.next({ after: first.epoch })
seen.push([...twin.read((view) => view.bytes)])
const { isShared } = twin
twin.close()

const blob = await upload(inos, new Blob([new Uint8Array(3 << 20)]))
const back = await inos.blobs.get(blob.hash)
const missing = await inos.jobs.get('01234567-89ab-7def-8123-456789abcdef').catch((error) => error)

console.log(
  JSON.stringify({
    hash: output.text(),
    proven: receipt.job === output.job,
    states,
    connections,
    seen,
    isShared,
    blob: back.bytes.length,
    missing: missing instanceof NotFoundError,
  }),
)
