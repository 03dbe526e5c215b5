/** Pages of jobs as values: what a newer look changes of them, and which of them fit. Nothing here asks anything. */
import type { Job, JobPage } from '@inos/sdk'
import type { InfiniteData } from '@tanstack/react-query'
import type { JobsSearch } from '../router'

/** Pages of a list, newest first. */
export type Pages = InfiniteData<JobPage, string | undefined>

/** What the server filters by; words are looked for in what is there. */
export type Filter = Pick<JobsSearch, 'status' | 'method' | 'since'>

/**
 * The pages with a newer look at their head, and at some others: what is new comes first, what is known is replaced, nothing
 * is twice. Where the head does not reach what is known, jobs between them would be missing: then it is all that is known.
 */
export function withHead(pages: Pages, head: JobPage, others: readonly Job[] = []): Pages {
  const [first, ...rest] = pages.pages
  if (!first) return pages
  const newer = new Map([...others, ...head.items].map((job) => [job.id, job]))
  const known = new Set(pages.pages.flatMap(({ items }) => items.map(({ id }) => id)))
  const fresh = head.items.filter(({ id }) => !known.has(id))
  if (head.next_cursor && fresh.length === head.items.length) return { pages: [head], pageParams: pages.pageParams.slice(0, 1) }
  const replaced = (page: JobPage): JobPage =>
    page.items.some(({ id }) => newer.has(id)) ? { ...page, items: page.items.map((job) => newer.get(job.id) ?? job) } : page
  const top = replaced(first)
  return { ...pages, pages: [{ ...top, items: [...fresh, ...top.items] }, ...rest.map(replaced)] }
}

/** The pages without jobs that are of another state than was asked for. */
export function fitting(pages: Pages, { status }: Filter): Pages {
  if (status === undefined) return pages
  const fits = ({ state }: Job) => state === status
  return { ...pages, pages: pages.pages.map((page) => (page.items.every(fits) ? page : { ...page, items: page.items.filter(fits) })) }
}

/** Whether a job has all the words that somebody looks for: in its id, its method, its labels, its error. */
export function hasWords(job: Job, words: string): boolean {
  const labels = Object.entries(job.labels ?? {}).map(([name, value]) => `${name}=${value}`)
  const text = [job.id, `${job.unit}.${job.method}`, job.state, job.error?.code ?? '', ...labels].join(' ').toLowerCase()
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word))
}
