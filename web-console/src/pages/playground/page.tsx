/** Any method, tried: a form drawn from its schema, a quote before it runs, its result, and the same as lines to take along. */
import type { Method, Unit } from '@inos/sdk'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { inos } from '../../data/client'
import { PageHead, Trouble, Waiting } from '../../ui/parts'
import { Trial } from './trial'

const route = getRouteApi('/playground')
const FIRST = 'compute.blake3'

/** The page. */
export function Playground() {
  const { method: named = FIRST } = route.useSearch()
  const navigate = useNavigate()
  const { data, error, refetch } = useQuery({ queryKey: ['units'], queryFn: ({ signal }) => inos.units.list({ signal }), staleTime: 60_000 })
  const found = data && find(data.items, named)
  return (
    <main id="main" className="page">
      <PageHead title="Playground" note="Whatever runs here is a job like any other: paid once, with a receipt." />
      {error && !data ? (
        <Trouble error={error} again={() => void refetch()} />
      ) : !data ? (
        <Waiting lines={8} label="Loading methods" />
      ) : (
        <>
          <div className="field pick">
            <label htmlFor="method">Method</label>
            <select id="method" value={found ? named : ''} onChange={(event) => void navigate({ to: '/playground', search: { method: event.target.value } })}>
              {!found && <option value="">Choose a method</option>}
              {data.items.map((unit) => (
                <optgroup key={unit.name} label={`${unit.name} ${unit.version}`}>
                  {unit.methods.map(({ name }) => (
                    <option key={name} value={`${unit.name}.${name}`}>
                      {unit.name}.{name}
                    </option>
                  ))}
                </optgroup>
              ))}
            </select>
          </div>
          {found ? (
            <Trial key={named} unit={found.unit.name} method={found.method} />
          ) : (
            <p className="bad" role="alert">
              This server has no method {named}.
            </p>
          )}
        </>
      )}
    </main>
  )
}

function find(units: readonly Unit[], named: string): { unit: Unit; method: Method } | undefined {
  const [unitName, methodName] = named.split('.')
  const unit = units.find(({ name }) => name === unitName)
  const method = unit?.methods.find(({ name }) => name === methodName)
  return unit && method && { unit, method }
}
