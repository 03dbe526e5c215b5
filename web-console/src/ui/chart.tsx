/** A series over the last minutes, or over whatever `across` names, drawn by uPlot in the page's own colours; its newest figures stand beside it as text. */
import { useEffect, useMemo, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { theme } from '../data/theme'
import { useSignal } from '../data/signal'

const HEIGHT_PX = 120
/** Room on the right for half of the last word below. */
const RIGHT_PX = 28
/** Clocks are written to the second: nothing between two of them is told apart, in seconds. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300]

/** One line of a chart. */
export interface Line {
  name: string
  /** The name of a colour among the page's own. */
  colour: '--run' | '--ok' | '--warn' | '--wait'
  values: readonly (number | null)[]
}

/** A time of day. */
function clock(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString('en-GB')
}

/** What is drawn: `say` writes a value with its unit, `across` what it is drawn over, which is times of day unless it is given. */
interface Props {
  title: string
  times: readonly number[]
  lines: readonly Line[]
  say: (value: number) => string
  across?: (value: number) => string
}

/** The chart. */
export function Chart({ title, times, lines, say, across = clock }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot>(undefined)
  const chosen = useSignal(theme)
  const data = useMemo<uPlot.AlignedData>(() => [[...times], ...lines.map(({ values }) => [...values])], [times, lines])
  const latest = useRef(data)
  useEffect(() => {
    latest.current = data
    chart.current?.setData(data)
  }, [data])
  const shape = lines.map(({ name, colour }) => `${name}${colour}`).join()
  useEffect(() => {
    const at = place.current
    if (!at) return
    const colours = getComputedStyle(document.documentElement)
    const colour = (name: string) => colours.getPropertyValue(name).trim()
    const grid = { stroke: colour('--line'), width: 1 }
    const axis = { stroke: colour('--dim'), grid, ticks: grid, font: '11px system-ui, sans-serif' }
    const made = new uPlot(
      {
        width: at.clientWidth,
        height: HEIGHT_PX,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, RIGHT_PX, 0, 0],
        scales: { x: { time: across === clock }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, (high ?? 1) * 1.1)] } },
        // One reading is no line yet, and has no times to go between.
        axes: [{ ...axis, size: 28, space: 80, ...(across === clock ? { incrs: STEPS } : {}), values: ({ data: [drawn] }, splits) => splits.map((at) => (drawn.length > 1 ? across(at) : '')) }, { ...axis, size: 64, space: 24, values: (_, splits) => splits.map(say) }],
        series: [{}, ...lines.map(({ name, colour: own }) => ({ label: name, stroke: colour(own), width: 1.5, spanGaps: false, points: { show: false } }))],
      },
      latest.current,
      at,
    )
    chart.current = made
    const resized = new ResizeObserver(() => made.setSize({ width: at.clientWidth, height: HEIGHT_PX }))
    resized.observe(at)
    return () => {
      resized.disconnect()
      chart.current = undefined
      made.destroy()
    }
    // Made anew when its lines or colours are others; new figures only go into it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [shape, chosen])
  return (
    <figure className="chart">
      <figcaption>
        <strong>{title}</strong>
        {lines.map(({ name, colour, values }) => {
          const last = values.at(-1)
          return (
            <span key={name} className="legend">
              <i className={`line${colour}`} aria-hidden="true" />
              {name} <span className="number">{last === null || last === undefined ? '–' : say(last)}</span>
            </span>
          )
        })}
      </figcaption>
      <div ref={place} className="plot" aria-hidden="true" />
    </figure>
  )
}
