/** Keys of the account: made here and shown once, with what they may do, spend and for how long; revoked here. */
import type { Key, NewKey, NewKeyForm, Scope } from '@inos/sdk'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { inos } from '../data/client'
import { type Session, useSession } from '../data/session'
import { Confirm, Dialog } from '../ui/dialog'
import { tell, tellTrouble } from '../ui/notices'
import { CopyButton, Empty, Id, Money, PageHead, Trouble, Waiting, When, wordsOf } from '../ui/parts'

const SCOPES: readonly (readonly [Scope, string])[] = [
  ['jobs', 'run jobs and look at them'],
  ['blobs', 'store bytes and read them'],
  ['regions', 'read and publish regions'],
  ['account', 'see credits, make and revoke keys'],
  ['admin', 'everything, for every account'],
  ['crypto', 'keys that the server holds: make them, use them in jobs'],
]
const DAY_MS = 86_400_000
const CREDIT = 1_000_000
const NAME_LEN_MAX = 128

/** The page. */
export function Keys() {
  const session = useSession()
  const { data, error, refetch } = useQuery({ queryKey: ['keys'], queryFn: async ({ signal }) => (await inos.keys.list({ signal })).items })
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<NewKey>()
  const [revoking, setRevoking] = useState<Key>()
  return (
    <main id="main" className="page">
      <PageHead title="Keys" note="Each opens a part of your account to whoever shows it.">
        <button type="button" className="button primary" onClick={() => setMaking(true)}>
          Make a key
        </button>
      </PageHead>
      {error && !data ? (
        <Trouble error={error} again={() => void refetch()} />
      ) : !data ? (
        <Waiting lines={5} label="Loading keys" />
      ) : data.length === 0 ? (
        <Empty title="No keys" />
      ) : (
        <KeyTable keys={data} own={session.key} onRevoke={setRevoking} />
      )}
      {making && (
        <MakeKey
          session={session}
          onClose={() => setMaking(false)}
          onMade={(key) => {
            setMaking(false)
            setMade(key)
          }}
        />
      )}
      {made && <Shown made={made} onClose={() => setMade(undefined)} />}
      {revoking && <Revoke revoked={revoking} own={session.key} onClose={() => setRevoking(undefined)} />}
    </main>
  )
}

function isOver({ revoked, expires }: Key): boolean {
  return Boolean(revoked) || (typeof expires === 'string' && Date.parse(expires) <= Date.now())
}

function KeyTable({ keys, own, onRevoke }: { keys: readonly Key[]; own: string; onRevoke: (key: Key) => void }) {
  const sorted = [...keys].sort((a, b) => Number(isOver(a)) - Number(isOver(b)))
  return (
    <section className="section">
      <div className="scroll" tabIndex={0} role="region" aria-label="Keys">
        <table className="fold">
          <thead>
            <tr>
              <th>Name</th>
              <th>May</th>
              <th className="end">Budget</th>
              <th>Made</th>
              <th>Last used</th>
              <th>Ends</th>
              <th>
                <span className="hidden">Deeds</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((key) => (
              <tr key={key.id} className={isOver(key) ? 'over' : undefined}>
                <td>
                  <span className="method">
                    <span>
                      {key.name} {key.id === own && <span className="chip">this session</span>}
                    </span>
                    <Id id={key.id} />
                  </span>
                </td>
                <td data-label="May">{key.scopes.join(', ')}</td>
                <td data-label="Budget" className="end">{key.budget === null || key.budget === undefined ? <span className="dim">none</span> : <Money amount={key.budget} />}</td>
                <td data-label="Made">
                  <When at={key.created} />
                </td>
                <td data-label="Last used">
                  <When at={key.last_used} />
                </td>
                <td data-label="Ends">
                  {key.revoked ? (
                    <>
                      revoked <When at={key.revoked} />
                    </>
                  ) : key.expires ? (
                    <When at={key.expires} />
                  ) : (
                    <span className="dim">never</span>
                  )}
                </td>
                <td className="end">
                  {!isOver(key) && (
                    <button type="button" className="button danger" aria-label={`Revoke ${key.name}`} onClick={() => onRevoke(key)}>
                      Revoke
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

interface Draft {
  name: string
  scopes: Scope[]
  days: string
  credits: string
}

/** What the form says, as the server takes it. */
export function formOf({ name, scopes, days, credits }: Draft, now: number): NewKeyForm {
  const form: NewKeyForm = { name: name.trim(), scopes }
  if (days !== '') form.expires = new Date(now + Number(days) * DAY_MS).toISOString()
  if (credits !== '') form.budget = Math.round(Number(credits) * CREDIT)
  return form
}

function MakeKey({ session, onClose, onMade }: { session: Session; onClose: () => void; onMade: (made: NewKey) => void }) {
  const client = useQueryClient()
  const [draft, setDraft] = useState<Draft>({ name: '', scopes: ['jobs'], days: '90', credits: '' })
  const making = useMutation({
    mutationFn: () => inos.keys.create(formOf(draft, Date.now())),
    onSuccess: async (made) => {
      onMade(made)
      await client.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  const set = (change: Partial<Draft>) => setDraft((was) => ({ ...was, ...change }))
  const toggle = (scope: Scope) =>
    set({ scopes: draft.scopes.includes(scope) ? draft.scopes.filter((one) => one !== scope) : [...draft.scopes, scope] })
  return (
    <Dialog title="Make a key" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          making.mutate()
        }}
      >
        <div className="field">
          <label htmlFor="key-name">Name</label>
          <input id="key-name" required maxLength={NAME_LEN_MAX} data-first placeholder="laptop, nightly job, …" value={draft.name} onChange={(event) => set({ name: event.target.value })} />
        </div>
        <fieldset>
          <legend className="label">It may</legend>
          {SCOPES.filter(([scope]) => session.may(scope)).map(([scope, words]) => (
            <label key={scope} className="check">
              <input type="checkbox" checked={draft.scopes.includes(scope)} onChange={() => toggle(scope)} />
              <span>
                <code>{scope}</code> <span className="dim">{words}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <div className="two">
          <div className="field">
            <label htmlFor="key-days">Ends after, in days</label>
            <input id="key-days" type="number" min={1} max={3650} value={draft.days} onChange={(event) => set({ days: event.target.value })} />
            <span className="hint">Empty: never.</span>
          </div>
          <div className="field">
            <label htmlFor="key-budget">Budget, in credits</label>
            <input id="key-budget" type="number" min={0} step="any" value={draft.credits} onChange={(event) => set({ credits: event.target.value })} />
            <span className="hint">What its jobs may cost in all. Empty: whatever the account has.</span>
          </div>
        </div>
        {making.error && (
          <p className="bad" role="alert">
            {wordsOf(making.error).detail}
          </p>
        )}
        <div className="row end">
          <button type="button" className="button" onClick={onClose}>
            Make none
          </button>
          <button type="submit" className="button primary" disabled={making.isPending || draft.scopes.length === 0}>
            Make the key
          </button>
        </div>
      </form>
    </Dialog>
  )
}

function Shown({ made, onClose }: { made: NewKey; onClose: () => void }) {
  return (
    <Dialog title={`The key “${made.key.name}”`} onClose={onClose} wide>
      <div className="stack">
        <p>This is its secret. It is shown now and never again; the server keeps only a hash of it.</p>
        <p className="secret">
          <code>{made.secret}</code>
        </p>
        <div className="row">
          <CopyButton text={made.secret} label="Copy the key" words="Copy the key" />
          <CopyButton text={`export INOS_KEY=${made.secret}`} label="Copy as a variable" words="Copy as a variable" />
        </div>
        <div className="row end">
          <button type="button" className="button primary" onClick={onClose}>
            I have it
          </button>
        </div>
      </div>
    </Dialog>
  )
}

function Revoke({ revoked, own, onClose }: { revoked: Key; own: string; onClose: () => void }) {
  const client = useQueryClient()
  const { mutate, isPending } = useMutation({
    mutationFn: () => inos.keys.revoke(revoked.id),
    onSuccess: async () => {
      tell(`${revoked.name} opens nothing any more`)
      onClose()
      await client.invalidateQueries({ queryKey: ['keys'] })
    },
    onError: tellTrouble,
  })
  return (
    <Confirm title={`Revoke ${revoked.name}?`} verb="Revoke the key" pending={isPending} onClose={onClose} onConfirm={() => mutate()}>
      <p>Whoever uses it is refused from now on. Jobs that it has begun go on; tokens and sessions made of it end.</p>
      {revoked.id === own && (
        <p className="bad">
          <strong>You are signed in with this key: this signs you out.</strong>
        </p>
      )}
    </Confirm>
  )
}
