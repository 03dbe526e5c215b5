/** Who is signed in, and what they may do. The cookie itself is never seen by the page. */
import { AuthenticationError, type ConsoleSession, type Scope } from '@inos/sdk'
import { useQuery } from '@tanstack/react-query'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo } from 'react'
import { expelled, inos, keepSecret, queries, withKey } from './client'
import { Signal, useSignal } from './signal'

const KEY = ['session']

/** Somebody who is signed in. */
export interface Session extends ConsoleSession {
  /** Whether the key is good for this; `admin` is good for everything. */
  may(scope: Scope): boolean
  signOut(): Promise<void>
}

const Context = createContext<Session | undefined>(undefined)

/** Who is signed in; only below `WithSession`. */
export function useSession(): Session {
  const session = useContext(Context)
  if (!session) throw new Error('this part of the page is shown to nobody who is not signed in')
  return session
}

/** Takes the ticket out of the address, so that it stands in no history. */
function takeTicket(): string | undefined {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket') ?? undefined
  if (ticket !== undefined) history.replaceState(null, '', location.pathname + location.search)
  return ticket
}

let ticket = takeTicket()

/** Whether somebody came by a link that signs nobody in any more. */
export const linkFailed = new Signal(false)

/** Signs in by the link's ticket where there is one, else asks who is signed in; nobody is an answer too. */
async function look(signal: AbortSignal): Promise<ConsoleSession | null> {
  const claimed = ticket
  ticket = undefined
  if (claimed !== undefined) {
    try {
      return kept(await inos.console.claim(claimed))
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error
      linkFailed.set(true)
    }
  }
  try {
    return await inos.console.get({ signal })
  } catch (error) {
    if (error instanceof AuthenticationError) return null
    throw error
  }
}

/** Keeps the secret of a session that was just begun, and gives the rest of what is known of it. */
function kept({ secret, ...session }: ConsoleSession): ConsoleSession {
  keepSecret(secret)
  return session
}

/** Shows the page to somebody else; what was known of another account is forgotten. */
function become(session: ConsoleSession | null): void {
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== KEY[0] })
  queries.setQueryData(KEY, session)
}

/** Signs in with a key. */
export async function signIn(key: string): Promise<void> {
  become(kept(await withKey(key).console.open()))
}

async function signOut(): Promise<void> {
  try {
    await inos.console.close()
  } catch (error) {
    // Whoever is signed out already is where they want to be.
    if (!(error instanceof AuthenticationError)) throw error
  }
  keepSecret(undefined)
  become(null)
}

/** What stands in for the page while nobody is signed in, or nobody can be asked. */
export interface Instead {
  waiting: ReactNode
  signedOut: ReactNode
  failed: (error: Error, again: () => void) => ReactNode
}

/** Shows the page to whoever is signed in, and something else to others. The address stays as it is meanwhile. */
export function WithSession({ children, waiting, signedOut, failed }: Instead & { children: ReactNode }) {
  const { data, error, refetch } = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => look(signal),
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  })
  const count = useSignal(expelled)
  const known = data !== undefined && data !== null
  useEffect(() => {
    if (count > 0 && known) void queries.invalidateQueries({ queryKey: KEY })
    // Asked once for each answer that says so, not whenever somebody signs in.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [count])
  const may = useCallback((scope: Scope) => data?.scopes.some((one) => one === scope || one === 'admin') ?? false, [data])
  const session = useMemo(() => (data ? { ...data, may, signOut } : undefined), [data, may])
  if (session) return <Context value={session}>{children}</Context>
  if (data === null) return signedOut
  return error ? failed(error, () => void refetch()) : waiting
}
