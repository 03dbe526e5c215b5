/** The end of a list that goes on: a button for what comes next, and what went wrong when it was asked for. */
import { wordsOf } from './parts'

/** What is known of the next page. */
export interface Next {
  hasNextPage: boolean
  isFetchingNextPage: boolean
  isFetchNextPageError: boolean
  error: Error | null
  fetchNextPage: () => unknown
}

/** The button; nothing where there is no more. */
export function More({ next: { hasNextPage, isFetchingNextPage, isFetchNextPageError, error, fetchNextPage }, words }: { next: Next; words: string }) {
  if (!hasNextPage) return null
  return (
    <p className="note row">
      <button type="button" className="button" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
        {words}
      </button>
      {isFetchNextPageError && (
        <span className="bad" role="alert">
          {wordsOf(error).detail}
        </span>
      )}
    </p>
  )
}
