/** What does everything cost here, and who says so? An operator sees every price and sets others for jobs to come. */
import type { Prices } from '@inos/sdk'
import { useQuery } from '@tanstack/react-query'
import { Search } from 'lucide-react'
import { useState } from 'react'
import { inos } from '../../data/client'
import { useSession } from '../../data/session'
import { count, money } from '../../format'
import { Empty, Figure, PageHead, Trouble, Waiting } from '../../ui/parts'
import { changesOf, place, RATE_NAMES, RATES, rateOf, type Typed } from './list'
import { SetPrices } from './set'


const SOURCES: { [source in Prices['source']]: string } = { units: 'the units’ own', file: 'the operator’s file', admin: 'set by an admin' }

/** The page. */
export function PricesPage() {
  const session = useSession()
  const mayAsk = session.may('admin')
  const { data, error, refetch } = useQuery({
    queryKey: ['prices'],
    queryFn: ({ signal }) => inos.request<Prices>({ method: 'GET', path: '/v1/admin/prices' }, { signal }),
    enabled: mayAsk,
  })
  return (
    <main id="main" className="page">
      <PageHead title="Prices" note="In microcredits; a million of them are one credit. Every job pays the prices that stood when it came." />
      {!mayAsk ? (
        <Empty title="This is for operators">
          <p>
            A key with the scope <code>admin</code> sees and sets prices here. What a method costs stands with it in the playground.
          </p>
        </Empty>
      ) : error && !data ? (
        <Trouble error={error} again={() => void refetch()} />
      ) : !data ? (
        <Waiting lines={8} label="Loading prices" />
      ) : (
        // Another list is another form: what was typed over the old one is not carried over.
        <Table key={data.version.hash} prices={data} />
      )}
    </main>
  )
}

function Table({ prices }: { prices: Prices }) {
  const [typed, setTyped] = useState<Typed>(new Map())
  const [stored, setStored] = useState(String(prices.stored_mib_day))
  const [q, setQ] = useState('')
  const [reviewing, setReviewing] = useState(false)
  const isFixed = prices.source === 'file'
  const changes = changesOf(prices, typed)
  const storedRate = rateOf(stored)
  const wrong = [...typed.values(), stored].filter((text) => text.trim() === '' || rateOf(text) === undefined).length
  const changed = changes.length + (storedRate !== undefined && storedRate !== prices.stored_mib_day ? 1 : 0)
  const rows = Object.entries(prices.prices).flatMap(([unit, methods]) => Object.entries(methods).map(([method, price]) => ({ unit, method, price })))
  const shown = rows.filter(({ unit, method }) => `${unit}.${method}`.includes(q.trim().toLowerCase()))
  const type = (at: string, text: string, now: number) =>
    setTyped((before) => {
      const after = new Map(before)
      if (text === String(now)) after.delete(at)
      else after.set(at, text)
      return after
    })
  return (
    <div className="stack wide">
      <dl className="figures" aria-label="Prices in force">
        <Figure label="Table" value={count(prices.version.number)} note={SOURCES[prices.source]} />
        <Figure label="Methods" value={count(rows.length)} note={`${count(rows.filter(({ price }) => RATES.every((rate) => (price[rate] ?? 0) === 0)).length)} of them free`} />
        <Figure label="Stored" value={money(prices.stored_mib_day)} note="for each MiB and day" />
      </dl>
      {isFixed && <p className="note-line">This server has its prices from a file (--prices): it changes them when that file changes and it starts anew.</p>}
      <section className="section prices">
        <header>
          <h2>
            By method {!isFixed && <span className="dim hint">type over a price to change it</span>}
          </h2>
          <span className="with-icon">
            <Search aria-hidden />
            <input type="search" aria-label="Find a method" placeholder="Find a method" value={q} onChange={(event) => setQ(event.target.value)} />
          </span>
        </header>
        {!isFixed && (
          <div className="body row between stored">
            <label htmlFor="stored">Storing a MiB for a day</label>
            <RateField id="stored" label="Storing a MiB for a day" text={stored} now={prices.stored_mib_day} onText={setStored} />
          </div>
        )}
        {shown.length === 0 ? (
          <Empty title="No method has such a name" />
        ) : (
          <div className="scroll" tabIndex={0} role="region" aria-label="Prices by method">
            <table className="fold">
              <thead>
                <tr>
                  <th>Method</th>
                  {RATES.map((rate) => (
                    <th key={rate} className="end">
                      {RATE_NAMES[rate]}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {shown.map(({ unit, method, price }) => (
                  <tr key={`${unit}.${method}`}>
                    <td>
                      <strong className="price-of">
                        {unit}.{method}
                      </strong>
                    </td>
                    {RATES.map((rate) => {
                      const [at, now] = [place(unit, method, rate), price[rate] ?? 0]
                      return (
                        <td key={rate} className="end" data-label={RATE_NAMES[rate]}>
                          {isFixed ? count(now) : <RateField label={`${unit}.${method}, ${RATE_NAMES[rate]}`} text={typed.get(at) ?? String(now)} now={now} onText={(text) => type(at, text, now)} />}
                        </td>
                      )
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      {(changed > 0 || wrong > 0) && (
        <div className="changes row between" role="status">
          <span>
            {count(changed)} {changed === 1 ? 'price differs' : 'prices differ'} from what is in force.
            {wrong > 0 && <span className="bad"> {count(wrong)} {wrong === 1 ? 'field is' : 'fields are'} no whole number of microcredits.</span>}
          </span>
          <span className="row">
            <button
              type="button"
              className="button"
              onClick={() => {
                setTyped(new Map())
                setStored(String(prices.stored_mib_day))
              }}
            >
              Put them back
            </button>
            <button type="button" className="button primary" disabled={wrong > 0 || changed === 0} onClick={() => setReviewing(true)}>
              Review and set
            </button>
          </span>
        </div>
      )}
      {reviewing && storedRate !== undefined && <SetPrices prices={prices} changes={changes} stored={storedRate} onClose={() => setReviewing(false)} />}
    </div>
  )
}

function RateField({ id, label, text, now, onText }: { id?: string; label: string; text: string; now: number; onText: (text: string) => void }) {
  const rate = rateOf(text)
  return (
    <input
      id={id}
      className={rate === now ? 'rate' : 'rate changed'}
      inputMode="numeric"
      aria-label={label}
      aria-invalid={rate === undefined}
      title={rate === now ? undefined : `now ${count(now)}`}
      value={text}
      onChange={(event) => onText(event.target.value)}
    />
  )
}
