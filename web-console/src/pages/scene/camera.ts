/** A camera that goes around something: from where, and the matrix that says so to a shader. Knows nothing of what it sees. */

/** Where the camera is: angles in radians, and how many radii away. */
export interface Camera {
  yaw: number
  pitch: number
  distance: number
}

/** What is looked at: a ball. */
export interface Ball {
  middle: readonly [number, number, number]
  radius: number
}

/** How it begins. */
export const FIRST: Camera = { yaw: 0.7, pitch: 0.35, distance: 2.4 }

const PITCH_MAX = 1.5
const DISTANCE_MIN = 0.4
const DISTANCE_MAX = 8
/** The angle that the picture has from its lower to its upper edge, in radians. */
const ANGLE = 0.9

/** The camera a little elsewhere, within its limits. */
export function moved({ yaw, pitch, distance }: Camera, turn: number, rise: number, scale: number): Camera {
  return {
    yaw: (yaw + turn) % (2 * Math.PI),
    pitch: Math.max(-PITCH_MAX, Math.min(PITCH_MAX, pitch + rise)),
    distance: Math.max(DISTANCE_MIN, Math.min(DISTANCE_MAX, distance * scale)),
  }
}

/** From places to the picture, column by column as shaders have it; `aspect` is its width over its height. */
export function lookAt({ yaw, pitch, distance }: Camera, { middle, radius }: Ball, aspect: number): Float32Array<ArrayBuffer> {
  const far = distance * radius
  // The axes of the camera: to the right, up, and back towards whoever looks.
  const [sinYaw, cosYaw, sinPitch, cosPitch] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)]
  const right = [cosYaw, 0, -sinYaw]
  const up = [-sinYaw * sinPitch, cosPitch, -cosYaw * sinPitch]
  const back = [sinYaw * cosPitch, sinPitch, cosYaw * cosPitch]
  const eye = middle.map((at, axis) => at + (back[axis] ?? 0) * far)
  const towards = (axis: readonly number[]) => -axis.reduce((sum, part, at) => sum + part * (eye[at] ?? 0), 0)
  // What is higher than wide has to show as much from side to side.
  const scale = Math.min(1, aspect) / Math.tan(ANGLE / 2)
  const [near, end] = [Math.max(radius * 0.01, far - 2 * radius), far + 2 * radius]
  const depth = (near + end) / (near - end)
  const rows = [
    [...right.map((part) => (part * scale) / aspect), (towards(right) * scale) / aspect],
    [...up.map((part) => part * scale), towards(up) * scale],
    [...back.map((part) => part * depth), towards(back) * depth + (2 * near * end) / (near - end)],
    [...back.map((part) => -part), -towards(back)],
  ]
  return Float32Array.from({ length: 16 }, (_, at) => rows[at % 4]?.[Math.floor(at / 4)] ?? 0)
}
