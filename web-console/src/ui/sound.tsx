/** Sound as a picture: its waveform, and which pitches it has when. Decoded by the browser, here and for this alone. */
import { useEffect, useRef, useState } from 'react'
import { theme } from '../data/theme'
import { useSignal } from '../data/signal'
import { peaksOf, spectrogramOf } from './spectrum'

/** Samples a second that are looked at: pitches up to half of that are told apart. */
const RATE = 22_050
/** The longest sound that is decoded, in seconds: more would fill the page's memory. */
const SECONDS_MAX = 300
const WIDTH = 720
const WAVE_HEIGHT = 96
/** Samples of one column of the spectrogram; it has half as many rows. */
const WINDOW = 512
/** The quietest that is drawn, in decibels. */
const FLOOR_DB = -90

/** Both pictures of a sound that lasts so long. */
export function SoundPicture({ bytes, seconds }: { bytes: Uint8Array; seconds: number }) {
  const [samples, setSamples] = useState<Float32Array>()
  const [fault, setFault] = useState(false)
  const isShort = seconds <= SECONDS_MAX
  useEffect(() => {
    if (!isShort) return
    let isGone = false
    decoded(bytes).then(
      (found) => isGone || setSamples(found),
      () => isGone || setFault(true),
    )
    return () => {
      isGone = true
    }
  }, [bytes, isShort])
  if (!isShort) return <p className="dim">It lasts more than {SECONDS_MAX / 60} minutes: it is played here, and not drawn.</p>
  if (fault) return <p className="dim">The browser plays it, but gives no samples of it to draw.</p>
  if (!samples) return <div className="sound-room" />
  return (
    <figure className="stack">
      <Drawn height={WAVE_HEIGHT} samples={samples} draw={drawWave} label={`Waveform of ${seconds.toFixed(1)} seconds`} />
      <Drawn height={WINDOW / 2} samples={samples} draw={drawSpectrogram} label={`Spectrogram from 0 to ${RATE / 2} hertz`} />
      <figcaption className="dim">
        Waveform, all channels together; below it pitches from 0 to {(RATE / 2_000).toFixed(0)} kHz, {FLOOR_DB} dB and louder, over {seconds.toFixed(1)} s.
      </figcaption>
    </figure>
  )
}

/** The samples of all channels together. */
async function decoded(bytes: Uint8Array): Promise<Float32Array> {
  const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(new Uint8Array(bytes).buffer)
  const mixed = new Float32Array(sound.length)
  for (let channel = 0; channel < sound.numberOfChannels; channel += 1) {
    sound.getChannelData(channel).forEach((value, at) => {
      mixed[at] = (mixed[at] ?? 0) + value / sound.numberOfChannels
    })
  }
  return mixed
}

type Draw = (context: CanvasRenderingContext2D, samples: Float32Array, colour: (name: string) => string) => void

function Drawn({ height, samples, draw, label }: { height: number; samples: Float32Array; draw: Draw; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const chosen = useSignal(theme)
  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context) return
    const style = getComputedStyle(document.documentElement)
    draw(context, samples, (name) => style.getPropertyValue(name).trim())
  }, [samples, draw, chosen])
  return <canvas ref={canvas} className="sound" width={WIDTH} height={height} role="img" aria-label={label} />
}

function drawWave(context: CanvasRenderingContext2D, samples: Float32Array, colour: (name: string) => string): void {
  const peaks = peaksOf(samples, WIDTH)
  const y = (value: number) => ((1 - value) / 2) * WAVE_HEIGHT
  context.fillStyle = colour('--panel')
  context.fillRect(0, 0, WIDTH, WAVE_HEIGHT)
  context.fillStyle = colour('--run')
  for (let column = 0; column < WIDTH; column += 1) {
    const [low, high] = [peaks[2 * column] ?? 0, peaks[2 * column + 1] ?? 0]
    context.fillRect(column, y(high), 1, Math.max(1, y(low) - y(high)))
  }
}

function drawSpectrogram(context: CanvasRenderingContext2D, samples: Float32Array, colour: (name: string) => string): void {
  const rows = WINDOW / 2
  const loud = spectrogramOf(samples, WIDTH, WINDOW)
  context.fillStyle = colour('--panel')
  context.fillRect(0, 0, WIDTH, rows)
  context.fillStyle = colour('--run')
  for (let column = 0; column < WIDTH; column += 1) {
    for (let row = 0; row < rows; row += 1) {
      const share = 1 - (loud[column * rows + row] ?? FLOOR_DB) / FLOOR_DB
      if (share <= 0) continue
      context.globalAlpha = Math.min(1, share)
      context.fillRect(column, rows - 1 - row, 1, 1)
    }
  }
  context.globalAlpha = 1
}
