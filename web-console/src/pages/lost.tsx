/** What stands where the console has no view. */
import { Link } from '@tanstack/react-router'
import { Empty, PageHead } from '../ui/parts'

/** No such view. */
export function Lost() {
  return (
    <main id="main" className="page">
      <PageHead title="Not found" />
      <Empty title="The console has no such view">
        <p>
          <Link to="/">Go to the overview</Link>
        </p>
      </Empty>
    </main>
  )
}
