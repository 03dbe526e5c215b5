/** The rows of the list: as many as are seen are drawn, however many there are. */
import type { Job } from '@inos/sdk'
import { useNavigate } from '@tanstack/react-router'
import { type ColumnDef, flexRender, getCoreRowModel, type OnChangeFn, type Row, type RowSelectionState, useReactTable } from '@tanstack/react-table'
import { useVirtualizer } from '@tanstack/react-virtual'
import { memo, useEffect, useRef, useState } from 'react'
import { count, micros, shortId } from '../../format'
import { StateMark } from '../../ui/icons'
import { More, type Next } from '../../ui/more'
import { Money, When } from '../../ui/parts'
import { costOf } from '../../data/states'

const ROW_PX = 34
/** A row with a line above and below it. */
const HEAD_PX = ROW_PX + 2
/** How many rows before the end the next page is asked for. */
const AHEAD = 60
const GLOW_MS = 1_200

interface Props {
  jobs: Job[]
  current: string | undefined
  chosen: RowSelectionState
  onChosen: OnChangeFn<RowSelectionState>
  /** What comes after them. */
  next: Next
}

const COLUMNS: ColumnDef<Job>[] = [
  {
    id: 'select',
    header: ({ table }) => (
      <input
        type="checkbox"
        aria-label="Select all loaded jobs"
        checked={table.getIsAllRowsSelected()}
        ref={(box) => {
          if (box) box.indeterminate = table.getIsSomeRowsSelected()
        }}
        onChange={table.getToggleAllRowsSelectedHandler()}
      />
    ),
    cell: ({ row }) => (
      <input type="checkbox" aria-label={`Select ${shortId(row.id)}`} checked={row.getIsSelected()} onChange={row.getToggleSelectedHandler()} />
    ),
  },
  { id: 'state', header: 'State', cell: ({ row: { original } }) => <StateMark state={original.state} /> },
  {
    id: 'method',
    header: 'Method',
    cell: ({ row: { original } }) => (
      <span className="method">
        <span>
          {original.unit}.{original.method}
        </span>
        <code className="dim">{shortId(original.id)}</code>
      </span>
    ),
  },
  { id: 'labels', header: 'About', cell: ({ row: { original } }) => <About job={original} /> },
  { id: 'queued', header: 'Waited', cell: ({ row: { original } }) => micros(original.metrics?.queued_us) },
  { id: 'run', header: 'Ran', cell: ({ row: { original } }) => micros(original.metrics?.run_us) },
  { id: 'cost', header: 'Cost', cell: ({ row: { original } }) => <Money amount={costOf(original)} /> },
  { id: 'submitted', header: 'Accepted', cell: ({ row: { original } }) => <When at={original.submitted} /> },
]

/** What is worth saying of a job in one line. */
function About({ job }: { job: Job }) {
  const { error, waiting, labels = {} } = job
  if (error) return <span className="about bad">{error.title}</span>
  if (waiting) return <span className="about dim">{waiting.detail}</span>
  return (
    <span className="about">
      {Object.entries(labels).map(([name, value]) => (
        <span key={name} className="chip" title={`${name}=${value}`}>
          {name}={value}
        </span>
      ))}
    </span>
  )
}

/** The list. */
export function JobTable({ jobs, current, chosen, onChosen, next }: Props) {
  const { hasNextPage: isMore, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = next
  const scroll = useRef<HTMLDivElement>(null)
  const navigate = useNavigate()
  const table = useReactTable({
    data: jobs,
    columns: COLUMNS,
    getCoreRowModel: getCoreRowModel(),
    getRowId: ({ id }) => id,
    state: { rowSelection: chosen },
    onRowSelectionChange: onChosen,
  })
  const { rows } = table.getRowModel()
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    // The head stands above all rows, and the virtualizer does not know of it.
    scrollPaddingEnd: HEAD_PX,
    getItemKey: (at) => rows[at]?.id ?? at,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    // What could not be had is asked for again by whoever looks, or once the server is back.
    if (isMore && !isFetchingNextPage && !isFetchNextPageError && last >= rows.length - AHEAD) void fetchNextPage()
  }, [isMore, isFetchingNextPage, isFetchNextPageError, last, rows.length, fetchNextPage])
  const at = rows.findIndex(({ id }) => id === current)
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' })
    // When the row changes that is looked at, not whenever rows come before it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [current])
  const open = (id: string) => void navigate({ to: '/jobs/$id', params: { id }, search: true })
  return (
    <div className="job-list">
      <div className="job-scroll" ref={scroll} tabIndex={0} role="table" aria-label="Jobs" aria-rowcount={isMore ? -1 : rows.length + 1}>
        <div className="job-head" role="rowgroup">
          <div className="job-row" role="row" aria-rowindex={1}>
            {table.getFlatHeaders().map((header) => (
              <div key={header.id} role="columnheader" className={`c-${header.id}`}>
                {flexRender(header.column.columnDef.header, header.getContext())}
              </div>
            ))}
          </div>
        </div>
        <div className="job-rows" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, key, start }) => {
            const row = rows[index]
            return row && <JobRow key={key} row={row} job={row.original} index={index} start={start} isCurrent={row.id === current} isChosen={row.getIsSelected()} onOpen={open} />
          })}
        </div>
      </div>
      {isFetchNextPageError ? (
        <More next={next} words={`Load more than ${count(rows.length)}`} />
      ) : (
        <p className="job-foot dim">
          {count(rows.length)} {isMore ? 'loaded; more come as you scroll' : 'in all'}
        </p>
      )}
    </div>
  )
}

interface RowProps {
  row: Row<Job>
  job: Job
  index: number
  start: number
  isCurrent: boolean
  isChosen: boolean
  onOpen: (id: string) => void
}

const JobRow = memo(function JobRow({ row, job, index, start, isCurrent, isChosen, onOpen }: RowProps) {
  const glows = useGlow(job.state)
  const name = `${isCurrent ? ' current' : ''}${isChosen ? ' chosen' : ''}${glows ? ' glow' : ''}`
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={`job-row ${name}`}
      style={{ position: 'absolute', top: 0, left: 0, right: 0, height: ROW_PX, transform: `translateY(${start}px)` }}
      onClick={(event) => {
        if (!(event.target instanceof HTMLInputElement)) onOpen(job.id)
      }}
    >
      {row.getVisibleCells().map((cell) => (
        <div key={cell.id} role="cell" className={`c-${cell.column.id}`}>
          {cell.column.id === 'method' ? (
            <a
              href={`/console/jobs/${job.id}`}
              onClick={(event) => {
                if (event.ctrlKey || event.metaKey || event.shiftKey) return event.stopPropagation()
                event.preventDefault()
              }}
            >
              {flexRender(cell.column.columnDef.cell, cell.getContext())}
            </a>
          ) : (
            flexRender(cell.column.columnDef.cell, cell.getContext())
          )}
        </div>
      ))}
    </div>
  )
})

/** True for a moment after the value became another: something moved, and nothing else does. */
function useGlow(value: string): boolean {
  const [seen, setSeen] = useState(value)
  const glows = seen !== value
  useEffect(() => {
    if (!glows) return
    const timer = setTimeout(() => setSeen(value), GLOW_MS)
    return () => clearTimeout(timer)
  }, [glows, value])
  return glows
}
