/** Where do the bytes live? The arena and the regions by the server's own figures, and what was copied, by place. */
import type { Arena, Region, Stats } from '@inos/sdk'
import { getRouteApi, Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { partsOf } from './arena-parts'
import { useRegions } from '../data/regions'
import { rateOver, type Reading, useSeries } from '../data/series'
import { useSession } from '../data/session'
import { bytes, count, share, UNKNOWN } from '../format'
import { Empty, Facts, Figure, PageHead, Section, Trouble, Waiting, When } from '../ui/parts'

/** Over how long the rate of an epoch is told, in seconds. */
const RATE_S = 10

const route = getRouteApi('/memory')
/** Only who looks into a region needs what draws it. */
const RegionView = lazy(async () => ({ default: (await import('./regions/view')).RegionView }))

/** The page. */
export function Memory() {
  const session = useSession()
  const { now, readings, stale, error, refetch } = useSeries()
  return (
    <main id="main" className="page">
      <PageHead title="Memory" note={now && <>Read <When at={now.at} />, every 2 s; all accounts together</>} />
      {!now ? (
        error ? (
          <Trouble error={error} again={refetch} />
        ) : (
          <Waiting lines={8} label="Reading the server's figures" />
        )
      ) : (
        <div className={stale ? 'stack wide stale' : 'stack wide'}>
          <ArenaMap arena={now.arena} />
          <div className="charts">
            <Layout arena={now.arena} />
            <Epochs readings={readings} arena={now.arena} />
            <Copies stats={now} />
            <RegionTotals stats={now} />
          </div>
          {session.may('regions') && <OwnRegions />}
        </div>
      )}
    </main>
  )
}

function ArenaMap({ arena }: { arena: Arena }) {
  const parts = partsOf(arena)
  return (
    <Section title="Arena" aside={<span className="dim">{bytes(arena.bytes)} of shared memory for inputs and outputs</span>}>
      <div className="body stack wide">
        <div className="map" role="img" aria-label={parts.map((part) => `${part.name}: ${bytes(part.bytes)}`).join('; ')}>
          {parts.map(({ name, bytes: length, tone }) => (
            <i key={name} className={`part-${tone}`} style={{ width: `${(100 * length) / arena.bytes}%` }} title={`${name}: ${bytes(length)}`} />
          ))}
        </div>
        <ul className="map-legend">
          {parts.map(({ name, bytes: length, tone }) => (
            <li key={name}>
              <i className={`part-${tone}`} aria-hidden="true" />
              <span>{name}</span>
              <span className="number">
                {bytes(length)} <span className="dim">{share(length, arena.bytes)}</span>
              </span>
            </li>
          ))}
        </ul>
        <dl className="figures">
          <Figure label="Leases" value={count(arena.leases)} note="that live now" />
          <Figure label="Resident" value={bytes(arena.resident_bytes)} note="of the mapping, in memory now" />
          <Figure label="Largest free" value={bytes(arena.largest_free_bytes)} note={`in one stretch, of ${bytes(arena.free_bytes)} free`} />
          <Figure label="Fragmentation" value={`${(arena.fragmentation_permille / 10).toLocaleString('en')} %`} note="of what is free lies outside that stretch" />
          <Figure label="Spooled" value={bytes(arena.spooled_bytes)} note="in files, beyond the arena" />
          <Figure label="Pressure" value={arena.under_pressure ? 'yes' : 'no'} note={arena.under_pressure ? 'new work is turned away' : 'new work is let in'} tone={arena.under_pressure ? 'bad' : 'ok'} />
        </dl>
      </div>
    </Section>
  )
}

/** What lies where in the mapping. */
function Layout({ arena }: { arena: Arena }) {
  return (
    <Section title="Layout" aside={<span className="dim">of the whole mapping</span>}>
      <div className="scroll" tabIndex={0} role="region" aria-label="Layout of the mapping">
        <table>
          <thead>
            <tr>
              <th>Part</th>
              <th className="end">Begins at</th>
              <th className="end">Length</th>
            </tr>
          </thead>
          <tbody>
            {arena.map.map(({ name, offset, bytes: length }) => (
              <tr key={`${name}-${offset}`}>
                <td>{name}</td>
                <td className="end">
                  <code>0x{offset.toString(16)}</code>
                </td>
                <td className="end">{bytes(length)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  )
}

/** How fast the arena's epochs move, by the readings of the last seconds. */
function Epochs({ readings, arena }: { readings: readonly Reading[]; arena: Arena }) {
  const rate = (index: number) => rateOver(readings, RATE_S, ({ arena: { epochs } }) => epochs.find((epoch) => epoch.index === index)?.value ?? 0)
  return (
    <Section title="Epochs" aside={<span className="dim">those that have moved, or are waited for</span>}>
      {arena.epochs.length === 0 ? (
        <Empty title="None has moved since the start" />
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label="Epochs">
          <table>
            <thead>
              <tr>
                <th className="end">Number</th>
                <th className="end">Moved on</th>
                <th className="end">Each second, last {RATE_S} s</th>
                <th className="end">Waiting</th>
              </tr>
            </thead>
            <tbody>
              {arena.epochs.map(({ index, value, waiters }) => (
                <tr key={index}>
                  <td className="end">{index}</td>
                  <td className="end">{count(value)}</td>
                  <td className="end">{rate(index)?.toLocaleString('en', { maximumFractionDigits: 1 }) ?? UNKNOWN}</td>
                  <td className="end">{count(waiters)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}

function Copies({ stats: { arena, node } }: { stats: Stats }) {
  const places = Object.entries(arena.copied_bytes).sort(([, a], [, b]) => b - a)
  return (
    <Section title="Copies" aside={<span className="dim">since the start</span>}>
      <div className="scroll">
        <table>
          <thead>
            <tr>
              <th>Place</th>
              <th className="end">Payload bytes copied</th>
            </tr>
          </thead>
          <tbody>
            {places.map(([place, length]) => (
              <tr key={place}>
                <td>
                  <code>{place}</code>
                </td>
                <td className="end">{bytes(length)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="note dim">
        Counted where they happen, since <When at={node.started} />.
      </p>
    </Section>
  )
}

function RegionTotals({ stats: { regions, rings } }: { stats: Stats }) {
  return (
    <Section title="Regions" aside={<span className="dim">all accounts</span>}>
      <div className="body">
        <Facts
          facts={[
            ['Regions', count(regions.count)],
            ['They hold', bytes(regions.bytes)],
            ['They may take', `${bytes(regions.taken_bytes)}, in ${count(regions.buffers)} buffers`],
            ['Epochs published', count(regions.published)],
            ['Copied by that', bytes(regions.copied_bytes)],
            ['Skipped', `${count(regions.skipped)} epochs, for readers that had a newer one`],
            ['Waiting for one', count(regions.waiters)],
            ['Mapped by others', `${count(regions.attached)} processes, ${count(regions.revoked)} buffers revoked`],
            ['Events as rings', `${count(rings.attached)} processes follow, ${count(rings.dropped)} events dropped`],
          ]}
        />
      </div>
    </Section>
  )
}

function OwnRegions() {
  const { region: chosen } = route.useSearch()
  const { data, error } = useRegions()
  const seen = data?.find(({ name }) => name === chosen)
  return (
    <>
      <Section title="Your regions" aside={<span className="dim">named state that changes while it is read</span>}>
        {error && !data ? (
          <Trouble error={error} />
        ) : data === undefined ? (
          <Waiting />
        ) : data.length === 0 ? (
          <Empty title="No regions yet">
            <p>A region is bytes under a name that many read while one writes. This makes one:</p>
            <pre>curl -X PUT --data-binary @file -H "Authorization: Bearer $INOS_KEY" {location.origin}/v1/regions/state</pre>
          </Empty>
        ) : (
          <RegionTable regions={data} chosen={chosen} />
        )}
      </Section>
      {seen && (
        <Suspense fallback={<Waiting lines={8} label="Opening the region" />}>
          <RegionView key={seen.name} region={seen} />
        </Suspense>
      )}
    </>
  )
}

function RegionTable({ regions, chosen }: { regions: readonly Region[]; chosen: string | undefined }) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="Your regions">
      <table className="fold">
        <thead>
          <tr>
            <th>Name</th>
            <th className="end">Epoch</th>
            <th className="end">Holds</th>
            <th className="end">Waiting</th>
            <th className="end">Mapped</th>
            <th>Media type</th>
            <th>Lasts</th>
          </tr>
        </thead>
        <tbody>
          {regions.map((region) => (
            <tr key={region.name} className={region.name === chosen ? 'chosen' : undefined}>
              <td>
                <Link to="/memory" search={{ region: region.name }} aria-current={region.name === chosen ? 'true' : undefined} title="Look at what it holds">
                  <code>{region.name}</code>
                </Link>
              </td>
              <td data-label="Epoch" className="end">{String(region.epoch)}</td>
              <td data-label="Holds" className="end">{bytes(region.bytes)}</td>
              <td data-label="Waiting" className="end">{count(region.waiters)}</td>
              <td data-label="Mapped" className="end">{count(region.attached)}</td>
              <td data-label="Media type">{region.media_type}</td>
              <td data-label="Lasts">{region.persistent ? 'over a restart' : 'while the server runs'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
