/** What a job gave: each output by what it is, seen here where that can be, and to be had whole. */
import type { Job, OutputInfo } from '@inos/sdk'
import { isFinal, NotFoundError } from '@inos/sdk'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { inos } from '../../data/client'
import { lazy, Suspense } from 'react'
import { bytes } from '../../format'
import { save } from '../../data/save'
import { tellTrouble } from '../../ui/notices'
import { CopyButton, Empty, Id, Trouble, Waiting } from '../../ui/parts'
import { columnarOf } from '../../ui/columns'
import { Preview } from '../../ui/preview'

const Columnar = lazy(async () => ({ default: (await import('../rows')).Columnar }))

/** The most bytes that are fetched to be looked at. */
const PREVIEW_BYTES_MAX = 8 << 20
/** How much of something larger is looked at: its head. */
const HEAD_BYTES = 64 << 10
/** The most bytes that a page can keep to save them. */
const SAVE_BYTES_MAX = 512 << 20

/** The outputs of a job. */
export function Outputs({ job }: { job: Job }) {
  if (!isFinal(job.state)) {
    return (
      <Empty title="Not yet">
        <p>The outputs are here once the job has succeeded.</p>
      </Empty>
    )
  }
  if (job.outputs.length === 0) {
    return (
      <Empty title="No outputs">
        <p>{job.state === 'succeeded' ? 'The method gives none.' : 'A job that did not succeed leaves none.'}</p>
      </Empty>
    )
  }
  return (
    <div className="stack wide">
      {job.outputs.map((info, at) => (
        <OneOutput key={`${job.id}-${at}`} job={job} at={at} info={info} />
      ))}
    </div>
  )
}

function OneOutput({ job, at, info }: { job: Job; at: number; info: OutputInfo }) {
  return (
    <article className="output">
      <header className="row between">
        <span>
          <strong>{info.media_type}</strong> <span className="dim">{bytes(info.bytes)}</span>
        </span>
        {job.outputs_kept && <SaveButton job={job} at={at} info={info} />}
      </header>
      <p className="row dim">
        BLAKE3 <Id id={info.hash} />
      </p>
      {job.outputs_kept ? (
        <Look job={job} at={at} info={info} />
      ) : (
        <p className="dim">These bytes were not kept: they went to whoever asked, and the hash is what is left. Ask with “keep” to keep them.</p>
      )}
    </article>
  )
}

function Look({ job, at, info }: { job: Job; at: number; info: OutputInfo }) {
  const kind = columnarOf(info.media_type)
  if (kind === undefined) return <LookAtBytes job={job} at={at} info={info} />
  return (
    <>
      <Suspense fallback={<Waiting lines={2} />}>
        <Columnar kind={kind} length={info.bytes} label={`Rows of output ${at} of ${job.unit}.${job.method}`} input={() => ({ job: job.id, output: at })} />
      </Suspense>
      <details className="as-bytes">
        <summary>Its bytes</summary>
        <LookAtBytes job={job} at={at} info={info} />
      </details>
    </>
  )
}

function LookAtBytes({ job, at, info }: { job: Job; at: number; info: OutputInfo }) {
  const isWhole = info.bytes <= PREVIEW_BYTES_MAX
  const { data, error } = useQuery({
    queryKey: ['output', job.id, at],
    queryFn: ({ signal }) => inos.jobs.output(job.id, at, isWhole ? { signal } : { signal, headers: { range: `bytes=0-${HEAD_BYTES - 1}` } }),
    // Bytes with a hash never become others.
    staleTime: Infinity,
  })
  if (error instanceof NotFoundError) return <p className="dim">These bytes are not kept any more.</p>
  if (error) return <Trouble error={error} />
  if (!data) return <Waiting label="Loading the output" />
  return (
    <>
      {!isWhole && (
        <p className="dim">
          The first {bytes(HEAD_BYTES)} of {bytes(info.bytes)}.
        </p>
      )}
      <Preview bytes={data.bytes} mediaType={isWhole ? info.media_type : 'application/octet-stream'} label={`Output ${at} of ${job.unit}.${job.method}`} />
    </>
  )
}

function SaveButton({ job, at, info }: { job: Job; at: number; info: OutputInfo }) {
  const { mutate, isPending } = useMutation({
    mutationFn: async () => {
      const { bytes: whole, mediaType } = await inos.jobs.output(job.id, at, { timeoutMs: 0 })
      save(whole, mediaType, `${job.id}-${at}`)
    },
    onError: tellTrouble,
  })
  if (info.bytes > SAVE_BYTES_MAX) {
    return <CopyButton text={`inos jobs output ${job.id} ${at} > output`} label="Copy the command" words="Copy the command that saves it" />
  }
  return (
    <button type="button" className="button" disabled={isPending} onClick={() => mutate()}>
      <Download aria-hidden />
      Save
    </button>
  )
}
