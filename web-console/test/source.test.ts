/** What we agreed on about the code itself, and what it is built of. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const LICENCES = ['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MPL-2.0', '0BSD', 'BlueOak-1.0.0', 'CC0-1.0', 'CC-BY-4.0', 'Python-2.0', 'Unlicense']
const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file))

test('each file says what it is for', () => {
  expect(files.length).toBeGreaterThan(40)
  for (const file of files) expect(readFileSync(join(root, 'src', file), 'utf8').startsWith('/**'), file).toBe(true)
})

test('nothing but the SDK speaks to the server', () => {
  for (const file of files.filter((file) => !file.endsWith('data/client.ts'))) {
    const code = readFileSync(join(root, 'src', file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    expect(code, file).not.toMatch(/\bfetch\(|XMLHttpRequest|EventSource|new WebSocket|https?:\/\/(?!www\.w3\.org)/)
  }
})

test('no other package is shipped than those of fitting licences', () => {
  const lock: { packages: { [path: string]: { license?: string; link?: boolean } } } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const unfit = Object.entries(lock.packages).filter(([path, { license, link }]) => path.startsWith('node_modules') && !link && !LICENCES.some((known) => license?.includes(known)))
  expect(unfit).toEqual([])
})

test('the built page has nothing inline and names no other origin', () => {
  const html = readFileSync(join(root, 'dist/app/index.html'), 'utf8')
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style|style=|\bon\w+=|https?:/)
})
