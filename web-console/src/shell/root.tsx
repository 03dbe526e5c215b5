/** What every view stands in: who is signed in, the rail, the strip on top, and what may go wrong with a view. */
import { CatchBoundary, Outlet } from '@tanstack/react-router'
import { WithSession } from '../data/session'
import { Live } from '../data/live'
import { SignIn } from '../pages/sign-in'
import { Notices } from '../ui/notices'
import { Trouble, Waiting } from '../ui/parts'
import { Shell } from './shell'

/** The root of all views. */
export function Root() {
  return (
    <>
      <WithSession
        waiting={
          <main className="page">
            <Waiting label="Looking who is signed in" />
          </main>
        }
        signedOut={<SignIn />}
        failed={(error, again) => (
          <main className="page">
            <Trouble error={error} again={again} />
          </main>
        )}
      >
        <Live />
        <Shell>
          <CatchBoundary getResetKey={() => location.pathname} errorComponent={({ error, reset }) => <Trouble error={error} again={reset} />}>
            <Outlet />
          </CatchBoundary>
        </Shell>
      </WithSession>
      <Notices />
    </>
  )
}
