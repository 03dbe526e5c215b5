/** Which regions can be drawn as a scene: by the word of whoever made them, checked against what they hold. Draws nothing. */
import type { Region } from '@inos/sdk'

/** Bytes of a bird: place, quaternion and kind, as eight numbers of 32 bits. */
export const BIRD_BYTES = 32
/** The longest side of a board that is drawn, in cells. */
const SIDE_MAX = 4_096

/** What is drawn. */
export type Scene = { is: 'board'; width: number; height: number; rule: string } | { is: 'flock'; birds: number }

/** The scene that a region is; nothing where it is none that is known. */
export function sceneOf({ schema, bytes, stride }: Pick<Region, 'schema' | 'bytes' | 'stride'>): Scene | undefined {
  const [name, ...words] = (schema ?? '').split(' ')
  if (name === 'inos.boids.v1') return stride === BIRD_BYTES && bytes % BIRD_BYTES === 0 ? { is: 'flock', birds: bytes / BIRD_BYTES } : undefined
  if (name !== 'inos.life.v1') return undefined
  const [size = '', rule = ''] = words
  const [, width, height] = /^(\d{1,4})x(\d{1,4})$/.exec(size)?.map(Number) ?? []
  if (!width || !height || width > SIDE_MAX || height > SIDE_MAX || width * height !== bytes) return undefined
  return { is: 'board', width, height, rule }
}

/** The same as one text: two scenes of the same text are drawn in the same way. */
export function sceneKey(scene: Scene): string {
  return scene.is === 'board' ? `board ${scene.width}x${scene.height}` : 'flock'
}

/** A scene in words. */
export function wordsFor(scene: Scene): string {
  return scene.is === 'board'
    ? `a board of ${scene.width} by ${scene.height} cells, rule ${scene.rule}`
    : `a flock of ${scene.birds.toLocaleString('en')} birds`
}
