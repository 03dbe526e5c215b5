/** `@inos/sdk/react`: what a server knows as state of a page. Each hook reads; none of them asks for a job. */
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { Job, Unit } from '../generated/api.js'
import type { Inos } from '../inos.js'
import { JobStore, type JobView } from './job-store.js'
import { type Loaded, LoadStore } from './load-store.js'
import type { Twin, TwinOptions } from '../twin/index.js'
import { EpochStore, type TwinState, TwinStore } from './twin-store.js'

export type { JobView } from './job-store.js'
export type { Loaded } from './load-store.js'
export type { TwinState } from './twin-store.js'

/** A job as it stands, kept current by its events until it has ended. Nothing is asked while there is no id. */
export function useJob(inos: Inos, id: string | undefined): JobView {
  const store = useMemo(() => new JobStore(inos, id), [inos, id])
  return useStore(store)
}

/** The catalogue of a server. */
export function useUnits(inos: Inos): Loaded<Unit[]> {
  const load = useCallback(async (signal: AbortSignal) => (await inos.units.list({ signal })).items, [inos])
  const store = useMemo(() => new LoadStore(load), [load])
  return useStore(store)
}

/** A region kept in memory, opened while somebody looks at it and closed after that. Other `options` open it anew. */
export function useTwin(inos: Inos, name: string, options?: TwinOptions): TwinState {
  const store = useMemo(() => new TwinStore(inos, name, options), [inos, name, options])
  return useStore(store)
}

/** The newest epoch of a twin; what shows it is drawn again with each. 0 while there is no twin. */
export function useEpoch(twin: Twin | undefined): bigint {
  const store = useMemo(() => new EpochStore(twin), [twin])
  return useStore(store)
}

function useStore<T>({ subscribe, read }: { subscribe: (told: () => void) => () => void; read: () => T }): T {
  return useSyncExternalStore(subscribe, read, read)
}

export type { Job, Unit }
