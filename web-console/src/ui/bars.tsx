/** Amounts step by step of time, one on the other: bars for the eye, and a table with the same figures for everybody. */

/** The most parts that have a colour of their own; the rest is one part. */
export const PARTS_MAX = 5

/** One part of every bar. */
export interface Part {
  name: string
  values: readonly number[]
}

/** A step of time: its short name, and its whole one. */
export interface Step {
  name: string
  title: string
}

/** How wide a step is drawn, and how much of that its bar takes. */
const STEP = 10
const BAR = 8
const HEIGHT = 100

/** The largest parts in order, and what is left as one. */
export function largest(parts: readonly Part[], max = PARTS_MAX): Part[] {
  const sorted = [...parts].sort((a, b) => sum(b.values) - sum(a.values))
  const [kept, rest] = [sorted.slice(0, max), sorted.slice(max)]
  const [first] = rest
  if (!first) return kept
  const values = first.values.map((_, at) => sum(rest.map((part) => part.values[at] ?? 0)))
  return [...kept, { name: `${rest.length} others`, values }]
}

/** The sum. */
export function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0)
}

/** The bars. `say` writes an amount with its unit. */
export function Bars({ label, steps, parts, say }: { label: string; steps: readonly Step[]; parts: readonly Part[]; say: (value: number) => string }) {
  const shown = largest(parts)
  const totals = steps.map((_, at) => sum(shown.map(({ values }) => values[at] ?? 0)))
  const top = Math.max(1, ...totals)
  const whole = sum(totals)
  const middle = steps.length >> 1
  return (
    <figure className="bars">
      <div className="bars-plot">
        <span className="bars-top number">{say(top)}</span>
        <svg viewBox={`0 0 ${steps.length * STEP} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${label}: ${say(whole)} in all, at most ${say(top)} in a step`}>
          {steps.map(({ title }, at) => {
            let below = 0
            return (
              <g key={title}>
                <title>{`${title}: ${say(totals[at] ?? 0)}`}</title>
                {/* The whole step answers the pointer, also where nothing was spent. */}
                <rect x={at * STEP} y={0} width={STEP} height={HEIGHT} className="bars-step" />
                {shown.map(({ name, values }, place) => {
                  const height = ((values[at] ?? 0) / top) * HEIGHT
                  below += height
                  return height > 0 && <rect key={name} x={at * STEP + 1} y={HEIGHT - below} width={BAR} height={height} className={`part-${place}`} />
                })}
              </g>
            )
          })}
        </svg>
        <div className="bars-times dim" aria-hidden="true">
          <span>{steps[0]?.name}</span>
          {steps.length > 4 && <span>{steps[middle]?.name}</span>}
          <span>{steps.at(-1)?.name}</span>
        </div>
      </div>
      <table className="bars-legend">
        <caption className="hidden">{label}</caption>
        <tbody>
          {shown.map(({ name, values }, place) => (
            <tr key={name}>
              <td>
                <i className={`part-${place}`} aria-hidden="true" /> {name}
              </td>
              <td className="end">{say(sum(values))}</td>
              <td className="end dim">{whole > 0 ? `${((100 * sum(values)) / whole).toFixed(0)} %` : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  )
}
