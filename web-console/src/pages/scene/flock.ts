/** A flock: the records of its birds go into a buffer as they are, and each is drawn as one dart that flies along its z axis. */
import type { TwinView } from '@inos/sdk'
import { type Ball, type Camera, lookAt } from './camera'
import { type Colours, programOf, type Renderer } from './gl'
import { BIRD_BYTES } from './kinds'

const NUMBERS = BIRD_BYTES / 4
/** How many colours there are for kinds; further kinds begin again. */
const COLOURS = 6
/** The length of a bird, in the world's own measure. */
const BIRD_LEN = 0.9

/** The corners of a dart, which points along z: two wings above a keel. */
const WINGS = [
  [0, 0, 0.6], [-0.35, 0, -0.4], [0, 0.12, -0.3],
  [0, 0, 0.6], [0, 0.12, -0.3], [0.35, 0, -0.4],
  [0, 0, 0.6], [0, -0.2, -0.4], [0, 0.12, -0.3],
]

const VERTEX = `
layout(location = 0) in vec3 corner;
layout(location = 1) in vec3 place;
layout(location = 2) in vec4 turn;
layout(location = 3) in float kind;
uniform mat4 look;
uniform float size;
uniform vec3 colours[${COLOURS}];
flat out vec3 own;
flat out float shade;
void main() {
  vec3 from = corner * size;
  vec3 across = 2.0 * cross(turn.xyz, from);
  vec3 turned = from + turn.w * across + cross(turn.xyz, across);
  gl_Position = look * vec4(place + turned, 1.0);
  own = colours[int(mod(max(kind, 0.0), ${COLOURS}.0))];
  shade = gl_VertexID < 3 ? 1.0 : gl_VertexID < 6 ? 0.82 : 0.6;
}`

const FRAGMENT = `
flat in vec3 own;
flat in float shade;
out vec4 colour;
void main() {
  colour = vec4(own * shade, 1.0);
}`

/** Draws a flock. */
export class Flock implements Renderer {
  readonly #gl: WebGL2RenderingContext
  readonly #program: WebGLProgram
  readonly #buffers: WebGLBuffer[] = []
  readonly #birds: WebGLBuffer
  readonly #array: WebGLVertexArrayObject
  readonly #places: { [name: string]: WebGLUniformLocation | null }
  #count = 0
  #ball: Ball = { middle: [0, 0, 0], radius: 1 }

  constructor(gl: WebGL2RenderingContext) {
    this.#gl = gl
    this.#program = programOf(gl, VERTEX, FRAGMENT)
    this.#places = Object.fromEntries(['look', 'size', 'colours'].map((name) => [name, gl.getUniformLocation(this.#program, name)]))
    this.#array = gl.createVertexArray()
    gl.bindVertexArray(this.#array)
    this.#attribute(this.#buffer(), 0, 3, 0, 0)
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(WINGS.flat()), gl.STATIC_DRAW)
    this.#birds = this.#buffer()
    this.#attribute(this.#birds, 1, 3, BIRD_BYTES, 0)
    this.#attribute(this.#birds, 2, 4, BIRD_BYTES, 12)
    this.#attribute(this.#birds, 3, 1, BIRD_BYTES, 28)
    gl.bindVertexArray(null)
  }

  #buffer(): WebGLBuffer {
    const made = this.#gl.createBuffer()
    this.#buffers.push(made)
    return made
  }

  #attribute(buffer: WebGLBuffer, place: number, numbers: number, stride: number, at: number): void {
    const gl = this.#gl
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    gl.enableVertexAttribArray(place)
    gl.vertexAttribPointer(place, numbers, gl.FLOAT, false, stride, at)
    gl.vertexAttribDivisor(place, stride === 0 ? 0 : 1)
  }

  upload(view: TwinView): void {
    const gl = this.#gl
    const count = Math.floor(view.bytes.length / BIRD_BYTES)
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#birds)
    if (count === this.#count) return gl.bufferSubData(gl.ARRAY_BUFFER, 0, view.bytes, 0, count * BIRD_BYTES)
    gl.bufferData(gl.ARRAY_BUFFER, view.bytes, gl.DYNAMIC_DRAW)
    this.#count = count
    // Looked for once: the birds of a world stay in it.
    this.#ball = ballAround(view.f32(), count)
  }

  draw(camera: Camera, { ground, kinds }: Colours): void {
    const gl = this.#gl
    const [width, height] = [gl.drawingBufferWidth, gl.drawingBufferHeight]
    gl.viewport(0, 0, width, height)
    gl.clearColor(ground[0], ground[1], ground[2], 1)
    gl.enable(gl.DEPTH_TEST)
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT)
    gl.useProgram(this.#program)
    gl.uniformMatrix4fv(this.#places['look'] ?? null, false, lookAt(camera, this.#ball, width / Math.max(1, height)))
    gl.uniform1f(this.#places['size'] ?? null, Math.max(BIRD_LEN, this.#ball.radius / 60))
    gl.uniform3fv(this.#places['colours'] ?? null, Array.from({ length: COLOURS }, (_, at) => kinds[at % kinds.length] ?? ground).flat())
    gl.bindVertexArray(this.#array)
    gl.drawArraysInstanced(gl.TRIANGLES, 0, WINGS.length, this.#count)
    gl.bindVertexArray(null)
  }

  close(): void {
    for (const buffer of this.#buffers) this.#gl.deleteBuffer(buffer)
    this.#gl.deleteVertexArray(this.#array)
    this.#gl.deleteProgram(this.#program)
  }
}

/** A ball that has all birds in it. */
function ballAround(numbers: Float32Array, count: number): Ball {
  const [low, high] = [[Infinity, Infinity, Infinity], [-Infinity, -Infinity, -Infinity]]
  for (let bird = 0; bird < count; bird += 1) {
    for (let axis = 0; axis < 3; axis += 1) {
      const at = numbers[bird * NUMBERS + axis] ?? 0
      if (at < (low[axis] ?? 0)) low[axis] = at
      if (at > (high[axis] ?? 0)) high[axis] = at
    }
  }
  const middle = (axis: number) => ((low[axis] ?? 0) + (high[axis] ?? 0)) / 2
  const radius = Math.hypot(...low.map((at, axis) => ((high[axis] ?? 0) - at) / 2))
  const known = Number.isFinite(radius) && radius > 0
  return known ? { middle: [middle(0), middle(1), middle(2)], radius } : { middle: [0, 0, 0], radius: 1 }
}
