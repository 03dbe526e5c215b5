/** What is published: small, complete, of fitting licences, and written as we agreed. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { publint } from 'publint'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const KIB = 1024
const LICENCES = ['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MPL-2.0', '0BSD', 'BlueOak-1.0.0', 'CC0-1.0', 'Python-2.0']

/** What is loaded at once, gzipped: the entry and what it imports, without what it may load later. */
async function gzipped(source: string): Promise<number> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: root, sourcefile: 'entry.ts' },
    absWorkingDir: root,
    outdir: 'out',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    splitting: true,
    metafile: true,
  })
  const entry = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === 'entry.ts')
  const loaded = new Set<string>()
  const load = (path: string) => {
    if (loaded.has(path)) return
    loaded.add(path)
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? []) if (kind === 'import-statement') load(next)
  }
  load(entry?.[0] ?? '')
  const files = outputFiles.filter(({ path }) => loaded.has(relative(root, path)))
  expect(files.length).toBe(loaded.size)
  return files.reduce((sum, { contents }) => sum + gzipSync(contents, { level: 9 }).length, 0)
}

describe('a page pays for what it takes', () => {
  const core = "export { Inos } from './src/index.ts'"

  test('the core has at most 10 KiB gzipped', async () => {
    expect(await gzipped(core)).toBeLessThanOrEqual(10 * KIB)
  })

  test('the binary codec adds at most 14 KiB', async () => {
    const both = await gzipped(`${core}; export { capsule } from './src/capnp/index.ts'`)
    expect(both - (await gzipped(core))).toBeLessThanOrEqual(14 * KIB)
  })

  test('an error class alone brings nothing else along', async () => {
    expect(await gzipped("export { ConnectionError } from './src/index.ts'")).toBeLessThanOrEqual(1 * KIB)
  })
})

describe('the package', () => {
  const manifest: { exports: { [path: string]: string | { types: string; default: string } }; dependencies?: object } =
    JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

  test('has every file that it names, and needs no other package', () => {
    for (const target of Object.values(manifest.exports)) {
      for (const file of typeof target === 'string' ? [target] : [target.types, target.default]) {
        expect(existsSync(join(root, file)), file).toBe(true)
      }
    }
    expect(manifest.dependencies).toBeUndefined()
  })

  test('contains what is built, its licence and its words, and nothing else', () => {
    const said: { files: { path: string }[] }[] = JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' }),
    )
    const files = (said[0]?.files ?? []).map(({ path }) => path)
    const strange = files.filter((path) => !/^(dist\/.*\.(js|d\.ts|txt)|package\.json|README\.md|LICENSE)$/.test(path))
    expect(strange).toEqual([])
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'dist/index.js', 'dist/upload-worker.js']))
  })

  test('is as publint wants it', async () => {
    const { messages } = await publint({ pkgDir: root, strict: true })
    expect(messages).toEqual([])
  })

  test('has types that fit what is run, wherever modules are', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'inos-sdk-pack-'))
    const options = { cwd: root, encoding: 'utf8' } as const
    const file = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], options).trim()
    const { checkPackage, createPackageFromTarballData } = await import('@arethetypeswrong/core')
    const checked = await checkPackage(createPackageFromTarballData(readFileSync(join(folder, file))))
    rmSync(folder, { recursive: true })
    if (!checked.types) throw new Error('no types were found')
    expect(Object.keys(checked.entrypoints).sort()).toEqual(Object.keys(manifest.exports).sort())
    // It is made of modules alone: what knows none, or only `require`, is not served.
    const served = ['node16-esm', 'bundler']
    expect(checked.problems.filter((problem) => !('resolutionKind' in problem) || served.includes(problem.resolutionKind))).toEqual([])
  })

  test('has words for everything that it names', () => {
    execFileSync('npm', ['run', '--silent', 'docs', '--', '--emit', 'none', '--logLevel', 'Warn'], { cwd: root, stdio: 'pipe' })
  })

  test('has the notices of all that is built in', async () => {
    const notices = readFileSync(join(root, 'dist/THIRD-PARTY.txt'), 'utf8')
    const { metafile } = await build({
      entryPoints: [join(root, 'src/receipts/index.ts'), join(root, 'src/upload/worker.ts'), join(root, 'src/index.ts')],
      outdir: 'out',
      bundle: true,
      format: 'esm',
      write: false,
      metafile: true,
    })
    const names = Object.keys(metafile.inputs).flatMap((path) => /node_modules\/((?:@\w+\/)?[\w-]+)/.exec(path)?.[1] ?? [])
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) expect(notices).toContain(`${name}\n\n`)
  })

  test('is built with libraries of fitting licences', () => {
    const lock: { packages: { [path: string]: { license?: string } } } = JSON.parse(
      readFileSync(join(root, 'package-lock.json'), 'utf8'),
    )
    const unfit = Object.entries(lock.packages).filter(
      ([path, { license }]) => path !== '' && !LICENCES.some((known) => license?.includes(known)),
    )
    expect(unfit).toEqual([])
  })
})

describe('the source', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, 'src', file))
  const own = files.filter((file) => !file.includes('generated'))

  test('says what each file is for', () => {
    for (const file of own) expect(readFileSync(file, 'utf8').startsWith('/**'), relative(root, file)).toBe(true)
  })

  test('believes no value to be of a type that nobody looked at', () => {
    for (const file of own) {
      const code = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$|'[^'\n]*'|`[^`]*`/gm, '')
      expect(code, relative(root, file)).not.toMatch(/\bas (?!\w+ ?[,}])|[:<|] ?any\b|@ts-|\w!\./)
    }
  })

  test('keeps files below 500 lines', () => {
    for (const file of own) expect(readFileSync(file, 'utf8').split('\n').length, relative(root, file)).toBeLessThan(500)
  })
})
