/** A region as a picture: a canvas, how it is looked at, and how drawing goes. The twin is somebody else's. */
import type { Twin } from '@inos/sdk'
import { Minus, Pause, Play, Plus, RotateCcw, SkipForward } from 'lucide-react'
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react'
import { useSignal } from '../../data/signal'
import { theme } from '../../data/theme'
import { count, UNKNOWN } from '../../format'
import { Figure, Trouble } from '../../ui/parts'
import { Board } from './board'
import { FIRST, moved } from './camera'
import { Flock } from './flock'
import { colourOf, type Colours, type Renderer } from './gl'
import { type Scene, sceneKey, wordsFor } from './kinds'
import { Loop, type Pace } from './loop'

/** How far a key turns the camera, in radians, and how much nearer another brings it. */
const STEP = 0.12
const NEARER = 0.85
/** How far a pixel of dragging turns it, in radians. */
const DRAG = 0.006
/** The most device pixels for each pixel of the page: more cannot be told apart, and costs time. */
const RATIO_MAX = 2
const STILL = '(prefers-reduced-motion: reduce)'

/** The canvas with what belongs to it. */
export function SceneCanvas({ twin, scene }: { twin: Twin; scene: Scene }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const loop = useRef<Loop>(undefined)
  const isStill = useMemo(() => matchMedia(STILL).matches, [])
  const [playing, setPlaying] = useState(!isStill)
  const [pace, setPace] = useState<Pace>()
  const [camera, setCamera] = useState(FIRST)
  const [fault, setFault] = useState<unknown>()
  // Graphics that were lost come back without what was in them.
  const [restored, setRestored] = useState(0)
  const chosen = useSignal(theme)
  const key = sceneKey(scene)
  useEffect(() => {
    const at = canvas.current
    if (!at) return
    let renderer: Renderer
    try {
      renderer = rendererOf(at, scene)
    } catch (error) {
      setFault(error)
      return
    }
    const made = new Loop(at, renderer, twin, coloursOf(at), setPace)
    loop.current = made
    const fitted = new ResizeObserver(() => made.fit(...roomOf(at)))
    fitted.observe(at)
    made.fit(...roomOf(at))
    made.once()
    return () => {
      made.pause()
      fitted.disconnect()
      loop.current = undefined
      renderer.close()
    }
    // A scene of the same key is drawn by the same renderer.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [twin, key, restored])
  useEffect(() => {
    if (playing) loop.current?.play()
    else loop.current?.pause()
  }, [playing, twin, key, restored])
  useEffect(() => loop.current?.look(camera), [camera, twin, key, restored])
  useEffect(() => {
    if (canvas.current) loop.current?.paint(coloursOf(canvas.current))
  }, [chosen, twin, key, restored])
  useLoss(canvas, setRestored)
  if (fault !== undefined) return <Trouble error={fault} />
  const turns = scene.is === 'flock'
  const turn = (yaw: number, pitch: number, scale = 1) => setCamera((now) => moved(now, yaw, pitch, scale))
  return (
    <>
      <canvas
        ref={canvas}
        className={turns ? 'scene turns' : 'scene'}
        role="img"
        aria-label={`${wordsFor(scene)}, drawn from the region ${twin.name}${turns ? '. Arrow keys turn it, plus and minus bring it nearer' : ''}`}
        tabIndex={turns ? 0 : undefined}
        onKeyDown={turns ? (event) => byKey(event, turn) : undefined}
        onPointerMove={turns ? (event) => byDrag(event, turn) : undefined}
        onPointerDown={turns ? ({ currentTarget, pointerId }) => currentTarget.setPointerCapture(pointerId) : undefined}
        onContextMenu={(event) => event.preventDefault()}
        onDoubleClick={() => setCamera(FIRST)}
      />
      <div className="row between scene-bar">
        <div className="row">
          <button type="button" className="button" onClick={() => setPlaying(!playing)}>
            {playing ? <Pause aria-hidden /> : <Play aria-hidden />}
            {playing ? 'Pause' : 'Play'}
          </button>
          {!playing && (
            <button type="button" className="button" onClick={() => loop.current?.once()}>
              <SkipForward aria-hidden />
              Show the newest
            </button>
          )}
          {!playing && isStill && <span className="dim">Your system asks for little motion: it stands still until you play it.</span>}
        </div>
        {turns && (
          <div className="row">
            <button type="button" className="icon-button" aria-label="Nearer" onClick={() => turn(0, 0, NEARER)}>
              <Plus aria-hidden />
            </button>
            <button type="button" className="icon-button" aria-label="Farther" onClick={() => turn(0, 0, 1 / NEARER)}>
              <Minus aria-hidden />
            </button>
            <button type="button" className="icon-button" aria-label="As at first" onClick={() => setCamera(FIRST)}>
              <RotateCcw aria-hidden />
            </button>
          </div>
        )}
      </div>
      <Figures pace={pace} playing={playing} twin={twin} />
    </>
  )
}

function Figures({ pace, playing, twin }: { pace: Pace | undefined; playing: boolean; twin: Twin }) {
  const ms = (value: number | undefined) => (value === undefined ? UNKNOWN : `${value.toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ms`)
  const known = playing ? pace?.frameMs : undefined
  return (
    <dl className="figures scene-figures">
      <Figure label="Epoch" value={pace ? String(pace.epoch) : UNKNOWN} note="that is drawn" />
      <Figure label="Twin age" value={playing && pace ? ms(pace.ageMs) : UNKNOWN} note={playing ? 'since that epoch came to this page' : 'nobody looks while it stands still'} />
      <Figure label="Frame time" value={ms(known)} note={known ? `${Math.round(1_000 / known)} a second, median` : 'while it plays'} />
      <Figure label="Slow frames" value={ms(playing ? pace?.slowMs : undefined)} note={known ? '95 % of the last 240 come sooner' : 'while it plays'} />
      <Figure label="Drawing" value={ms(pace?.drawMs)} note="of the page's thread, median" />
      <Figure label="Picture" value={pace ? `${pace.width} × ${pace.height}` : UNKNOWN} note={pace && pace.share < 1 ? `pixels, ${Math.round(100 * pace.share)} % a side: frames were slow` : 'pixels, all that the screen has there'} />
      <Figure label="Uploads" value={playing && pace ? count(pace.uploads) : UNKNOWN} note="epochs to the GPU, last second" />
      <Figure label="Skipped" value={pace ? String(pace.skipped) : UNKNOWN} note={twin.isShared ? 'epochs; memory shared with the worker' : 'epochs; each is copied to the page'} />
    </dl>
  )
}

/** Has lost graphics made anew when they come back. */
function useLoss(canvas: { readonly current: HTMLCanvasElement | null }, restored: (change: (times: number) => number) => void): void {
  useEffect(() => {
    const at = canvas.current
    if (!at) return
    const lost = (event: Event) => event.preventDefault()
    const back = () => restored((times) => times + 1)
    at.addEventListener('webglcontextlost', lost)
    at.addEventListener('webglcontextrestored', back)
    return () => {
      at.removeEventListener('webglcontextlost', lost)
      at.removeEventListener('webglcontextrestored', back)
    }
  }, [canvas, restored])
}

function rendererOf(canvas: HTMLCanvasElement, scene: Scene): Renderer {
  const gl = canvas.getContext('webgl2', { antialias: true, alpha: false, powerPreference: 'low-power' })
  if (!gl) throw new Error('This browser has no WebGL2. The region can be read as bytes and records under Memory.')
  return scene.is === 'board' ? new Board(gl, scene.width, scene.height) : new Flock(gl)
}

function roomOf(canvas: HTMLCanvasElement): [number, number] {
  const ratio = Math.min(devicePixelRatio, RATIO_MAX)
  return [Math.max(1, Math.round(canvas.clientWidth * ratio)), Math.max(1, Math.round(canvas.clientHeight * ratio))]
}

function coloursOf(canvas: HTMLCanvasElement): Colours {
  const style = getComputedStyle(canvas)
  const colour = (name: string) => colourOf(style.getPropertyValue(name))
  return { ground: colour('--panel'), beyond: colour('--bg'), kinds: ['--run', '--warn', '--ok', '--bad', '--wait', '--text'].map(colour) }
}

type Turn = (yaw: number, pitch: number, scale?: number) => void

const KEYS: { readonly [key: string]: readonly [number, number, number] } = {
  ArrowLeft: [-STEP, 0, 1],
  ArrowRight: [STEP, 0, 1],
  ArrowUp: [0, STEP, 1],
  ArrowDown: [0, -STEP, 1],
  '+': [0, 0, NEARER],
  '=': [0, 0, NEARER],
  '-': [0, 0, 1 / NEARER],
}

function byKey(event: KeyboardEvent, turn: Turn): void {
  const way = KEYS[event.key]
  if (!way || event.ctrlKey || event.metaKey) return
  event.preventDefault()
  turn(...way)
}

function byDrag({ buttons, movementX, movementY }: PointerEvent, turn: Turn): void {
  if (buttons === 1) turn(-movementX * DRAG, movementY * DRAG)
}
