/** Every view on one screen: its path, and the file that draws it, loaded when somebody goes there. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import type { State } from '@inos/sdk'
import { Lost } from './pages/lost'
import { Root } from './shell/root'
import { isStateWord } from './data/states'

const root = createRootRoute({ component: Root, notFoundComponent: Lost })

/** What the address of the list says; anything else in it is dropped. */
export interface JobsSearch {
  status?: State | undefined
  method?: string | undefined
  since?: Since | undefined
  q?: string | undefined
}

/** How far back a list goes. */
export type Since = '1h' | '24h' | '7d'

function since(value: unknown): Since | undefined {
  return value === '1h' || value === '24h' || value === '7d' ? value : undefined
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : undefined
}

/** Every name is given: the router would leave what stood in the address where one is missing. */
function jobsSearch({ status, method, since: back, q }: { [name: string]: unknown }): JobsSearch {
  return { status: isStateWord(status) ? status : undefined, method: text(method), since: since(back), q: text(q) }
}

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./pages/overview'), 'Overview'),
})

const first = createRoute({
  getParentRoute: () => root,
  path: '/first-job',
  component: lazyRouteComponent(() => import('./pages/first-job'), 'FirstJob'),
})

const jobs = createRoute({
  getParentRoute: () => root,
  path: '/jobs',
  validateSearch: jobsSearch,
  component: lazyRouteComponent(() => import('./pages/jobs/list'), 'JobsPage'),
})

const job = createRoute({
  getParentRoute: () => jobs,
  path: '$id',
  component: lazyRouteComponent(() => import('./pages/jobs/detail'), 'JobPanel'),
})

const playground = createRoute({
  getParentRoute: () => root,
  path: '/playground',
  validateSearch: ({ method }: { [name: string]: unknown }): { method?: string | undefined } => ({ method: text(method) }),
  component: lazyRouteComponent(() => import('./pages/playground/page'), 'Playground'),
})

const credits = createRoute({
  getParentRoute: () => root,
  path: '/credits',
  component: lazyRouteComponent(() => import('./pages/credits'), 'Credits'),
})

const keys = createRoute({
  getParentRoute: () => root,
  path: '/keys',
  component: lazyRouteComponent(() => import('./pages/keys'), 'Keys'),
})

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  component: lazyRouteComponent(() => import('./pages/audit'), 'Audit'),
})

const accounts = createRoute({
  getParentRoute: () => root,
  path: '/accounts',
  component: lazyRouteComponent(() => import('./pages/accounts'), 'Accounts'),
})

const prices = createRoute({
  getParentRoute: () => root,
  path: '/prices',
  component: lazyRouteComponent(() => import('./pages/prices/page'), 'PricesPage'),
})

const events = createRoute({
  getParentRoute: () => root,
  path: '/events',
  component: lazyRouteComponent(() => import('./pages/events'), 'Events'),
})

/** Which region is looked at. */
function regionSearch({ region }: { [name: string]: unknown }): { region?: string | undefined } {
  return { region: text(region) }
}

const live = createRoute({
  getParentRoute: () => root,
  path: '/live',
  validateSearch: regionSearch,
  component: lazyRouteComponent(() => import('./pages/scene/page'), 'LivePage'),
})

const memory = createRoute({
  getParentRoute: () => root,
  path: '/memory',
  validateSearch: regionSearch,
  component: lazyRouteComponent(() => import('./pages/memory'), 'Memory'),
})

const node = createRoute({
  getParentRoute: () => root,
  path: '/node',
  component: lazyRouteComponent(() => import('./pages/node'), 'NodePage'),
})

/** The views. */
export const router = createRouter({
  routeTree: root.addChildren([overview, first, jobs.addChildren([job]), playground, credits, keys, audit, accounts, prices, events, live, memory, node]),
  basepath: '/console',
  defaultPreload: 'intent',
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
