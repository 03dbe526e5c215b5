/** The list of jobs as it is kept: pages from the newest on, the newest looked at again when something happened. */
import { type Job, NotFoundError, type JobPage } from '@inos/sdk'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import type { Since } from '../router'
import { inos } from './client'
import { onJobs } from './live'
import { type Filter, fitting, type Pages, withHead } from './pages'

/** How many jobs come at once. */
const PAGE_LEN = 200
/** How many are looked at again when something happened. */
const HEAD_LEN = 100
/** How many of those that changed are looked at one by one at most; more are left to the next look. */
const SINGLES_MAX = 20

const SINCE_MS: { [since in Since]: number } = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 }

/** The first page has no cursor. */
const FIRST: { cursor: string | undefined } = { cursor: undefined }

function query({ status, method, since }: Filter): { [name: string]: string | undefined } {
  const [unit, name] = method?.split('.') ?? []
  const from = since && new Date(Date.now() - SINCE_MS[since]).toISOString()
  return { status, unit: unit || undefined, method: name || undefined, since: from }
}

async function fetchPage(filter: Filter, cursor: string | undefined, signal?: AbortSignal, limit = PAGE_LEN): Promise<JobPage> {
  return inos.request<JobPage>({ method: 'GET', path: '/v1/jobs', query: { ...query(filter), limit, cursor } }, { signal })
}

/** The list, kept current while it is looked at. */
export function useJobs(filter: Filter) {
  const client = useQueryClient()
  const { status, method, since } = filter
  const key = useMemo(() => ['jobs', { status, method, since }], [status, method, since])
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => fetchPage({ status, method, since }, pageParam, signal),
    initialPageParam: FIRST.cursor,
    getNextPageParam: ({ next_cursor: next }: JobPage) => next ?? undefined,
    // Looking again means the head; all pages anew would be as many requests as somebody has scrolled.
    refetchOnWindowFocus: false,
    refetchOnMount: false,
    staleTime: Infinity,
    gcTime: 0,
  })
  useEffect(() => {
    const filter: Filter = { status, method, since }
    const heard = (ids: ReadonlySet<string>) => {
      void look(filter, ids).then(
        ({ head, others }) => client.setQueryData<Pages>(key, (pages) => pages && fitting(withHead(pages, head, others), filter)),
        // The way is lost: the banner says so, and the next look makes up for it.
        () => undefined,
      )
    }
    return onJobs(heard)
  }, [client, key, status, method, since])
  return list
}

/** The head of the list, and those beyond it to which something happened. */
async function look(filter: Filter, ids: ReadonlySet<string>): Promise<{ head: JobPage; others: Job[] }> {
  const head = await fetchPage(filter, undefined, undefined, HEAD_LEN)
  const seen = new Set(head.items.map(({ id }) => id))
  const beyond = [...ids].filter((id) => !seen.has(id)).slice(0, SINGLES_MAX)
  const found = await Promise.all(beyond.map(lookAt))
  return { head, others: found.filter((job) => job !== undefined) }
}

async function lookAt(id: string): Promise<Job | undefined> {
  try {
    return await inos.jobs.get(id)
  } catch (error) {
    if (error instanceof NotFoundError) return undefined
    throw error
  }
}
