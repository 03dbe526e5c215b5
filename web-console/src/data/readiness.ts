/** Whether the server takes work, by its own word: asked for again and again, and never believed longer than it was said. */
import { ProblemError, type Readiness } from '@inos/sdk'
import { useQuery } from '@tanstack/react-query'
import { inos } from './client'

/** How often it is asked, in milliseconds. */
export const ASKED_MS = 10_000

/** What `/readyz` says; of a server that takes no work only that. */
export type Ready = Pick<Readiness, 'status'> & Partial<Readiness>

async function ask(signal: AbortSignal): Promise<Ready> {
  try {
    return await inos.node.readiness({ signal, maxRetries: 0 })
  } catch (error) {
    // That it takes no work is an answer as well: what it said before is not true any more.
    if (error instanceof ProblemError && error.status === 503) return { status: 'unready' }
    throw error
  }
}

/** Whether the server takes work. */
export function useReadiness() {
  return useQuery({ queryKey: ['readiness'], queryFn: ({ signal }) => ask(signal), refetchInterval: ASKED_MS })
}
