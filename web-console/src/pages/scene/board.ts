/** A board of cells: one byte each goes into a texture as it is, and a pixel is the mean of the cells below it. */
import type { TwinView } from '@inos/sdk'
import type { Camera } from './camera'
import { type Colours, programOf, type Renderer } from './gl'

/** One triangle that covers the picture. */
const VERTEX = `
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`

/** The board lies in the middle, as large as it fits; row 0 is on top. At most 8 by 8 cells are looked at for a pixel. */
const FRAGMENT = `
uniform highp usampler2D cells;
uniform vec2 picture;
uniform vec3 ground;
uniform vec3 alive;
uniform vec3 beyond;
out vec4 colour;
void main() {
  vec2 board = vec2(textureSize(cells, 0));
  float scale = min(picture.x / board.x, picture.y / board.y);
  vec2 at = vec2(gl_FragCoord.x, picture.y - gl_FragCoord.y) - (picture - board * scale) * 0.5;
  if (at.x < 0.0 || at.y < 0.0 || at.x >= board.x * scale || at.y >= board.y * scale) {
    colour = vec4(beyond, 1.0);
    return;
  }
  float span = 1.0 / scale;
  int steps = clamp(int(ceil(span)), 1, 8);
  float lives = 0.0;
  for (int y = 0; y < steps; y++) {
    for (int x = 0; x < steps; x++) {
      vec2 place = (floor(at) + (vec2(x, y) + 0.5) / float(steps)) * span;
      ivec2 cell = ivec2(clamp(place, vec2(0.0), board - 1.0));
      lives += texelFetch(cells, cell, 0).r == 0u ? 0.0 : 1.0;
    }
  }
  colour = vec4(mix(ground, alive, lives / float(steps * steps)), 1.0);
}`

/** Draws a board. */
export class Board implements Renderer {
  readonly #gl: WebGL2RenderingContext
  readonly #width: number
  readonly #height: number
  readonly #program: WebGLProgram
  readonly #texture: WebGLTexture
  readonly #places: { [name: string]: WebGLUniformLocation | null }

  constructor(gl: WebGL2RenderingContext, width: number, height: number) {
    this.#gl = gl
    this.#width = width
    this.#height = height
    const most = Number(gl.getParameter(gl.MAX_TEXTURE_SIZE))
    if (width > most || height > most) throw new Error(`the graphics here draw boards of at most ${most} cells a side`)
    this.#program = programOf(gl, VERTEX, FRAGMENT)
    this.#places = Object.fromEntries(['picture', 'ground', 'alive', 'beyond'].map((name) => [name, gl.getUniformLocation(this.#program, name)]))
    this.#texture = gl.createTexture()
    gl.bindTexture(gl.TEXTURE_2D, this.#texture)
    gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R8UI, width, height)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST)
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST)
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
  }

  upload({ bytes }: TwinView): void {
    const gl = this.#gl
    // A region that was made anew in another size is another scene, and its page says so next.
    if (bytes.length !== this.#width * this.#height) return
    gl.bindTexture(gl.TEXTURE_2D, this.#texture)
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, this.#width, this.#height, gl.RED_INTEGER, gl.UNSIGNED_BYTE, bytes)
  }

  draw(_: Camera, { ground, beyond, kinds }: Colours): void {
    const gl = this.#gl
    gl.useProgram(this.#program)
    gl.disable(gl.DEPTH_TEST)
    gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight)
    gl.uniform2f(this.#places['picture'] ?? null, gl.drawingBufferWidth, gl.drawingBufferHeight)
    gl.uniform3fv(this.#places['ground'] ?? null, ground)
    gl.uniform3fv(this.#places['alive'] ?? null, kinds[0] ?? ground)
    gl.uniform3fv(this.#places['beyond'] ?? null, beyond)
    gl.drawArrays(gl.TRIANGLES, 0, 3)
  }

  close(): void {
    this.#gl.deleteProgram(this.#program)
    this.#gl.deleteTexture(this.#texture)
  }
}
