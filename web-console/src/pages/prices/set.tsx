/** Prices that are about to be set: each change, what it means for whom, and an example, before anybody pays them. */
import type { Prices } from '@inos/sdk'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { inos } from '../../data/client'
import { count } from '../../format'
import { Confirm } from '../../ui/dialog'
import { tell } from '../../ui/notices'
import { wordsOf } from '../../ui/parts'
import { type Change, listOf, moreOf, RATE_NAMES } from './list'

/** How many changes are shown one by one. */
const SHOWN_MAX = 20

/** The dialog. */
export function SetPrices({ prices, changes, stored, onClose }: { prices: Prices; changes: readonly Change[]; stored: number; onClose: () => void }) {
  const client = useQueryClient()
  const list = listOf(prices, changes, stored)
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => inos.request<Prices>({ method: 'PUT', path: '/v1/admin/prices', json: list }),
    onSuccess: async (now) => {
      tell(`Table ${now.version.number} is in force`)
      onClose()
      client.setQueryData(['prices'], now)
      await Promise.all(['units', 'quote'].map((key) => client.invalidateQueries({ queryKey: [key] })))
    },
  })
  const dearer = changes.filter(({ from, to }) => to > from).length
  return (
    <Confirm title={`Set table ${list.version} of prices`} verb={`Set ${count(changes.length + Number(stored !== prices.stored_mib_day))} prices`} pending={isPending} onConfirm={() => mutate()} onClose={onClose}>
      <ul className="changed-prices">
        {changes.slice(0, SHOWN_MAX).map((change) => (
          <li key={`${change.unit}.${change.method}.${change.rate}`}>
            <span>
              {change.unit}.{change.method}, {change.rate === 'base' ? 'each job' : `each ${RATE_NAMES[change.rate]}`}
            </span>
            <span className="number">
              {count(change.from)} → <strong>{count(change.to)}</strong> µcr
            </span>
            <span className={change.to > change.from ? 'warn' : 'ok'}>{moreOf(change)}</span>
          </li>
        ))}
        {stored !== prices.stored_mib_day && (
          <li>
            <span>storing a MiB for a day</span>
            <span className="number">
              {count(prices.stored_mib_day)} → <strong>{count(stored)}</strong> µcr
            </span>
            <span className={stored > prices.stored_mib_day ? 'warn' : 'ok'}>{moreOf({ from: prices.stored_mib_day, to: stored })}</span>
          </li>
        )}
      </ul>
      {changes.length > SHOWN_MAX && <p className="dim">and {count(changes.length - SHOWN_MAX)} more.</p>}
      <p>
        Jobs of every account that come from now on pay these prices; jobs under way keep theirs. Other servers of this database follow within a
        minute. {dearer > 0 && `${count(dearer)} become${dearer === 1 ? 's' : ''} dearer: who has set a budget may be refused earlier.`}
      </p>
      {stored !== prices.stored_mib_day && <p>What is stored is charged for at the new rate from when it is reckoned next; until then at the old one.</p>}
      <p className="dim">It is written to the audit log. There is no way back but another table.</p>
      {error && (
        <p className="bad" role="alert">
          {wordsOf(error).detail}
        </p>
      )}
    </Confirm>
  )
}
