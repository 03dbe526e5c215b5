/** The one client of the page: asks as the console's cookie, and tells the rest whether the server answers. */
import { Inos, type JobEvent } from '@inos/sdk'
import { QueryClient } from '@tanstack/react-query'
import { Signal } from './signal'

/** How the server was when it was last asked. */
export interface Reach {
  online: boolean
  /** Since when, in milliseconds of the page's clock. */
  since: number
}

/** Whether the server answers. */
export const reach = new Signal<Reach>({ online: true, since: Date.now() })

/** Told when an answer says that nobody is signed in any more. */
export const expelled = new Signal(0)

const SESSION = '/v1/console/session'

function reached(online: boolean): void {
  if (reach.read().online !== online) reach.set({ online, since: Date.now() })
}

/** `fetch` as the library wants it, with an eye on whether anything answers. */
async function send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    const response = await fetch(input, init)
    reached(true)
    // Whoever asks who is signed in is told so by the answer itself.
    if (response.status === 401 && !new URL(response.url).pathname.startsWith(SESSION)) expelled.set(expelled.read() + 1)
    return response
  } catch (error) {
    if (error instanceof TypeError) reached(false)
    throw error
  }
}

/** In which header the page shows the secret of its session, and where it is kept: other ports of the same host get the cookie, and not this. */
const SECRET = 'inos-console'
const KEPT = 'inos-session'

/** No page of another origin can send this header here; a page that was told no secret is nobody, and says that it is a console. */
const headers = { [SECRET]: localStorage.getItem(KEPT) ?? 'none' }

/** Keeps the secret of who has signed in, for all pages of this origin; nothing where somebody signs out. */
export function keepSecret(secret: string | null | undefined): void {
  headers[SECRET] = secret ?? 'none'
  if (secret) localStorage.setItem(KEPT, secret)
  else localStorage.removeItem(KEPT)
}

// Who signs in in another page of this origin is signed in here too: both have the same cookie.
addEventListener('storage', ({ key, newValue }) => {
  if (key === KEPT) headers[SECRET] = newValue ?? 'none'
})

/** The server, as whoever is signed in sees it. */
export const inos = new Inos({ url: location.origin, headers, cookies: true, fetch: send, maxRetries: 1, timeoutMs: 30_000 })

/** The same as a key that was typed in: for signing in alone. */
export function withKey(key: string): Inos {
  return new Inos({ url: location.origin, key, headers, cookies: true, maxRetries: 0 })
}

/** What is known of the server, and for how long it is believed. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      retry: false,
      staleTime: 2_000,
      // What is on the screen stays there while the server is away; a banner says so.
      networkMode: 'always',
      refetchOnWindowFocus: true,
    },
    mutations: { networkMode: 'always' },
  },
})

export type { JobEvent }
