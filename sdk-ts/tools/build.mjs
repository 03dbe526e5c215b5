/** Builds `dist`: one module for each entry, with what they share beside them; nothing but React is left to be found. */
import { build } from 'esbuild'
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

process.chdir(new URL('..', import.meta.url).pathname)
rmSync('dist', { recursive: true, force: true })
await build({
  entryPoints: {
    index: 'src/index.ts',
    capnp: 'src/capnp/index.ts',
    receipts: 'src/receipts/index.ts',
    upload: 'src/upload/index.ts',
    'upload-worker': 'src/upload/worker.ts',
    twin: 'src/twin/index.ts',
    'twin-worker': 'src/twin/worker.ts',
    react: 'src/react/index.ts',
  },
  outdir: 'dist',
  chunkNames: 'shared/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  external: ['react'],
})
copyFileSync('../LICENSE', 'LICENSE')

/** What is built in keeps its notice. */
const BUILT_IN = ['@noble/ed25519', '@noble/hashes', 'hash-wasm']
const notices = BUILT_IN.map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, 'utf8')}`)
writeFileSync('dist/THIRD-PARTY.txt', notices.join('\n---\n\n'))
