/** The nouns of the rail: where each is, which letter leads there after `g`, and which scope it wants. */
import type { Scope } from '@inos/sdk'
import { Activity, Coins, FlaskConical, KeyRound, LayoutDashboard, ListTree, MemoryStick, Orbit, ScrollText, Server, Tags, Users } from 'lucide-react'

/** A noun. */
export interface Noun {
  to: '/' | '/jobs' | '/playground' | '/memory' | '/live' | '/credits' | '/keys' | '/accounts' | '/prices' | '/audit' | '/events' | '/node'
  name: string
  letter: string
  scope: Scope | undefined
  icon: typeof Activity
}

/** In their order on the screen. */
export const NOUNS: readonly Noun[] = [
  { to: '/', name: 'Overview', letter: 'o', scope: 'jobs', icon: LayoutDashboard },
  { to: '/jobs', name: 'Jobs', letter: 'j', scope: 'jobs', icon: ListTree },
  { to: '/playground', name: 'Playground', letter: 'p', scope: 'jobs', icon: FlaskConical },
  { to: '/memory', name: 'Memory', letter: 'm', scope: 'jobs', icon: MemoryStick },
  { to: '/live', name: 'Live', letter: 'l', scope: 'regions', icon: Orbit },
  { to: '/credits', name: 'Credits', letter: 'c', scope: 'account', icon: Coins },
  { to: '/keys', name: 'Keys', letter: 'k', scope: 'account', icon: KeyRound },
  { to: '/accounts', name: 'Accounts', letter: 'a', scope: 'admin', icon: Users },
  { to: '/prices', name: 'Prices', letter: 'r', scope: 'admin', icon: Tags },
  { to: '/audit', name: 'Audit', letter: 'u', scope: 'account', icon: ScrollText },
  { to: '/events', name: 'Events', letter: 'e', scope: 'jobs', icon: Activity },
  { to: '/node', name: 'Node', letter: 'n', scope: undefined, icon: Server },
]
