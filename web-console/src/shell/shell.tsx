/** The frame of every view: nouns on the left, health, balance and search on top, a banner when the server is away. */
import { Link, useNavigate, useRouterState } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import { Ellipsis, LogOut, Moon, Search, Sun, SunMoon } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { inos, reach } from '../data/client'
import { useNow } from '../data/clock'
import { useReadiness } from '../data/readiness'
import { useSession } from '../data/session'
import { useSignal } from '../data/signal'
import { nextTheme, theme } from '../data/theme'
import { span } from '../format'
import { Dialog } from '../ui/dialog'
import { Mark } from '../ui/icons'
import { tellTrouble } from '../ui/notices'
import { Money } from '../ui/parts'
import { Help } from './help'
import { useKeys } from './keys'
import { type Noun, NOUNS } from './nouns'
import { Palette } from './palette'

/** The frame. */
export function Shell({ children }: { children: ReactNode }) {
  const [open, setOpen] = useState<'palette' | 'help' | 'more'>()
  const navigate = useNavigate()
  const session = useSession()
  const isMinor = useRouterState({ select: ({ location: { pathname } }) => NOUNS.some(({ to }) => !FIRST.has(to) && pathname.replace(/^\/console/, '').startsWith(to)) })
  const nouns = NOUNS.filter(({ scope }) => scope === undefined || session.may(scope))
  const ways = Object.fromEntries(nouns.map(({ to, letter }) => [`g ${letter}`, () => void navigate({ to })]))
  useKeys({
    'mod+k': () => setOpen('palette'),
    '?': () => setOpen('help'),
    t: nextTheme,
    ...ways,
  })
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <nav className="rail" aria-label="Views">
        <Link to="/" className="brand" aria-label="INOS, overview">
          <Mark />
          <span>INOS</span>
        </Link>
        <ul>
          {nouns.map(({ to, name, icon: Icon, letter }) => (
            <li key={to} className={FIRST.has(to) ? undefined : 'minor'}>
              <Link to={to} activeOptions={{ exact: to === '/' }} title={`${name} (g ${letter})`}>
                <Icon aria-hidden />
                <span>{name}</span>
              </Link>
            </li>
          ))}
          <li className="more">
            <button type="button" aria-haspopup="dialog" data-status={isMinor ? 'active' : undefined} onClick={() => setOpen('more')}>
              <Ellipsis aria-hidden />
              <span>More</span>
            </button>
          </li>
        </ul>
      </nav>
      <Strip onSearch={() => setOpen('palette')} />
      <Banner />
      <div className="content">{children}</div>
      {open === 'palette' && <Palette onClose={() => setOpen(undefined)} onHelp={() => setOpen('help')} />}
      {open === 'more' && <More nouns={nouns} onClose={() => setOpen(undefined)} />}
      {open === 'help' && <Help onClose={() => setOpen(undefined)} />}
    </div>
  )
}

/** What has a place of its own also on a narrow screen. */
const FIRST: ReadonlySet<string> = new Set(['/', '/jobs', '/playground', '/credits'])

/** The other views, where there is no room for all of them. */
function More({ nouns, onClose }: { nouns: readonly Noun[]; onClose: () => void }) {
  return (
    <Dialog title="Views" onClose={onClose}>
      <ul className="more-views">
        {nouns.filter(({ to }) => !FIRST.has(to)).map(({ to, name, icon: Icon }) => (
          <li key={to}>
            <Link to={to} onClick={onClose}>
              <Icon aria-hidden />
              {name}
            </Link>
          </li>
        ))}
        <li>
          <button type="button" className="button" onClick={nextTheme}>
            <SunMoon aria-hidden />
            Change colours
          </button>
        </li>
      </ul>
    </Dialog>
  )
}

function Strip({ onSearch }: { onSearch: () => void }) {
  const session = useSession()
  return (
    <header className="strip">
      <button type="button" className="search" onClick={onSearch}>
        <Search aria-hidden />
        <span>Go to, or paste a job id</span>
        <kbd>Ctrl K</kbd>
      </button>
      <Health />
      {session.may('account') && <Balance />}
      <ThemeButton />
      <button type="button" className="icon-button" aria-label="Sign out" title={session.expires ? `Sign out (by itself at ${new Date(session.expires).toLocaleTimeString('en-GB')})` : 'Sign out'} onClick={() => void session.signOut().catch(tellTrouble)}>
        <LogOut aria-hidden />
      </button>
    </header>
  )
}

/** Whether the server takes work, by its own word. */
function Health() {
  const { online } = useSignal(reach)
  const { data } = useReadiness()
  const word = online ? (data?.status ?? 'unknown') : 'away'
  const wrong = Object.entries(data?.checks ?? {}).filter(([name, state]) => state !== (name === 'draining' ? 'no' : 'ok'))
  const why = wrong.map(([name, state]) => `${name}: ${state}`).join(', ')
  return (
    <Link to="/node" className={`health health-${word}`} title={why || `The server is ${word}`}>
      <i aria-hidden="true" />
      <span>{word}</span>
    </Link>
  )
}

function Balance() {
  const { data } = useQuery({ queryKey: ['account'], queryFn: ({ signal }) => inos.account.get({ signal }), refetchInterval: 30_000 })
  return (
    <Link to="/credits" className="balance">
      <span className="hidden">Available credits: </span>
      <Money amount={data?.available} />
    </Link>
  )
}

function ThemeButton() {
  const chosen = useSignal(theme)
  const Icon = chosen === 'light' ? Sun : chosen === 'dark' ? Moon : SunMoon
  return (
    <button type="button" className="icon-button theme" aria-label={`Colours: ${chosen}. Change`} title={`Colours: ${chosen} (t)`} onClick={nextTheme}>
      <Icon aria-hidden />
    </button>
  )
}

/** A server that is away: since when, and what still holds. */
function Banner() {
  const { online, since } = useSignal(reach)
  const now = useNow()
  // Where it goes, the view stays.
  const view = useRouterState({ select: ({ location }) => location.pathname })
  if (online) return null
  return (
    <div className="banner" role="status" key={view}>
      The server has not answered for {span(Math.max(1_000, Math.round((now - since) / 1_000) * 1_000))}. What you see is from before; accepted jobs go on, and this page with
      them as soon as it is back.
    </div>
  )
}
