/** What came of a try: the job as it goes, or what was answered at once and is kept nowhere. */
import { isFinal, type RunOutput } from '@inos/sdk'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Download } from 'lucide-react'
import { inos } from '../../data/client'
import { save } from '../../data/save'
import { bytes } from '../../format'
import { StateMark } from '../../ui/icons'
import { Id, Money, Trouble, Waiting } from '../../ui/parts'
import { Preview } from '../../ui/preview'
import { Outputs } from '../jobs/outputs'
import { Timeline } from '../jobs/timeline'

/** How often a job under way is looked at beside what its events tell, in milliseconds. */
const LOOK_MS = 1_000

/** A job that was accepted. */
export function Result({ id }: { id: string }) {
  const { data: job, error } = useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => inos.jobs.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data && isFinal(state.data.state) ? false : LOOK_MS),
  })
  if (error && !job) return <Trouble error={error} />
  if (!job) return <Waiting label="Looking at the job" />
  return (
    <section className="section" aria-label="Result">
      <header>
        <StateMark state={job.state} />
        <Link to="/jobs/$id" params={{ id }}>
          Open the job
        </Link>
      </header>
      <div className="body stack wide">
        <p className="row between">
          <Id id={id} />
          {isFinal(job.state) && (
            <span>
              cost <Money amount={job.cost} />
            </span>
          )}
        </p>
        <Timeline job={job} />
        {job.error && (
          <div className="trouble flat" role="alert">
            <h2>{job.error.title}</h2>
            <p>{job.error.detail}</p>
          </div>
        )}
        {job.outputs.length > 0 && <Outputs job={job} />}
      </div>
    </section>
  )
}

/** What was answered at once. */
export function Direct({ output }: { output: RunOutput }) {
  return (
    <section className="section" aria-label="Result">
      <header>
        <StateMark state="succeeded" />
        <span>
          cost <Money amount={output.cost} />
        </span>
      </header>
      <div className="body stack wide">
        <p className="row between">
          <span>
            <strong>{output.mediaType}</strong> <span className="dim">{bytes(output.bytes.length)}; a secret: the server keeps none of it</span>
          </span>
          <button type="button" className="button" onClick={() => save(output.bytes, output.mediaType, output.job)}>
            <Download aria-hidden />
            Save
          </button>
        </p>
        <Preview bytes={output.bytes} mediaType={output.mediaType} label="Result" />
      </div>
    </section>
  )
}
