/** The loop that draws: an epoch goes to the GPU once, and a picture is made only where something in it moved. */
import type { Twin } from '@inos/sdk'
import { quantile } from '../../format'
import { type Camera, FIRST } from './camera'
import { Fineness } from './fineness'
import type { Colours, Renderer } from './gl'

/** Over how many frames figures are told. */
const FRAMES_MAX = 240
/** How often figures are told, in milliseconds. */
const TELL_MS = 250

/** How drawing goes. */
export interface Pace {
  epoch: bigint
  /** How long ago the epoch came to the page's memory that is drawn, in milliseconds. */
  ageMs: number
  /** Time between two frames of the screen, and what drawing took of it, in milliseconds; nothing before two were drawn. */
  frameMs: number | undefined
  /** The time between two frames that 95 in 100 kept to. */
  slowMs: number | undefined
  drawMs: number | undefined
  /** What is drawn of the device's pixels: how many across and down, and their share along a side. */
  width: number
  height: number
  share: number
  /** Epochs that went to the GPU in the last second. */
  uploads: number
  /** Epochs that came and that nobody saw. */
  skipped: bigint
}

/** Draws one twin on one canvas while it runs. */
export class Loop {
  readonly #canvas: HTMLCanvasElement
  readonly #renderer: Renderer
  readonly #twin: Twin
  readonly #tell: (pace: Pace) => void
  #colours: Colours
  #camera: Camera = FIRST
  #asked = 0
  #epoch: bigint | undefined
  /** The epoch that came last, and when that was heard of. */
  #came: { epoch: bigint; at: number } | undefined
  #cameAt = 0
  #deaf: (() => void) | undefined
  #dirty = true
  #before: number | undefined
  #toldAt = 0
  readonly #gaps: number[] = []
  readonly #draws: number[] = []
  #uploads: number[] = []
  readonly #fineness = new Fineness()
  /** How many device pixels the canvas has room for. */
  #room: readonly [number, number] = [1, 1]
  #share = 1
  #drew = false

  constructor(canvas: HTMLCanvasElement, renderer: Renderer, twin: Twin, colours: Colours, tell: (pace: Pace) => void) {
    this.#canvas = canvas
    this.#renderer = renderer
    this.#twin = twin
    this.#colours = colours
    this.#tell = tell
  }

  /** Draws on, frame by frame. */
  play(): void {
    if (this.#asked !== 0) return
    this.#deaf = this.#twin.on((epoch) => {
      this.#came = { epoch, at: performance.now() }
    })
    const frame = (now: number) => {
      this.#asked = requestAnimationFrame(frame)
      this.#frame(now)
    }
    this.#asked = requestAnimationFrame(frame)
  }

  /** Stands still; what is drawn stays. */
  pause(): void {
    cancelAnimationFrame(this.#asked)
    this.#asked = 0
    this.#deaf?.()
    this.#deaf = undefined
    this.#before = undefined
    // What stands still may take its time: it is drawn as finely as the screen is.
    this.#size(1)
  }

  /** Draws the newest epoch once. */
  once(): void {
    this.#show(performance.now())
    this.#say(performance.now())
  }

  /** Looks from elsewhere. */
  look(camera: Camera): void {
    this.#camera = camera
    this.#again()
  }

  /** Draws in other colours. */
  paint(colours: Colours): void {
    this.#colours = colours
    this.#again()
  }

  /** Fits the picture to the room that the canvas has, in device pixels. */
  fit(width: number, height: number): void {
    if (this.#room[0] === width && this.#room[1] === height) return
    this.#room = [width, height]
    this.#fineness.reset()
    this.#size(1)
  }

  /** Draws with this share of the pixels that there is room for. */
  #size(share: number): void {
    const [width, height] = this.#room.map((pixels) => Math.max(1, Math.round(pixels * share)))
    this.#share = share
    if (width === undefined || height === undefined || (this.#canvas.width === width && this.#canvas.height === height)) return
    this.#canvas.width = width
    this.#canvas.height = height
    // A canvas of another size is empty: nobody is to see that.
    if (this.#epoch !== undefined) this.#draw()
  }

  #again(): void {
    this.#dirty = true
    // While it stands still, only what somebody did is drawn: the same epoch, seen otherwise.
    if (this.#asked === 0 && this.#epoch !== undefined) this.#draw()
  }

  #frame(now: number): void {
    if (this.#before !== undefined) {
      const gap = now - this.#before
      keep(this.#gaps, gap)
      // A frame in which nothing moved says nothing of how long one takes.
      if (this.#drew && this.#fineness.note(gap)) this.#size(this.#fineness.share)
    }
    this.#before = now
    this.#drew = this.#show(now)
    if (now - this.#toldAt >= TELL_MS) this.#say(now)
  }

  /** Draws where something moved, and says whether it did. */
  #show(now: number): boolean {
    if (this.#twin.epoch !== this.#epoch) {
      this.#twin.read((view) => {
        this.#renderer.upload(view)
        this.#epoch = view.epoch
      })
      // An epoch that comes while a frame is made is heard of only afterwards.
      const came = this.#came
      this.#cameAt = came && came.epoch === this.#epoch ? came.at : now
      this.#uploads.push(now)
      this.#dirty = true
    }
    const moved = this.#dirty
    if (moved) this.#draw()
    return moved
  }

  #draw(): void {
    const begun = performance.now()
    this.#renderer.draw(this.#camera, this.#colours)
    keep(this.#draws, performance.now() - begun)
    this.#dirty = false
  }

  #say(now: number): void {
    this.#toldAt = now
    this.#uploads = this.#uploads.filter((at) => now - at < 1_000)
    this.#tell({
      epoch: this.#epoch ?? 0n,
      ageMs: Math.max(0, performance.now() - this.#cameAt),
      frameMs: at(this.#gaps, 0.5),
      slowMs: at(this.#gaps, 0.95),
      drawMs: at(this.#draws, 0.5),
      width: this.#canvas.width,
      height: this.#canvas.height,
      share: this.#share,
      uploads: this.#uploads.length,
      skipped: this.#twin.skipped,
    })
  }
}

function keep(list: number[], value: number): void {
  list.push(value)
  if (list.length > FRAMES_MAX) list.shift()
}

function at(list: readonly number[], place: number): number | undefined {
  return quantile([...list].sort((a, b) => a - b), place)
}
