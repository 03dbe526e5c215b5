/** What is alive right now? A region as a picture, from the twin that the page keeps of it, and the session that moves it. */
import type { Region } from '@inos/sdk'
import { useTwin } from '@inos/sdk/react'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { inos } from '../../data/client'
import { useRegions } from '../../data/regions'
import { useSession } from '../../data/session'
import { Empty, PageHead, Section, Trouble, Waiting } from '../../ui/parts'
import { SceneCanvas } from './canvas'
import { type Scene, sceneOf, wordsFor } from './kinds'
import { Sessions } from './sessions'
import { StartSession } from './start'

/** No screen shows more. */
const RATE_MAX_HZ = 60

const route = getRouteApi('/live')

/** The page. */
export function LivePage() {
  const session = useSession()
  const { region: wanted } = route.useSearch()
  const navigate = route.useNavigate()
  const { data, error, refetch } = useRegions()
  const [starting, setStarting] = useState(false)
  const [started, setStarted] = useState<string>()
  const scenes = useMemo(() => (data ?? []).flatMap((region) => ofScene(region)), [data])
  const chosen = wanted === undefined ? scenes[0] : scenes.find(({ region }) => region.name === wanted)
  const mayStart = session.may('jobs')
  const go = (region: string) => void navigate({ search: { region } })
  return (
    <main id="main" className="page">
      <PageHead title="Live" note="Regions drawn as they move, from memory that this page shares with the worker that feeds it.">
        {scenes.length > 0 && (
          <select aria-label="Region" value={chosen?.region.name ?? ''} onChange={(event) => go(event.target.value)}>
            {!chosen && <option value="">choose a region</option>}
            {scenes.map(({ region: { name } }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        {mayStart && (
          <button type="button" className="button primary" onClick={() => setStarting(true)}>
            Start a session
          </button>
        )}
      </PageHead>
      {error && !data ? (
        <Trouble error={error} again={() => void refetch()} />
      ) : !data ? (
        <Waiting lines={8} label="Looking for regions" />
      ) : chosen ? (
        <Section title={chosen.region.name} aside={<span className="dim">{wordsFor(chosen.scene)}</span>}>
          <Live key={chosen.region.name} name={chosen.region.name} scene={chosen.scene} />
          {mayStart && (
            <div className="body">
              <Sessions region={chosen.region.name} started={started} />
            </div>
          )}
        </Section>
      ) : (
        <Nothing wanted={wanted} started={started} mayStart={mayStart} />
      )}
      {starting && (
        <StartSession
          onClose={() => setStarting(false)}
          onStarted={(region, job) => {
            setStarting(false)
            setStarted(job.id)
            go(region)
            void refetch()
          }}
        />
      )}
    </main>
  )
}

function ofScene(region: Region): { region: Region; scene: Scene }[] {
  const scene = sceneOf(region)
  return scene ? [{ region, scene }] : []
}

function Live({ name, scene }: { name: string; scene: Scene }) {
  const options = useMemo(() => ({ maxRateHz: RATE_MAX_HZ }), [])
  const { twin, error, loading } = useTwin(inos, name, options)
  if (twin && !error) return <SceneCanvas twin={twin} scene={scene} />
  if (loading) return <Waiting lines={8} label="Opening the region" />
  return <Trouble error={error} />
}

function Nothing({ wanted, started, mayStart }: { wanted: string | undefined; started: string | undefined; mayStart: boolean }) {
  return (
    <Empty title={wanted === undefined ? 'Nothing lives yet' : `${wanted} is no scene that is known here`}>
      {wanted !== undefined && (
        <p>
          <Link to="/memory" search={{ region: wanted }}>
            Look at its bytes
          </Link>
        </p>
      )}
      {started !== undefined && wanted !== undefined && mayStart && <Sessions region={wanted} started={started} />}
      <p>A session keeps a region moving, step by step. This starts one:</p>
      <pre>inos run compute.life -p width=256 -p height=256 -p hz=30</pre>
    </Empty>
  )
}
