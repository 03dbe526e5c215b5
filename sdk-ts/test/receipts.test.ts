/** A receipt holds for what it is about and for nothing else; the same vectors hold in Rust. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { fromHex, toHex } from '../src/bytes.js'
import { Inos, type SignedReceipt } from '../src/index.js'
import { blake3, partsOf, type ReceiptParts, verifyReceipt } from '../src/receipts/index.js'
import { byJavaScript, isSigned } from '../src/receipts/signature.js'

const vectors: { name: string; json: SignedReceipt; capnp: string }[] = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../protocols/vectors/receipt.json'), 'utf8'),
)
const unit: { cases: { name: string; method: string; params: object; input: object; output: { text?: string } }[] } =
  JSON.parse(readFileSync(resolve(import.meta.dirname, '../../units/compute/vectors.json'), 'utf8'))

function message(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array()
}

describe.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_, { json, capnp }) => {
  test('every form of it says the same and holds', async () => {
    const forms = [json, message(capnp), Buffer.from(capnp, 'hex').toString('base64url'), partsOf(json)]
    for (const form of forms) expect(await verifyReceipt(form)).toEqual(json.receipt)
  })

  test('no byte of it can be another', async () => {
    const whole = message(capnp)
    const { leaf, path, root } = partsOf(whole)
    const holds = async (parts: ReceiptParts) => verifyReceipt(parts).then(() => true, () => false)
    for (const part of [leaf, path, root.node, root.root, root.signature]) {
      for (let at = 0; at < part.length; at += 1) {
        part[at] = (part[at] ?? 0) ^ 1
        expect(await holds(partsOf(whole))).toBe(false)
        part[at] = (part[at] ?? 0) ^ 1
      }
    }
    const parts = partsOf(whole)
    expect(await holds(parts)).toBe(true)
    expect(await holds({ ...parts, index: parts.index + 1 })).toBe(false)
    expect(await holds({ ...parts, root: { ...root, count: root.count + 1 } })).toBe(false)
    expect(await holds({ ...parts, root: { ...root, sequence: root.sequence + 1n } })).toBe(false)
    expect(await holds({ ...parts, root: { ...root, signed: root.signed + 1n } })).toBe(false)
  })

  test('JSON that says something else than was signed is refused', async () => {
    const told = { ...json, receipt: { ...json.receipt, cost: 0 } }
    await expect(verifyReceipt(told)).rejects.toMatchObject({ fault: 'malformed' })
  })
})

test('a job of a real server is proven, and only it', async () => {
  const { url, key, node } = inject('server')
  const { receipt, text } = await new Inos({ url, key })
    .run('compute', 'sha256', 'abc')
    .then((output) => ({ receipt: output.receipt, text: output.text() }))
  if (typeof receipt !== 'string') throw new Error('no receipt')
  expect(await verifyReceipt(receipt, { input: 'abc', output: text, nodeKey: node })).toMatchObject({ method: 'sha256' })
  await expect(verifyReceipt(receipt, { input: 'abd' })).rejects.toMatchObject({ fault: 'input' })
  await expect(verifyReceipt(receipt, { input: ['abc', 'abc'] })).rejects.toMatchObject({ fault: 'input' })
  await expect(verifyReceipt(receipt, { output: 'abc' })).rejects.toMatchObject({ fault: 'output' })
  await expect(verifyReceipt(receipt, { nodeKey: '00'.repeat(32) })).rejects.toMatchObject({ fault: 'other-node' })
  await expect(verifyReceipt('no receipt')).rejects.toMatchObject({ fault: 'malformed' })
})

test('JavaScript alone says of a signature what WebCrypto says', async () => {
  for (const { json } of vectors) {
    const { root } = partsOf(json)
    const said = new Uint8Array(100)
    expect(await byJavaScript(root.node, said, root.signature)).toBe(false)
    expect(await isSigned(root.node, said, root.signature)).toBe(false)
  }
  // RFC 8032, test 2.
  const key = message('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
  const signature = message(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  )
  expect(await byJavaScript(key, Uint8Array.of(0x72), signature)).toBe(true)
  expect(await isSigned(key, Uint8Array.of(0x72), signature)).toBe(true)
})

test('nobody has signed under a key that everybody has', async () => {
  const everybody = new Uint8Array(32)
  everybody[0] = 1
  const signature = new Uint8Array(64)
  signature[0] = 1
  expect(await isSigned(everybody, Uint8Array.of(1), signature)).toBe(false)
})

describe('BLAKE3 has the digests of its authors', () => {
  const plain = unit.cases.filter(({ name }) => /^BLAKE3 \d+ bytes, usual length$/.test(name))

  test.each(plain.map((one) => [one.name, one] as const))('%s', async (_, { input, output }) => {
    const { counting } = { counting: 0, ...input }
    const bytes = Uint8Array.from({ length: counting }, (_, index) => index % 251)
    const stream = new Blob([bytes.subarray(0, 1000), bytes.subarray(1000)]).stream()
    expect([await blake3(bytes), await blake3(new Blob([bytes])), await blake3(stream)]).toEqual([output.text, output.text, output.text])
  })

  test('a large input has one digest however it comes', async () => {
    const bytes = new Uint8Array(9 << 20).map((_, index) => index % 241)
    const told: number[] = []
    const whole = await blake3(bytes, { onProgress: ({ done }) => told.push(done) })
    expect(await blake3(new Blob([bytes]))).toBe(whole)
    expect(told.at(-1)).toBe(bytes.length)
    const { url, key } = inject('server')
    expect((await new Inos({ url, key }).run('compute', 'blake3', bytes)).text()).toBe(whole)
    expect(toHex(fromHex(whole) ?? new Uint8Array())).toBe(whole)
  })
})
