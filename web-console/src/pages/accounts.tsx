/** Every account, for an operator: what each has, and credits for those who need some. */
import type { Account, AccountMade, AccountPage } from '@inos/sdk'
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { inos } from '../data/client'
import { useSession } from '../data/session'
import { Dialog } from '../ui/dialog'
import { More } from '../ui/more'
import { tell } from '../ui/notices'
import { CopyButton, Empty, Id, Money, PageHead, Trouble, Waiting, When, wordsOf } from '../ui/parts'

const ACCOUNTS = 100
const CREDIT = 1_000_000
const PATH = '/v1/admin/accounts'
/** The first page has no cursor. */
const FIRST: { cursor: string | undefined } = { cursor: undefined }

/** The page. */
export function Accounts() {
  const session = useSession()
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<AccountMade>()
  const [granting, setGranting] = useState<Account>()
  const list = useInfiniteQuery({
    queryKey: ['accounts'],
    queryFn: ({ pageParam, signal }) => inos.request<AccountPage>({ method: 'GET', path: PATH, query: { limit: ACCOUNTS, cursor: pageParam } }, { signal }),
    initialPageParam: FIRST.cursor,
    getNextPageParam: ({ next_cursor: next }: AccountPage) => next ?? undefined,
    enabled: session.may('admin'),
  })
  const { data, error, refetch } = list
  if (!session.may('admin')) {
    return (
      <main id="main" className="page">
        <PageHead title="Accounts" />
        <Empty title="This is for operators">
          <p>
            A key with the scope <code>admin</code> sees every account here.
          </p>
        </Empty>
      </main>
    )
  }
  return (
    <main id="main" className="page">
      <PageHead title="Accounts" note="Of this server, with what each has.">
        <button type="button" className="button primary" onClick={() => setMaking(true)}>
          Make an account
        </button>
      </PageHead>
      {error && !data ? (
        <Trouble error={error} again={() => void refetch()} />
      ) : !data ? (
        <Waiting lines={6} label="Loading accounts" />
      ) : (
        <section className="section">
          <Table accounts={data.pages.flatMap(({ items }) => items)} onGrant={setGranting} />
          <More next={list} words="Load more accounts" />
        </section>
      )}
      {making && (
        <MakeAccount
          onClose={() => setMaking(false)}
          onMade={(account) => {
            setMaking(false)
            setMade(account)
          }}
        />
      )}
      {made && <FirstKey made={made} onClose={() => setMade(undefined)} />}
      {granting && <Grant account={granting} onClose={() => setGranting(undefined)} />}
    </main>
  )
}

function Table({ accounts, onGrant }: { accounts: readonly Account[]; onGrant: (account: Account) => void }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Accounts">
      <table className="fold">
        <thead>
          <tr>
            <th>Name</th>
            <th className="end">Available</th>
            <th className="end">Held</th>
            <th className="end">Weight</th>
            <th className="end">Requests a second</th>
            <th>Made</th>
            <th>
              <span className="hidden">Deeds</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {accounts.map((account) => (
            <tr key={account.id}>
              <td>
                <span className="method">
                  <span>{account.name}</span>
                  <Id id={account.id} />
                </span>
              </td>
              <td data-label="Available" className="end">
                <Money amount={account.available} />
              </td>
              <td data-label="Held" className="end">
                <Money amount={account.held} />
              </td>
              <td data-label="Weight" className="end">{account.weight}</td>
              <td data-label="Requests/s" className="end">{account.rate_limit ?? <span className="dim">no limit</span>}</td>
              <td data-label="Made">
                <When at={account.created} />
              </td>
              <td className="end">
                <button type="button" className="button" aria-label={`Give credits to ${account.name}`} onClick={() => onGrant(account)}>
                  Give credits
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function MakeAccount({ onClose, onMade }: { onClose: () => void; onMade: (made: AccountMade) => void }) {
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [credits, setCredits] = useState('10')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => inos.request<AccountMade>({ method: 'POST', path: PATH, json: { name: name.trim(), credits: Math.round(Number(credits) * CREDIT) } }),
    onSuccess: async (made) => {
      onMade(made)
      await client.invalidateQueries({ queryKey: ['accounts'] })
    },
  })
  return (
    <Dialog title="Make an account" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          mutate()
        }}
      >
        <div className="field">
          <label htmlFor="account-name">Name</label>
          <input id="account-name" required maxLength={128} data-first value={name} onChange={(event) => setName(event.target.value)} />
        </div>
        <div className="field">
          <label htmlFor="account-credits">Credits to begin with</label>
          <input id="account-credits" type="number" min={0} step="any" required value={credits} onChange={(event) => setCredits(event.target.value)} />
        </div>
        {error && (
          <p className="bad" role="alert">
            {wordsOf(error).detail}
          </p>
        )}
        <div className="row end">
          <button type="button" className="button" onClick={onClose}>
            Make none
          </button>
          <button type="submit" className="button primary" disabled={isPending}>
            Make the account
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function FirstKey({ made: { account, key }, onClose }: { made: AccountMade; onClose: () => void }) {
  return (
    <Dialog title={`The account “${account.name}”`} onClose={onClose} wide>
      <div className="stack">
        <p>This is the secret of its first key. It is shown now and never again: hand it to whoever the account is for.</p>
        <p className="secret">
          <code>{key.secret}</code>
        </p>
        <div className="row between">
          <CopyButton text={key.secret} label="Copy the key" words="Copy the key" />
          <button type="button" className="button primary" onClick={onClose}>
            I have it
          </button>
        </div>
      </div>
    </Dialog>
  )
}

function Grant({ account, onClose }: { account: Account; onClose: () => void }) {
  const client = useQueryClient()
  const [credits, setCredits] = useState('')
  const [note, setNote] = useState('')
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => {
      const json = { amount: Math.round(Number(credits) * CREDIT), ...(note.trim() === '' ? {} : { note: note.trim() }) }
      return inos.request({ method: 'POST', path: `${PATH}/${encodeURIComponent(account.id)}/grants`, json })
    },
    onSuccess: async () => {
      tell(`${account.name} has ${credits} credits more`)
      onClose()
      await client.invalidateQueries({ queryKey: ['accounts'] })
    },
  })
  return (
    <Dialog title={`Give credits to ${account.name}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          mutate()
        }}
      >
        <div className="field">
          <label htmlFor="grant-credits">Credits</label>
          <input id="grant-credits" type="number" min={0} step="any" required data-first value={credits} onChange={(event) => setCredits(event.target.value)} />
        </div>
        <div className="field">
          <label htmlFor="grant-note">Words to go with it</label>
          <input id="grant-note" maxLength={256} value={note} onChange={(event) => setNote(event.target.value)} />
        </div>
        {error && (
          <p className="bad" role="alert">
            {wordsOf(error).detail}
          </p>
        )}
        <div className="row end">
          <button type="button" className="button" onClick={onClose}>
            Give none
          </button>
          <button type="submit" className="button primary" disabled={isPending || Number(credits) <= 0}>
            Give the credits
          </button>
        </div>
      </form>
    </Dialog>
  )
}
