/** The command palette: views, methods and deeds by their names, and any job by its id. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { inos } from '../data/client'
import { useSession } from '../data/session'
import { nextTheme } from '../data/theme'
import { Dialog } from '../ui/dialog'
import { tellTrouble } from '../ui/notices'
import { NOUNS } from './nouns'

/** How many are shown at once. */
const SHOWN_MAX = 12
const JOB_ID = /^job_[0-9a-f]{32}$/

interface Command {
  id: string
  words: string
  kind: string
  act: () => void
}

/** Those whose words have all that was typed, the nearer to the beginning the earlier. */
export function matching<T extends { words: string }>(commands: readonly T[], typed: string): T[] {
  const parts = typed.toLowerCase().split(/\s+/).filter(Boolean)
  const placed = commands.flatMap((command) => {
    const words = command.words.toLowerCase()
    const places = parts.map((part) => words.indexOf(part))
    return places.includes(-1) ? [] : [{ command, place: places.reduce((sum, place) => sum + place, 0) }]
  })
  return placed.sort((a, b) => a.place - b.place).map(({ command }) => command)
}

/** The palette, in a dialog. */
export function Palette({ onClose, onHelp }: { onClose: () => void; onHelp: () => void }) {
  const [typed, setTyped] = useState('')
  const [at, setAt] = useState(0)
  const commands = useCommands(onHelp)
  const list = useRef<HTMLUListElement>(null)
  const navigate = useNavigate()
  const shown = useMemo(() => {
    const id = typed.trim()
    const job: Command[] = JOB_ID.test(id)
      ? [{ id, words: `Job ${id}`, kind: 'open', act: () => void navigate({ to: '/jobs/$id', params: { id } }) }]
      : []
    return [...job, ...matching(commands, typed)].slice(0, SHOWN_MAX)
  }, [commands, typed, navigate])
  useEffect(() => {
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }, [at])
  const run = (command: Command | undefined) => {
    if (!command) return
    onClose()
    command.act()
  }
  const pressed = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) setAt((now) => (now + step + shown.length) % Math.max(1, shown.length))
    else if (event.key === 'Enter') run(shown[at])
    else return
    event.preventDefault()
  }
  return (
    <Dialog title="Go to" onClose={onClose} bare>
      <input
        className="palette-input"
        role="combobox"
        aria-label="Go to a view, a method or a job"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={shown[at] ? `command-${at}` : undefined}
        placeholder="A view, a method, or a job id"
        data-first
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value)
          setAt(0)
        }}
        onKeyDown={pressed}
      />
      <ul id="palette-list" className="palette-list" role="listbox" aria-label="Matches" ref={list}>
        {shown.map((command, place) => (
          <li key={command.id} id={`command-${place}`} role="option" aria-selected={place === at} onClick={() => run(command)} onMouseMove={() => setAt(place)}>
            <span>{command.words}</span>
            <span className="dim">{command.kind}</span>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="palette-none dim">Nothing has these words. A job is found by its whole id.</p>}
    </Dialog>
  )
}

function useCommands(onHelp: () => void): Command[] {
  const session = useSession()
  const navigate = useNavigate()
  const { data } = useQuery({ queryKey: ['units'], queryFn: ({ signal }) => inos.units.list({ signal }), staleTime: 60_000 })
  return useMemo(() => {
    const views = NOUNS.filter(({ scope }) => scope === undefined || session.may(scope)).map(({ to, name }) => ({
      id: to,
      words: name,
      kind: 'view',
      act: () => void navigate({ to }),
    }))
    const deeds = [
      { id: 'first', words: 'Run a first job', kind: 'guide', act: () => void navigate({ to: '/first-job' }) },
      { id: 'theme', words: 'Change colours: light, dark, as the machine', kind: 'do', act: nextTheme },
      { id: 'help', words: 'Keyboard', kind: 'help', act: onHelp },
      { id: 'out', words: 'Sign out', kind: 'do', act: () => void session.signOut().catch(tellTrouble) },
    ].filter(({ id }) => id !== 'first' || session.may('jobs'))
    const methods = !session.may('jobs')
      ? []
      : (data?.items ?? []).flatMap((unit) =>
          unit.methods.map((method) => ({
            id: `${unit.name}.${method.name}`,
            words: `${unit.name}.${method.name}`,
            kind: 'try',
            act: () => void navigate({ to: '/playground', search: { method: `${unit.name}.${method.name}` } }),
          })),
        )
    return [...views, ...deeds, ...methods]
  }, [session, navigate, data, onHelp])
}
