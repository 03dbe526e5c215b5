/** The little of WebGL2 that both scenes share. A scene is two small programs: a whole library for them would weigh more than the page. */
import type { TwinView } from '@inos/sdk'
import type { Camera } from './camera'

/** A colour, each part from 0 to 1. */
export type Colour = readonly [number, number, number]

/** The page's colours that scenes are drawn in. */
export interface Colours {
  /** Where nothing is. */
  ground: Colour
  /** Beyond the edge of a board. */
  beyond: Colour
  /** What is there, by its kind. */
  kinds: readonly Colour[]
}

/** What draws a region. */
export interface Renderer {
  /** Takes an epoch over into the GPU's memory. */
  upload(view: TwinView): void
  /** Draws what was taken over last, into the whole of the canvas. */
  draw(camera: Camera, colours: Colours): void
  /** Gives back what it has of the GPU. */
  close(): void
}

/** A program of these two shaders. */
export function programOf(gl: WebGL2RenderingContext, vertex: string, fragment: string): WebGLProgram {
  const program = gl.createProgram()
  for (const [kind, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(kind)
    if (!shader) throw new Error('the browser has lost its graphics')
    gl.shaderSource(shader, `#version 300 es\nprecision highp float;\nprecision highp int;\n${source}`)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
    gl.deleteShader(shader)
  }
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`the scene cannot be drawn here: ${gl.getProgramInfoLog(program) ?? 'no reason given'}`)
  return program
}

/** A colour of the page, as `#rrggbb` or as the shorter `#rgb`. */
export function colourOf(text: string): Colour {
  const [, short, long] = /^#(?:([0-9a-f]{3})|([0-9a-f]{6}))$/i.exec(text.trim()) ?? []
  const digits = long ?? [...(short ?? '888')].map((digit) => digit + digit).join('')
  const part = (at: number) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16) / 255
  return [part(0), part(1), part(2)]
}
