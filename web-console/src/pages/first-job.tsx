/** The first minute: one file of the newcomer's choice, hashed in front of them; timeline, hash, cost, receipt, verified here. */
import { isFinal } from '@inos/sdk'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { ArrowRight, Check, FileUp } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import { inos } from '../data/client'
import { inputOf, isTooLarge } from '../data/inputs'
import { useSession } from '../data/session'
import { bytes } from '../format'
import { StateMark } from '../ui/icons'
import { CopyButton, Id, Money, PageHead, Trouble, Waiting } from '../ui/parts'
import { check, Findings } from './jobs/receipt'
import { Timeline } from './jobs/timeline'

/** What is hashed where somebody has no file at hand. */
const SENTENCE = 'The quick brown fox jumps over the lazy dog'

/** How often the job is looked at beside what its events tell, in milliseconds. */
const LOOK_MS = 500

/** A job that was accepted, and what it is of. */
interface Begun {
  id: string
  file: Blob
  name: string
}

/** The guide. */
export function FirstJob() {
  const session = useSession()
  const field = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  const running = useMutation({ mutationFn: ({ file, name }: { file: Blob; name: string }) => submit(file, name, session.may('blobs')) })
  const begin = (file: File | undefined) => {
    if (file) running.mutate({ file, name: file.name })
  }
  return (
    <main id="main" className="page narrow">
      <PageHead title="Run a first job" note="A job is a method, run on bytes. This one takes the BLAKE3 of a file: its fingerprint." />
      <div
        className={over ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault()
          setOver(true)
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault()
          setOver(false)
          begin(event.dataTransfer.files[0])
        }}
      >
        <FileUp aria-hidden />
        <p>Drop any file here. It goes to this server and nowhere else.</p>
        <div className="row">
          <button type="button" className="button primary" disabled={running.isPending} onClick={() => field.current?.click()}>
            Choose a file
          </button>
          <button type="button" className="button" disabled={running.isPending} onClick={() => running.mutate({ file: new Blob([SENTENCE]), name: 'a sentence' })}>
            Use a sentence instead
          </button>
        </div>
        <input ref={field} className="hidden" type="file" aria-label="The file to hash" tabIndex={-1} onChange={(event) => begin(event.target.files?.[0])} />
      </div>
      {running.error && <Trouble error={running.error} />}
      {running.isPending && <p role="status">Sending {running.variables.name} …</p>}
      {running.data && <Story key={running.data.id} begun={running.data} />}
    </main>
  )
}

async function submit(file: Blob, name: string, mayStore: boolean): Promise<Begun> {
  if (isTooLarge(file, mayStore)) throw new Error(`${name} is ${bytes(file.size)}, and this key may not store files: choose one of at most 4 MiB.`)
  const input = await inputOf(file, mayStore)
  const { id } = await inos.jobs.submit('compute', 'blake3', [input], { labels: { from: 'first-job' } })
  return { id, file, name }
}

/** What happened, step by step, with the newcomer's own job. */
function Story({ begun: { id, file, name } }: { begun: Begun }) {
  const { data: job, error } = useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => inos.jobs.get(id, { signal }),
    refetchInterval: ({ state }) => (state.data && isFinal(state.data.state) ? false : LOOK_MS),
  })
  const ended = job !== undefined && isFinal(job.state)
  const output = useQuery({ queryKey: ['output', id, 0], queryFn: () => inos.jobs.output(id), enabled: job?.state === 'succeeded', staleTime: Infinity })
  const receipt = useQuery({ queryKey: ['receipt', id], queryFn: () => inos.jobs.receipt(id), enabled: ended, staleTime: Infinity })
  const { data: signed } = receipt
  const verified = useQuery({
    queryKey: ['verified', id],
    queryFn: async () => (signed && job ? check(signed, job, file) : []),
    enabled: signed !== undefined && ended,
    staleTime: Infinity,
  })
  if (!job) return error ? <Trouble error={error} /> : <Waiting label="Looking at the job" />
  const hash = output.data?.text() ?? ''
  const first = (
    <Step title={ended ? (job.state === 'succeeded' ? 'It ran' : 'It ended') : 'It was accepted'}>
      <p className="row">
        <StateMark state={job.state} /> <Id id={job.id} />
      </p>
      <Timeline job={job} />
      {job.waiting && <p className="why">{job.waiting.detail}</p>}
      {job.error && <p className="bad">{job.error.detail}</p>}
    </Step>
  )
  if (!ended) return <ol className="story">{first}</ol>
  return (
    <ol className="story">
      {first}
      {hash !== '' && (
        <Step title={`This is the fingerprint of ${name}`}>
          <p className="hash">
            <code>{hash}</code> <CopyButton text={hash} label="Copy the hash" />
          </p>
          <p className="dim">
            {bytes(file.size)} went in. Whoever hashes the same bytes gets the same text: try <code>b3sum</code>.
          </p>
        </Step>
      )}
      <Step title="You paid for it once">
        <p>
          <Money amount={job.cost} />, by the method's price. <Link to="/credits">See where it went</Link>
        </p>
      </Step>
      <Step title="And you need not believe us">
        {receipt.error && <Trouble error={receipt.error} />}
        {verified.error && <Trouble error={verified.error} />}
        {verified.data ? <Findings findings={verified.data} /> : <p className="dim">Checking the signed receipt …</p>}
        <p className="dim">The node signed what went in, what came out and what it cost. This page checked it without asking anybody.</p>
      </Step>
      <Step title="Next" isDone={false}>
        <ul className="next">
          <li>
            <Link to="/playground">Try another method</Link>, with a quote before it runs
          </li>
          <li>
            <Link to="/jobs/$id" params={{ id: job.id }}>
              Look at this job
            </Link>{' '}
            among all others
          </li>
          <li>
            <Link to="/keys">Make a key</Link> for a program of your own
          </li>
        </ul>
      </Step>
    </ol>
  )
}

function Step({ title, children, isDone = true }: { title: string; children: ReactNode; isDone?: boolean }) {
  const Icon = isDone ? Check : ArrowRight
  return (
    <li>
      <Icon aria-hidden className={isDone ? 'tick' : 'tick ahead'} />
      <div>
        <h2>{title}</h2>
        {children}
      </div>
    </li>
  )
}
