/** Which regions are scenes, and how a camera looks at them. */
import { expect, test } from 'vitest'
import { lookAt } from './camera'
import { colourOf } from './gl'
import { sceneOf } from './kinds'

test('a region is the scene that it says it is only where its bytes fit', () => {
  expect(sceneOf({ schema: 'inos.life.v1 8x4 B3/S23 wrap', bytes: 32, stride: 8 })).toEqual({ is: 'board', width: 8, height: 4, rule: 'B3/S23' })
  expect(sceneOf({ schema: 'inos.boids.v1 f32: x y z', bytes: 64, stride: 32 })).toEqual({ is: 'flock', birds: 2 })
  for (const [schema, bytes, stride] of [
    ['inos.life.v1 8x4 B3/S23 wrap', 31, 8],
    ['inos.life.v1 0x0 B3/S23', 0, 0],
    ['inos.life.v1 9999x1 B3/S23', 9999, 1],
    ['inos.life.v1 -8x-4', 32, 8],
    ['inos.life.v1', 32, 8],
    ['inos.boids.v1', 64, 16],
    ['inos.boids.v1', 63, 32],
    ['<script>', 32, 8],
    [null, 32, null],
  ] as const) {
    expect(sceneOf({ schema, bytes, stride }), String(schema)).toBeUndefined()
  }
})

test('what a camera looks at is in the middle of the picture, and what lies behind it is not in it', () => {
  const matrix = lookAt({ yaw: 0.7, pitch: 0.3, distance: 2 }, { middle: [5, 6, 7], radius: 3 }, 1.5)
  const at = (x: number, y: number, z: number) => [0, 1, 2, 3].map((row) => (matrix[row] ?? 0) * x + (matrix[4 + row] ?? 0) * y + (matrix[8 + row] ?? 0) * z + (matrix[12 + row] ?? 0))
  const [x = 1, y = 1, z = 1, w = 0] = at(5, 6, 7)
  expect(w).toBeCloseTo(6, 4)
  expect([x / w, y / w]).toEqual([expect.closeTo(0, 5), expect.closeTo(0, 5)])
  expect(Math.abs(z / w)).toBeLessThan(1)
  const higher = at(5, 7, 7)
  expect((higher[1] ?? 0) / (higher[3] ?? 1)).toBeGreaterThan(0)
})

test('colours of the page are read as they are written', () => {
  expect([colourOf('#fff'), colourOf(' #0a64bf'), colourOf('#FF8000')].map((colour) => colour.map((part) => Math.round(part * 255)))).toEqual([[255, 255, 255], [10, 100, 191], [255, 128, 0]])
})
