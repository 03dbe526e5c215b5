/** The jobs of the account: what is happening, and why it waits. A job opens beside the list, under an address of its own. */
import type { Job, State } from '@inos/sdk'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { type RowSelectionState } from '@tanstack/react-table'
import { Search } from 'lucide-react'
import { useDeferredValue, useMemo, useRef, useState } from 'react'
import { inos } from '../../data/client'
import { useJobs } from '../../data/jobs'
import { hasWords } from '../../data/pages'
import { isCancellable, isRetryable, isStateWord, STATES } from '../../data/states'
import { count } from '../../format'
import type { JobsSearch, Since } from '../../router'
import { useKeys } from '../../shell/keys'
import { Confirm } from '../../ui/dialog'
import { tell, tellTrouble } from '../../ui/notices'
import { Empty, PageHead, Trouble, Waiting } from '../../ui/parts'
import { JobTable } from './table'

const route = getRouteApi('/jobs')

/** How many jobs are cancelled or asked for again at the same time. */
const AT_ONCE = 8

/** The list, with the job beside it that the address names. */
export function JobsPage() {
  const search = route.useSearch()
  const { id: open } = useParams({ strict: false })
  const list = useJobs(search)
  const words = useDeferredValue(search.q ?? '')
  const all = useMemo(() => (list.data?.pages ?? []).flatMap(({ items }) => items), [list.data])
  const shown = useMemo(() => (words === '' ? all : all.filter((job) => hasWords(job, words))), [all, words])
  const [chosen, setChosen] = useState<RowSelectionState>({})
  const [cursor, setCursor] = useState<string>()
  const field = useRef<HTMLInputElement>(null)
  const navigate = useNavigate()
  const at = shown.findIndex(({ id }) => id === (cursor ?? open))
  const go = (step: number) => {
    const next = shown[Math.max(0, Math.min(shown.length - 1, at + step))]
    if (!next) return
    setCursor(next.id)
    if (open) void navigate({ to: '/jobs/$id', params: { id: next.id }, search: true })
  }
  useKeys({
    '/': () => field.current?.focus(),
    j: () => go(1),
    k: () => go(-1),
    Enter: () => {
      const job = shown[at]
      if (job) void navigate({ to: '/jobs/$id', params: { id: job.id }, search: true })
    },
    x: () => {
      const job = shown[at]
      if (job) setChosen(({ [job.id]: was, ...rest }) => (was ? rest : { ...rest, [job.id]: true }))
    },
    Escape: () => {
      if (open) void navigate({ to: '/jobs', search: true })
      else setChosen({})
    },
  })
  const selected = all.filter(({ id }) => chosen[id])
  return (
    <div className={open ? 'split open' : 'split'}>
      <main id="main" className="page fill">
        <PageHead title="Jobs" note={list.data && `${words === '' ? '' : `${count(shown.length)} of `}${count(all.length)} loaded, newest first`}>
          <Link to="/playground" className="button">
            Run something
          </Link>
        </PageHead>
        <Filters search={search} field={field} />
        {selected.length > 0 && <Bulk jobs={selected} onDone={() => setChosen({})} />}
        {list.error && !list.data ? (
          <Trouble error={list.error} again={() => void list.refetch()} />
        ) : list.data === undefined ? (
          <Waiting lines={12} label="Loading jobs" />
        ) : shown.length === 0 ? (
          <Nothing search={search} isMore={list.hasNextPage} onMore={() => void list.fetchNextPage()} />
        ) : (
          <JobTable
            jobs={shown}
            current={cursor ?? open}
            chosen={chosen}
            onChosen={setChosen}
            next={list}
          />
        )}
      </main>
      <Outlet />
    </div>
  )
}

function Filters({ search, field }: { search: JobsSearch; field: React.RefObject<HTMLInputElement | null> }) {
  const navigate = useNavigate()
  const { data } = useQuery({ queryKey: ['units'], queryFn: ({ signal }) => inos.units.list({ signal }), staleTime: 60_000 })
  const set = (change: { [name in keyof JobsSearch]?: JobsSearch[name] | undefined }) => {
    const next = Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined && value !== '')
    void navigate({ to: '/jobs', search: Object.fromEntries(next), replace: true })
  }
  return (
    <form className="filters" role="search" aria-label="Jobs" onSubmit={(event) => event.preventDefault()}>
      <div className="with-icon">
        <Search aria-hidden />
        <input
          ref={field}
          type="search"
          aria-label="Search the loaded jobs by id, method or label"
          placeholder="Id, method, label ( / )"
          value={search.q ?? ''}
          onChange={(event) => set({ q: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur()
          }}
        />
      </div>
      <select aria-label="State" value={search.status ?? ''} onChange={(event) => set({ status: stateOf(event.target.value) })}>
        <option value="">Any state</option>
        {STATES.map((state) => (
          <option key={state}>{state}</option>
        ))}
      </select>
      <select aria-label="Method" value={search.method ?? ''} onChange={(event) => set({ method: event.target.value })}>
        <option value="">Any method</option>
        {(data?.items ?? []).map((unit) => (
          <optgroup key={unit.name} label={unit.name}>
            {unit.methods.map(({ name }) => (
              <option key={name}>{`${unit.name}.${name}`}</option>
            ))}
          </optgroup>
        ))}
      </select>
      <select aria-label="Accepted" value={search.since ?? ''} onChange={(event) => set({ since: sinceOf(event.target.value) })}>
        <option value="">At any time</option>
        <option value="1h">Last hour</option>
        <option value="24h">Last 24 hours</option>
        <option value="7d">Last 7 days</option>
      </select>
    </form>
  )
}

function stateOf(word: string): State | undefined {
  return isStateWord(word) ? word : undefined
}

function sinceOf(word: string): Since | undefined {
  return word === '1h' || word === '24h' || word === '7d' ? word : undefined
}

/** What may be done to several jobs at once: only what at least one of them takes. */
function Bulk({ jobs, onDone }: { jobs: Job[]; onDone: () => void }) {
  const [asking, setAsking] = useState(false)
  const [cancellable, retryable] = [jobs.filter(isCancellable), jobs.filter(isRetryable)]
  const { mutate, isPending } = useMutation({
    mutationFn: ({ ids, act }: { ids: string[]; act: (id: string) => Promise<unknown>; words: string }) => each(ids, act),
    onSuccess: ({ done, failed }, { words }) => {
      tell(failed === 0 ? `${words} ${count(done)} jobs` : `${words} ${count(done)} jobs; ${count(failed)} would not`)
      setAsking(false)
      onDone()
    },
    onError: tellTrouble,
  })
  const ids = (some: Job[]) => some.map(({ id }) => id)
  return (
    <div className="bulk" role="toolbar" aria-label="Selected jobs">
      <strong>{count(jobs.length)} selected</strong>
      {cancellable.length > 0 && (
        <button type="button" className="button danger" disabled={isPending} onClick={() => setAsking(true)}>
          Cancel {count(cancellable.length)}
        </button>
      )}
      {retryable.length > 0 && (
        <button
          type="button"
          className="button"
          disabled={isPending}
          onClick={() => mutate({ ids: ids(retryable), act: (id) => inos.jobs.retry(id), words: 'Asked again for' })}
        >
          Retry {count(retryable.length)}
        </button>
      )}
      <button type="button" className="button" onClick={onDone}>
        Select none
      </button>
      {asking && (
        <Confirm
          title={`Cancel ${count(cancellable.length)} jobs?`}
          verb={`Cancel ${count(cancellable.length)} jobs`}
          pending={isPending}
          onClose={() => setAsking(false)}
          onConfirm={() => mutate({ ids: ids(cancellable), act: (id) => inos.jobs.cancel(id), words: 'Cancelled' })}
        >
          <p>Jobs that wait cost nothing. Those that run pay for their input and the time they ran; what is held beyond that comes back.</p>
        </Confirm>
      )}
    </div>
  )
}

/** Does something to each, a few at a time; what one refuses is counted and no reason to stop. */
async function each(ids: string[], act: (id: string) => Promise<unknown>): Promise<{ done: number; failed: number }> {
  const left = [...ids]
  let [done, failed] = [0, 0]
  const work = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      try {
        await act(id)
        done += 1
      } catch {
        failed += 1
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return { done, failed }
}

function Nothing({ search, isMore, onMore }: { search: JobsSearch; isMore: boolean; onMore: () => void }) {
  if (Object.values(search).some((value) => value !== undefined)) {
    return (
      <Empty title="No job fits">
        <p>{isMore ? 'None of those that are loaded has these words.' : 'Take a filter away to see more.'}</p>
        <div className="row">
          {isMore && (
            <button type="button" className="button" onClick={onMore}>
              Load more
            </button>
          )}
          <Link to="/jobs" search={{}} className="button">
            Show all jobs
          </Link>
        </div>
      </Empty>
    )
  }
  return (
    <Empty title="No jobs yet">
      <p>A job is a method of a unit, run on bytes. This runs one from a terminal:</p>
      <pre>echo hello | inos run compute.blake3 -</pre>
      <Link to="/first-job" className="button primary">
        Run a first job here
      </Link>
    </Empty>
  )
}
