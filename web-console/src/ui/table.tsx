/** Rows of text as a table, page by page. Every cell is text. */
import { useState } from 'react'
import { count } from '../format'
import { Pager } from './pager'

/** Rows of a page. */
const PAGE = 100
/** The most columns, and the longest cell, that are shown. */
const COLUMNS_MAX = 100
const CELL_MAX = 1_000
/** Up to here a cell stays on one line. */
const LINE_MAX = 40
/** What stands at the end of its column: a number, or none. */
const NUMBER = /^(-?\d[\d.eE+-]*)?$/

/** Rows with their heads. */
export interface Rows {
  head: readonly string[]
  rows: readonly (readonly string[])[]
  /** Whether there are more than were read. */
  isCut: boolean
}

/** The table. */
export function PagedTable({ head, rows, isCut, label }: Rows & { label: string }) {
  const [first, setFirst] = useState(0)
  const columns = head.slice(0, COLUMNS_MAX)
  const shown = rows.slice(first, first + PAGE)
  const ends = columns.map((_, place) => shown.length > 0 && shown.every((row) => NUMBER.test(row[place] ?? '')))
  return (
    <>
      <div className="scroll" tabIndex={0} role="region" aria-label={label}>
        <table>
          <thead>
            <tr>
              <th className="end">Row</th>
              {columns.map((cell, at) => (
                <th key={at} className={ends[at] ? 'end' : undefined}>
                  {short(cell)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row, at) => (
              <tr key={first + at}>
                <td className="end dim">{count(first + at)}</td>
                {columns.map((_, place) => (
                  <td key={place} className={ends[place] ? 'end' : (row[place] ?? '').length <= LINE_MAX ? 'line-cell' : 'wrap'}>
                    {short(row[place] ?? '')}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pager first={first} size={PAGE} all={rows.length} what="rows" onFirst={setFirst} />
      {head.length > COLUMNS_MAX && <p className="dim">{count(head.length - COLUMNS_MAX)} more columns are not shown.</p>}
      {isCut && <p className="dim">Only the first {count(rows.length)} rows were read.</p>}
    </>
  )
}

function short(text: string): string {
  return text.length > CELL_MAX ? `${text.slice(0, CELL_MAX)}…` : text
}

/** Lines of JSON as a table: a column for each name that an object has; nothing where a line is no JSON. */
export function linesOf(text: string, max: number): Rows | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const values: unknown[] = []
  try {
    for (const line of lines.slice(0, max)) values.push(exactly(line))
  } catch {
    return undefined
  }
  const members = values.map((value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? new Map(Object.entries(value)) : new Map([['value', value]])))
  const head = [...new Set(members.flatMap((one) => [...one.keys()]))]
  const rows = members.map((one) => head.map((name) => (one.has(name) ? cellOf(one.get(name)) : '')))
  return { head, rows, isCut: lines.length > max }
}

/** What a line of JSON means, with whole numbers that are too large for the page's own as their digits. */
export function exactly(line: string): unknown {
  const exact = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? context?.source : value
  const value: unknown = JSON.parse(line, exact)
  return value
}

function cellOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
