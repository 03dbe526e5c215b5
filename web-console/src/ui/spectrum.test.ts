/** Sound as numbers. */
import { expect, test } from 'vitest'
import { peaksOf, spectrogramOf, transform } from './spectrum'

test('the transform is the sum that defines it', () => {
  const size = 32
  const samples = Array.from({ length: size }, (_, at) => Math.sin(at * at) + (at % 5))
  const [real, imaginary] = [Float32Array.from(samples), new Float32Array(size)]
  transform(real, imaginary)
  for (let pitch = 0; pitch < size; pitch += 1) {
    const sum = (wave: (angle: number) => number) => samples.reduce((all, value, at) => all + value * wave((-2 * Math.PI * pitch * at) / size), 0)
    expect(real[pitch]).toBeCloseTo(sum(Math.cos), 3)
    expect(imaginary[pitch]).toBeCloseTo(sum(Math.sin), 3)
  }
})

test('a full tone is loud at its pitch alone', () => {
  const [size, pitch] = [256, 32]
  const tone = Float32Array.from({ length: 4_096 }, (_, at) => Math.sin((2 * Math.PI * pitch * at) / size))
  const column = [...spectrogramOf(tone, 3, size).subarray(size / 2, size)]
  expect(column.indexOf(Math.max(...column))).toBe(pitch)
  expect(column[pitch]).toBeCloseTo(0, 0)
  expect(column[pitch + 10]).toBeLessThan(-60)
})

test('peaks are the ends of each part, and silence is none', () => {
  expect([...peaksOf(Float32Array.of(0.5, -0.25, -1, 0), 2)]).toEqual([-0.25, 0.5, -1, 0])
  expect([...peaksOf(new Float32Array(), 2)]).toEqual([0, 0, 0, 0])
})
