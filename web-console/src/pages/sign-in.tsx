/** What somebody sees who is not signed in: one field, and where to find what goes into it. */
import { AuthenticationError } from '@inos/sdk'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { linkFailed, signIn } from '../data/session'
import { useSignal } from '../data/signal'
import { Mark } from '../ui/icons'
import { PageHead, wordsOf } from '../ui/parts'

/** Signs in with a key. The address stays as it is, so that signing in leads where somebody wanted to go. */
export function SignIn() {
  const [key, setKey] = useState('')
  const { mutate, isPending, error } = useMutation({ mutationFn: signIn })
  const trouble = error === null ? undefined : reason(error)
  const late = useSignal(linkFailed)
  return (
    <main id="main" className="sign-in">
      <Mark />
      <PageHead title="Sign in" note="The console of this INOS server." />
      {late && (
        <p className="why" role="note">
          The link signs in once, within a quarter of an hour after the server's start. It was used, or is older than that: a key does as well.
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault()
          mutate(key.trim())
        }}
      >
        <label htmlFor="key">API key</label>
        <input
          id="key"
          type="password"
          autoComplete="current-password"
          spellCheck={false}
          placeholder="inos_…"
          required
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-invalid={trouble !== undefined}
          aria-describedby="key-about"
        />
        <p id="key-about" className={trouble === undefined ? 'dim' : 'bad'} role={trouble === undefined ? undefined : 'alert'}>
          {trouble ?? 'It becomes a cookie that scripts cannot read, for eight hours at most, and ends with the key.'}
        </p>
        <button type="submit" className="button primary" disabled={isPending}>
          Sign in
        </button>
      </form>
      <details>
        <summary>Where is my key?</summary>
        <p>
          The key of a fresh server lies in <code>admin.key</code> in its data directory, and the link that <code>inos serve</code>{' '}
          prints, and keeps beside it in <code>console.link</code>, signs you in once. Whoever runs this server can make you another key.
        </p>
      </details>
    </main>
  )
}

function reason(error: Error): string {
  if (error instanceof AuthenticationError) return 'This key opens nothing here: it is unknown, revoked or expired.'
  return wordsOf(error).detail
}
