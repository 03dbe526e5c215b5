/** Regions as records. */
import { expect, test } from 'vitest'
import { TwinView } from '@inos/sdk/twin'
import { kindIn, layoutOf, rowsIn, spreadOf } from './read'

test('a region is read as its maker says, and as somebody chooses', () => {
  expect(kindIn({ schema: 'inos.boids.v1 f32: x y z' })).toBe('f32')
  expect(kindIn({ schema: '__proto__' })).toBe('u8')
  expect(layoutOf({ schema: 'inos.boids.v1', stride: 32 }, 'f32').names).toEqual(['x', 'y', 'z', 'i', 'j', 'k', 'w', 'kind'])
  expect(layoutOf({ schema: 'inos.boids.v1', stride: 32 }, 'f64')).toEqual({ stride: 32, kind: 'f64', names: ['0', '1', '2', '3'] })
  expect(layoutOf({ schema: null, stride: null }, 'u16')).toEqual({ stride: 2, kind: 'u16', names: ['0'] })
  expect(layoutOf({ schema: null, stride: 1_000_000 }, 'u8').names.length).toBe(16)
  expect(layoutOf({ schema: null, stride: 1 }, 'f64').stride).toBe(8)
})

test('records are read where they lie, and what is no whole record is none', () => {
  const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6, 7).buffer)
  const view = new TwinView(bytes, 1n, 8)
  const layout = layoutOf({ schema: null, stride: 8 }, 'f32')
  expect(rowsIn(view, layout, 0, 10)).toEqual([[1, 2], [3, 4], [5, 6]])
  expect(rowsIn(view, layout, 2, 10)).toEqual([[5, 6]])
  expect(rowsIn(view, layout, 9, 10)).toEqual([])
  expect(spreadOf(view, layout, 1, 2)).toEqual({ at: [0, 2], values: [2, 6] })
  expect(spreadOf(new TwinView(new Uint8Array(), 0n, undefined), layout, 0, 10)).toEqual({ at: [], values: [] })
})
