// Made from /v1/units by tools/types.ts; `INOS_WRITE=1 npx vitest run generated` writes it anew.

/** What may be recorded nowhere of a method: parameters, and `*` where it is what it gives. */
export const SECRETS: { readonly [method: string]: readonly string[] } = {
  'compute.blake3': ['key'],
  'crypto.hmac': ['key'],
  'crypto.hmac_verify': ['key'],
  'crypto.seal': ['key'],
  'crypto.open': ['key'],
  'crypto.encrypt': ['key'],
  'crypto.decrypt': ['key'],
  'crypto.ed25519_keygen': ['*'],
  'crypto.ed25519_sign': ['secret_key'],
  'crypto.x25519_keygen': ['*'],
  'crypto.x25519': ['secret_key', '*'],
  'crypto.hkdf': ['material', '*'],
  'crypto.argon2id_hash': ['password'],
  'crypto.argon2id_verify': ['hash', 'password'],
  'crypto.random': ['*'],
}
