/** JSON as a tree that opens part by part. Everything in it is text. */
import { useState } from 'react'

/** How many members of one level are shown at once. */
const MEMBERS_MAX = 200
/** The longest text that is shown whole. */
const TEXT_MAX = 2_000
/** How many levels are open at first. */
const OPEN_LEVELS = 2

/** The tree. */
export function JsonTree({ value }: { value: unknown }) {
  return (
    <div className="json">
      <Node name={undefined} value={value} level={0} />
    </div>
  )
}

function membersOf(value: unknown): [string, unknown][] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value)
}

function Node({ name, value, level }: { name: string | undefined; value: unknown; level: number }) {
  const members = membersOf(value)
  const [shown, setShown] = useState(MEMBERS_MAX)
  const label = name === undefined ? null : <span className="key">{name}: </span>
  if (!members) {
    return (
      <div className="leaf">
        {label}
        <Leaf value={value} />
      </div>
    )
  }
  const kind = Array.isArray(value) ? `[${members.length}]` : `{${members.length}}`
  return (
    <details open={level < OPEN_LEVELS}>
      <summary>
        {label}
        <span className="dim">{kind}</span>
      </summary>
      {members.slice(0, shown).map(([key, member]) => (
        <Node key={key} name={key} value={member} level={level + 1} />
      ))}
      {members.length > shown && (
        <button type="button" className="button" onClick={() => setShown(shown + MEMBERS_MAX)}>
          Show {Math.min(MEMBERS_MAX, members.length - shown)} more of {members.length - shown}
        </button>
      )}
    </details>
  )
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === 'string') {
    const text = value.length > TEXT_MAX ? `${value.slice(0, TEXT_MAX)}…` : value
    return <span className="string">"{text}"</span>
  }
  return <span className={value === null ? 'dim' : 'scalar'}>{String(value)}</span>
}
