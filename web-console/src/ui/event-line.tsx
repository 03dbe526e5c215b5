/** One event in one line. What came from a unit is text, whatever it looks like. */
import type { JobEvent } from '@inos/sdk'
import type { ReactNode } from 'react'
import { count, money, shortId } from '../format'
import { StateMark } from './icons'

/** The event; `job` draws a link to it where the event is one of many jobs'. */
export function EventLine({ event, job }: { event: JobEvent; job?: ReactNode }) {
  const at = event.data['at']
  const time = typeof at === 'string' ? at : undefined
  return (
    <li className={`event event-${event.type}`}>
      <time dateTime={time} title={time}>
        {time?.slice(11, 23) ?? ''}
      </time>
      {job}
      <span className="what">{wordsOf(event)}</span>
    </li>
  )
}

/** What happened, in words. */
function wordsOf(event: JobEvent): ReactNode {
  const { data } = event
  const number = (name: string) => {
    const value = data[name]
    return typeof value === 'number' ? value : undefined
  }
  switch (event.type) {
    case 'state':
      return event.state ? <StateMark state={event.state} /> : 'state'
    case 'progress':
      return `progress: ${count(event.done)} of ${count(event.total)}`
    case 'log':
      return <code className="line">{event.line}</code>
    case 'output':
      return `output, from byte ${count(number('offset'))} on`
    case 'attempt':
      return `attempt ${count(number('attempt'))} of ${count(number('of'))} broke (${typeof data['reason'] === 'string' ? data['reason'] : 'for no reason that was told'}); it is tried again`
    case 'low_balance':
      return `low balance: ${money(number('available'))} are left, below ${money(number('threshold'))}`
    case 'storage_owed':
      return `storage: ${money(number('paid'))} were paid, ${money(number('owed'))} are owed`
    case 'gap':
      return gapOf(number('first') ?? 0, number('last') ?? 0)
    default:
      return `${event.type}${event.job ? ` of ${shortId(event.job)}` : ''}`
  }
}

/** What is missing: where it goes back to the first of all, nobody knows how many there were. */
function gapOf(first: number, last: number): string {
  if (first <= 1) return 'earlier events are not remembered any more'
  const missing = last - first + 1
  return missing === 1 ? 'one event here is not remembered any more' : `${count(missing)} events here are not remembered any more`
}
