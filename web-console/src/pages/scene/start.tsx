/** Starts a session to look at: what lives, how large, how fast, in which region. It goes on when this page is left. */
import type { Job } from '@inos/sdk'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { inos, queries } from '../../data/client'
import { Dialog } from '../../ui/dialog'
import { tellTrouble } from '../../ui/notices'

/** What can be started: a method, the region that it steps where none is named, and sizes. */
const KINDS = {
  life: { name: 'Cells: a cellular automaton', region: 'life', sizes: [[128, '128 × 128 cells'], [256, '256 × 256 cells'], [512, '512 × 512 cells'], [1_024, '1,024 × 1,024 cells']], first: 256 },
  flock: { name: 'Birds: a flock', region: 'flock', sizes: [[200, '200 birds'], [1_000, '1,000 birds'], [3_000, '3,000 birds'], [10_000, '10,000 birds']], first: 1_000 },
} as const
type Kind = keyof typeof KINDS

const RATES = [5, 10, 30, 60]
const RATE_FIRST = 30
/** How names of regions are made. */
const NAME = '[A-Za-z0-9_.\\-]{1,64}'
/** Three kinds of birds fly apart from each other, and two hunters after them. */
const FLOCK = { predators: 2, perception: 3, species: [{}, { cohesion: 1.2 }, { alignment: 1.6 }] }

function isKind(word: string): word is Kind {
  return word in KINDS
}

async function start(kind: Kind, region: string, size: number, hz: number): Promise<Job> {
  const labels = { from: 'console' }
  if (kind === 'life') return inos.jobs.submit('compute', 'life', [], { params: { region, hz, width: size, height: size }, labels })
  return inos.jobs.submit('boids', 'session', [], { params: { region, hz, count: size, ...FLOCK }, labels })
}

/** The form. */
export function StartSession({ onClose, onStarted }: { onClose: () => void; onStarted: (region: string, job: Job) => void }) {
  const [kind, setKind] = useState<Kind>('life')
  const [region, setRegion] = useState<string>(KINDS.life.region)
  const [size, setSize] = useState<number>(KINDS.life.first)
  const [hz, setHz] = useState(RATE_FIRST)
  const { mutate, isPending } = useMutation({
    mutationFn: () => start(kind, region, size, hz),
    onSuccess: (job) => {
      void queries.invalidateQueries({ queryKey: ['sessions'] })
      onStarted(region, job)
    },
    onError: tellTrouble,
  })
  const choose = (word: string) => {
    if (!isKind(word)) return
    setKind(word)
    setRegion(KINDS[word].region)
    setSize(KINDS[word].first)
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    mutate()
  }
  return (
    <Dialog title="Start a session" onClose={onClose}>
      <form className="stack wide" onSubmit={submit}>
        <div className="field">
          <label htmlFor="start-kind">What lives in it</label>
          <select id="start-kind" data-first value={kind} onChange={(event) => choose(event.target.value)}>
            {Object.entries(KINDS).map(([word, { name }]) => (
              <option key={word} value={word}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor="start-size">How much</label>
          <select id="start-size" value={size} onChange={(event) => setSize(Number(event.target.value))}>
            {KINDS[kind].sizes.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor="start-hz">Steps a second</label>
          <select id="start-hz" value={hz} onChange={(event) => setHz(Number(event.target.value))}>
            {RATES.map((rate) => (
              <option key={rate}>{rate}</option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor="start-region">Region</label>
          <input id="start-region" required pattern={NAME} maxLength={64} spellCheck={false} autoComplete="off" value={region} onChange={(event) => setRegion(event.target.value)} />
          <span className="hint">Made where there is none. One that was made as something else is left as it is.</span>
        </div>
        <p className="dim">It rests, and costs nothing, while nobody looks. What a minute of its steps may cost is set aside; it ends when that is spent.</p>
        <footer className="row end">
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="button primary" disabled={isPending}>
            Start the session
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
