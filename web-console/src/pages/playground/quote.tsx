/** What a job would cost, before it runs: by the server's own word, for the very parameters and lengths. */
import { InvalidRequestError } from '@inos/sdk'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { inos } from '../../data/client'
import { count, money } from '../../format'
import { Money, wordsOf } from '../../ui/parts'

/** How long nothing must change before it is asked, in milliseconds. */
const REST_MS = 300

/** The quote, asked anew whenever what it is for has rested. */
export function QuoteView({ unit, method, params, lengths }: { unit: string; method: string; params: { [name: string]: unknown } | undefined; lengths: number[] }) {
  const asked = useRested({ unit, method, params, inputs: lengths.map((bytes) => ({ bytes })) })
  const { data, error } = useQuery({
    queryKey: ['quote', asked],
    queryFn: ({ signal }) => inos.quote({ ...asked, params: asked.params ?? {} }, { signal }),
    enabled: asked.params !== undefined,
    placeholderData: keepPreviousData,
  })
  if (params === undefined) return <span className="dim">A quote needs the parameters.</span>
  if (error) return <span className="bad">{faultOf(error)}</span>
  if (!data) return <span className="dim">Quote …</span>
  const { expected, most, basis, lines } = data
  return (
    <details className="quote">
      <summary>
        Costs <strong><Money amount={expected} /></strong> <span className="dim">({basis}), at most <Money amount={most} /></span>
      </summary>
      <ul>
        {lines.map(({ meter, quantity, price, amount }) => (
          <li key={meter}>
            {meter}: {count(quantity)} × {money(price)} = {money(amount)}
          </li>
        ))}
        {lines.length === 0 && <li>It is free.</li>}
      </ul>
    </details>
  )
}

function faultOf(error: Error): string {
  if (error instanceof InvalidRequestError && error.errors.length > 0) {
    return error.errors.map(({ pointer, message }) => `${pointer} ${message}`).join('; ')
  }
  return wordsOf(error).detail
}

/** The value once what it says has not changed for a moment. */
function useRested<T extends object>(value: T): T {
  const [rested, setRested] = useState(value)
  const says = JSON.stringify(value)
  const latest = useRef(value)
  useEffect(() => {
    latest.current = value
  })
  useEffect(() => {
    const timer = setTimeout(() => setRested(latest.current), REST_MS)
    return () => clearTimeout(timer)
  }, [says])
  return rested
}
