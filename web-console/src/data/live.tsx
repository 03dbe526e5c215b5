/** One stream of events for the whole page: what happened makes what is shown be looked at again. It shows nothing itself. */
import { AuthenticationError, type JobEvent, PermissionError } from '@inos/sdk'
import { useEffect } from 'react'
import { inos, queries, reach } from './client'
import { useSession } from './session'
import { Signal, useSignal } from './signal'

/** How many events are remembered for the feed. */
const REMEMBERED_MAX = 500
/** How often at most what is shown is looked at again, in milliseconds. */
const LOOK_MS = 400
/** How often the feed is drawn anew at most, in milliseconds. */
const DRAW_MS = 100
/** How often a server that is away is asked whether it is back, in milliseconds. */
const BACK_MS = 1_500
/** The pause before a stream that ended is opened again, in milliseconds. */
const AGAIN_MS = 1_000

/** What happened to the account's jobs, newest first. */
export const feed = new Signal<readonly JobEvent[]>([])

type Heard = (jobs: ReadonlySet<string>) => void
const listeners = new Set<Heard>()

/** Told, some times a second at most, which jobs something happened to. */
export function onJobs(heard: Heard): () => void {
  listeners.add(heard)
  return () => listeners.delete(heard)
}

const changed = new Set<string>()
let timer: ReturnType<typeof setTimeout> | undefined

function look(): void {
  timer = undefined
  if (document.hidden) {
    // Nobody sees it now; it is looked at once somebody does.
    document.addEventListener('visibilitychange', () => (timer ??= setTimeout(look, 0)), { once: true })
    return
  }
  const jobs = new Set(changed)
  changed.clear()
  for (const heard of listeners) heard(jobs)
  for (const id of jobs) void queries.invalidateQueries({ queryKey: ['job', id] })
  void queries.invalidateQueries({ queryKey: ['account'] })
}

/** Events with newer ones before them. Of a job's progress only the newest is kept: it says all that the others said. */
export function withNewer(events: readonly JobEvent[], newer: readonly JobEvent[]): JobEvent[] {
  const told = new Set<string>()
  return [...newer, ...events].filter(({ type, job = '' }) => {
    if (type !== 'progress') return true
    const isFirst = !told.has(job)
    told.add(job)
    return isFirst
  })
}

let fresh: JobEvent[] = []
let drawing: ReturnType<typeof setTimeout> | undefined

function draw(): void {
  drawing = undefined
  feed.set(withNewer(feed.read(), fresh).slice(0, REMEMBERED_MAX))
  fresh = []
}

function note(event: JobEvent): void {
  fresh.unshift(event)
  drawing ??= setTimeout(draw, DRAW_MS)
  if (event.job !== undefined && (event.state !== undefined || event.type === 'attempt')) changed.add(event.job)
  if (event.type !== 'log' && event.type !== 'output' && event.type !== 'progress') timer ??= setTimeout(look, LOOK_MS)
}

async function follow(signal: AbortSignal): Promise<void> {
  let after: number | undefined
  while (!signal.aborted) {
    try {
      for await (const event of inos.events({ signal, after })) {
        after = event.event ?? after
        note(event)
      }
    } catch (error) {
      // Who is signed out, or may not listen, is shown elsewhere, and would only be refused again.
      if (signal.aborted || error instanceof AuthenticationError || error instanceof PermissionError) return
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

/** Follows the events of the account while somebody who may see them is signed in. */
export function Live() {
  const session = useSession()
  const { key } = session
  const may = session.may('jobs')
  useEffect(() => {
    if (!may) return
    const stop = new AbortController()
    void follow(stop.signal)
    return () => {
      stop.abort()
      feed.set([])
    }
  }, [may, key])
  const { online } = useSignal(reach)
  useEffect(() => {
    if (online) return
    const asking = setInterval(() => void isBack(), BACK_MS)
    return () => clearInterval(asking)
  }, [online])
  return null
}

/** Asks whether the server is back; then everything that is shown is looked at again. */
async function isBack(): Promise<void> {
  try {
    await inos.node.version({ maxRetries: 0, timeoutMs: BACK_MS })
  } catch {
    // It is away: the banner says so already.
    return
  }
  // The list of jobs is brought up to date by its head below, unless there is none yet.
  await queries.invalidateQueries({ predicate: ({ queryKey, state }) => queryKey[0] !== 'jobs' || state.data === undefined })
  for (const heard of listeners) heard(new Set())
}
