/** When did the credits go, and by which key or unit? From the jobs in the books, hour by hour or day by day. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { inos } from '../data/client'
import { partsOf, stepsOf } from '../data/spent'
import { money } from '../format'
import { Bars } from '../ui/bars'
import { Empty, Section, Trouble, Waiting } from '../ui/parts'

/** What is told apart. */
type By = 'key' | 'unit'

interface Span {
  name: string
  step: 'hour' | 'day'
  steps: number
}

const DAY: Span = { name: '24 hours', step: 'hour', steps: 24 }
const SPANS: readonly Span[] = [DAY, { name: '7 days', step: 'day', steps: 7 }, { name: '30 days', step: 'day', steps: 30 }]
const LOOK_MS = 15_000

/** The section. */
export function SpendingOverTime() {
  const [by, setBy] = useState<By>('unit')
  const [span, setSpan] = useState(DAY)
  const { data, error } = useQuery({
    queryKey: ['spending', by, span.name],
    queryFn: ({ signal }) => inos.account.spending({ by, step: span.step, steps: span.steps }, { signal }),
    refetchInterval: LOOK_MS,
    placeholderData: keepPreviousData,
  })
  const keys = useQuery({ queryKey: ['keys'], queryFn: async ({ signal }) => (await inos.keys.list({ signal })).items, enabled: by === 'key' })
  const names = useMemo(() => new Map((keys.data ?? []).map(({ id, name }) => [id, name])), [keys.data])
  return (
    <Section
      title="Spending over time"
      aside={
        <span className="row">
          <select aria-label="Told apart by" value={by} onChange={(event) => setBy(event.target.value === 'key' ? 'key' : 'unit')}>
            <option value="unit">By unit</option>
            <option value="key">By key</option>
          </select>
          <select aria-label="Over how long" value={span.name} onChange={(event) => setSpan(SPANS.find(({ name }) => name === event.target.value) ?? DAY)}>
            {SPANS.map(({ name }) => (
              <option key={name} value={name}>
                Last {name}
              </option>
            ))}
          </select>
        </span>
      }
    >
      {error && !data ? (
        <Trouble error={error} />
      ) : !data ? (
        <Waiting lines={5} />
      ) : data.items.length === 0 ? (
        <Empty title="Nothing was spent in this time">
          <p>Jobs of this account that ended stand here, for as long as this server keeps jobs.</p>
        </Empty>
      ) : (
        <div className="body stack">
          <Bars label={`Spent by ${by}, last ${span.name}`} steps={stepsOf(data)} parts={partsOf(data, names)} say={money} />
          <p className="dim">By when a job came, {data.step_ms === 86_400_000 ? 'a day of UTC' : 'an hour'} a bar; jobs that have not ended, or are not kept any more, are not in it.</p>
        </div>
      )}
    </Section>
  )
}
