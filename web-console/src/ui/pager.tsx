/** A part of many, with buttons to the parts beside it. */
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { count } from '../format'

/** The part of many that is shown, with buttons to the ones beside it. */
export function Pager({ first, size, all, what, onFirst }: { first: number; size: number; all: number; what: string; onFirst: (first: number) => void }) {
  if (all <= size) return <p className="dim pager">{`${count(all)} ${what}`}</p>
  const last = Math.floor((all - 1) / size) * size
  return (
    <div className="row pager">
      <button type="button" className="icon-button" aria-label={`Earlier ${what}`} disabled={first === 0} onClick={() => onFirst(Math.max(0, first - size))}>
        <ChevronLeft aria-hidden />
      </button>
      <span className="number">
        {count(first)} to {count(Math.min(all, first + size) - 1)} of {count(all)} {what}
      </span>
      <button type="button" className="icon-button" aria-label={`Later ${what}`} disabled={first >= last} onClick={() => onFirst(Math.min(last, first + size))}>
        <ChevronRight aria-hidden />
      </button>
    </div>
  )
}
