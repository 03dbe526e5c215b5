/** Rows of a Parquet or Arrow file: read by a job of the unit `data`, which says what it costs before it runs. */
import type { InputForm, MeasuredCapsule } from '@inos/sdk'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Table2 } from 'lucide-react'
import { inos } from '../data/client'
import { bytes as size, count } from '../format'
import { Id, Money, Trouble, wordsOf } from '../ui/parts'
import { linesOf, PagedTable } from '../ui/table'

/** How many rows the first job reads, and how many one that somebody asks for more reads. */
const FIRST_ROWS = 1_000
const MORE_ROWS = 20_000
/** Where the bytes are. */
interface Props {
  kind: string
  length: number
  label: string
  /** What the job is to read; asked once somebody wants rows. */
  input: () => InputForm | Promise<InputForm>
}

/** The rows, once somebody has asked for them. */
export function Columnar({ kind, length, label, input }: Props) {
  const read = useMutation({
    mutationFn: async (rows: number) => {
      const form = { params: paramsOf(rows), labels: { for: 'table' } }
      const { id } = await inos.jobs.submit('data', 'query', await input(), form)
      const job = await inos.jobs.wait(id)
      if (job.state !== 'succeeded') throw new Error(job.error?.detail ?? `The job ${job.state}.`)
      const { bytes } = await inos.jobs.output(id)
      const lines = linesOf(new TextDecoder().decode(bytes), rows)
      if (!lines) throw new Error('The job gave no rows that can be read here.')
      return { id, cost: job.cost, lines, asked: rows }
    },
  })
  const { data, isPending, error } = read
  return (
    <div className="stack columnar">
      {!data && (
        <p>
          {kind} keeps its rows by columns, {size(length)} of them, which a browser does not read. A job of the unit <code>data</code> does.
        </p>
      )}
      {data && (
        <>
          {data.lines.rows.length === 0 ? <p className="dim">It has no rows.</p> : <PagedTable {...data.lines} isCut={data.lines.rows.length >= data.asked} label={label} />}
          <p className="row dim">
            Read by{' '}
            <Link to="/jobs/$id" params={{ id: data.id }}>
              a job
            </Link>{' '}
            <Id id={data.id} /> for <Money amount={data.cost} />
          </p>
        </>
      )}
      {error && <Trouble error={error} />}
      {!data && <Read rows={FIRST_ROWS} length={length} isPending={isPending} onRead={read.mutate} />}
      {data && data.lines.rows.length >= data.asked && data.asked < MORE_ROWS && <Read rows={MORE_ROWS} length={length} isPending={isPending} onRead={read.mutate} />}
    </div>
  )
}

function paramsOf(rows: number) {
  return { sql: `SELECT * FROM input LIMIT ${rows}`, output: 'ndjson' as const }
}

/** The button, beside what it costs to press it. */
function Read({ rows, length, isPending, onRead }: { rows: number; length: number; isPending: boolean; onRead: (rows: number) => void }) {
  const { data, error } = useQuery({ queryKey: ['quote', 'rows', rows, length], queryFn: ({ signal }) => inos.quote(measured(rows, length), { signal }) })
  return (
    <div className="row">
      <button type="button" className="button" disabled={isPending || !data} onClick={() => onRead(rows)}>
        <Table2 aria-hidden />
        {isPending ? 'Reading …' : `Show the first ${count(rows)} rows`}
      </button>
      {error ? (
        <span className="bad">{wordsOf(error).detail}</span>
      ) : data ? (
        <span className="dim">
          costs about <Money amount={data.expected} />, at most <Money amount={data.most} />
        </span>
      ) : (
        <span className="dim">Quote …</span>
      )}
    </div>
  )
}

function measured(rows: number, length: number): MeasuredCapsule {
  return { unit: 'data', method: 'query', params: paramsOf(rows), inputs: [{ bytes: length }] }
}
