/** Ed25519 signatures: by WebCrypto where there is one that knows it, else by JavaScript. Never signs. */
import { toHex } from '../bytes.js'

/** Keys under which anybody can make signatures: points of small order, in each of their writings. */
const WEAK_KEYS = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0000000000000000000000000000000000000000000000000000000000000000',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]

/** Whether the holder of the key signed the message; a key that anybody could sign under never did. */
export async function isSigned(key: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (WEAK_KEYS.includes(toHex(key)) || WEAK_KEYS.includes(toHex(signature.subarray(0, 32)))) return false
  return (await byWebCrypto(key, message, signature)) ?? byJavaScript(key, message, signature)
}

/** Nothing where this platform has no WebCrypto, or one that does not know Ed25519. */
async function byWebCrypto(
  key: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean | undefined> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle
  if (!subtle) return undefined
  try {
    const imported = await subtle.importKey('raw', new Uint8Array(key), 'Ed25519', false, ['verify'])
    return await subtle.verify('Ed25519', imported, new Uint8Array(signature), new Uint8Array(message))
  } catch {
    return undefined
  }
}

/** The same without WebCrypto. */
export async function byJavaScript(key: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  const [{ hashes, verify }, { sha512 }] = await Promise.all([
    import('@noble/ed25519'),
    import('@noble/hashes/sha2.js'),
  ])
  hashes.sha512 = sha512
  try {
    return verify(signature, message, key, { zip215: false })
  } catch {
    return false
  }
}
