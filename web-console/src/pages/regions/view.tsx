/** What does a region hold at this moment? Its newest epoch as bytes, records or a line, read from the twin as it moves. */
import type { FieldKind, Region, Twin } from '@inos/sdk'
import { useEpoch, useTwin } from '@inos/sdk/react'
import { Link } from '@tanstack/react-router'
import { Tabs } from 'radix-ui'
import { useEffect, useMemo, useRef, useState } from 'react'
import { inos } from '../../data/client'
import { bytes, count } from '../../format'
import { Chart } from '../../ui/chart'
import { Pager } from '../../ui/pager'
import { Section, Trouble, Waiting } from '../../ui/parts'
import { hexLines, kindOf, Preview } from '../../ui/preview'
import { sceneOf } from '../scene/kinds'
import { KINDS, kindIn, type Layout, layoutOf, rowsIn, spreadOf } from './read'

/** How often what is shown may change: nobody reads faster. */
const RATE_MAX_HZ = 10
const HEX_BYTES = 512
const ROWS = 32
/** The most bytes that are drawn by their media type. */
const PREVIEW_BYTES_MAX = 8 << 20
/** The most places of a line: no screen has more. */
const PLACES_MAX = 2_000
const DIGITS = 7

/** The region, seen. */
export function RegionView({ region }: { region: Region }) {
  const options = useMemo(() => ({ maxRateHz: RATE_MAX_HZ }), [])
  const { twin, error, loading } = useTwin(inos, region.name, options)
  const place = useRef<HTMLDivElement>(null)
  // Whoever chose it in the list above is to see it.
  useEffect(() => {
    // Newer browsers answer with a promise, which is nothing to clean up with.
    void place.current?.scrollIntoView({ block: 'start' })
  }, [])
  return (
    <div ref={place}>
      <Section title={`Region ${region.name}`} aside={sceneOf(region) && <Link to="/live" search={{ region: region.name }}>Watch it live</Link>}>
        {twin && !error ? <Held twin={twin} region={region} /> : loading ? <Waiting lines={8} label="Opening the region" /> : <Trouble error={error} />}
      </Section>
    </div>
  )
}

function Held({ twin, region }: { twin: Twin; region: Region }) {
  const epoch = useEpoch(twin)
  const [kind, setKind] = useState<FieldKind>(kindIn(region))
  const layout = useMemo(() => layoutOf(region, kind), [region, kind])
  const length = twin.read((view) => view.bytes.length)
  const isKnown = kindOf(region.media_type) !== 'hex' && length <= PREVIEW_BYTES_MAX
  return (
    <Tabs.Root defaultValue="bytes">
      <div className="row between region-bar">
        <span className="dim">
          Epoch <span className="number">{String(epoch)}</span>, {bytes(length)}
          {region.schema ? `, ${region.schema}` : ''}
        </span>
        <select aria-label="Read records as" value={kind} onChange={(event) => setKind(KINDS.find(([name]) => name === event.target.value)?.[0] ?? kind)}>
          {KINDS.map(([name, , words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </div>
      <Tabs.List className="tabs" aria-label="How it is shown">
        <Tabs.Trigger value="bytes">Bytes</Tabs.Trigger>
        <Tabs.Trigger value="records">Records</Tabs.Trigger>
        <Tabs.Trigger value="plot">Plot</Tabs.Trigger>
        {isKnown && <Tabs.Trigger value="preview">As {region.media_type}</Tabs.Trigger>}
      </Tabs.List>
      <Tabs.Content value="bytes">
        <Hex twin={twin} epoch={epoch} length={length} />
      </Tabs.Content>
      <Tabs.Content value="records">
        <Rows twin={twin} epoch={epoch} layout={layout} length={length} />
      </Tabs.Content>
      <Tabs.Content value="plot">
        <Line twin={twin} epoch={epoch} layout={layout} />
      </Tabs.Content>
      {isKnown && (
        <Tabs.Content value="preview" className="region-line">
          <Typed twin={twin} epoch={epoch} mediaType={region.media_type} />
        </Tabs.Content>
      )}
    </Tabs.Root>
  )
}

interface Seen {
  twin: Twin
  /** Another one has what is shown read anew. */
  epoch: bigint
}

/** By its media type, as the output of a job is: a copy, because what draws it takes longer than an epoch may last. */
function Typed({ twin, epoch, mediaType }: Seen & { mediaType: string }) {
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const held = useMemo(() => twin.bytes(), [twin, epoch])
  return <Preview bytes={held} mediaType={mediaType} label={`Epoch ${epoch} of ${twin.name}`} />
}

function Hex({ twin, epoch, length }: Seen & { length: number }) {
  const [from, setFrom] = useState(0)
  const first = Math.min(from, Math.max(0, Math.floor((length - 1) / HEX_BYTES) * HEX_BYTES))
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const lines = useMemo(() => twin.read(({ bytes: held }) => hexLines(held.subarray(first, first + HEX_BYTES), first)), [twin, epoch, first])
  return (
    <>
      <pre className="hex" tabIndex={0} aria-label="Bytes in hexadecimal">
        {lines.join('\n')}
      </pre>
      <Pager first={first} size={HEX_BYTES} all={length} what="bytes" onFirst={setFrom} />
    </>
  )
}

function Rows({ twin, epoch, layout, length }: Seen & { layout: Layout; length: number }) {
  const [from, setFrom] = useState(0)
  const all = Math.floor(length / layout.stride)
  const first = Math.min(from, Math.max(0, Math.floor((all - 1) / ROWS) * ROWS))
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const rows = useMemo(() => twin.read((view) => rowsIn(view, layout, first, ROWS)), [twin, epoch, layout, first])
  const write = (value: number) => (layout.kind.startsWith('f') ? value.toPrecision(DIGITS) : String(value))
  return (
    <>
      <div className="scroll" tabIndex={0} role="region" aria-label="Records">
        <table>
          <thead>
            <tr>
              <th className="end">Record</th>
              {layout.names.map((name) => (
                <th key={name} className="end">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <tr key={first + at}>
                <td className="end dim">{count(first + at)}</td>
                {row.map((value, field) => (
                  <td key={field} className="end">
                    {write(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Pager first={first} size={ROWS} all={all} what="records" onFirst={setFrom} />
    </>
  )
}

function Line({ twin, epoch, layout }: Seen & { layout: Layout }) {
  const [chosen, setChosen] = useState(0)
  const field = Math.min(chosen, layout.names.length - 1)
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const { at, values } = useMemo(() => twin.read((view) => spreadOf(view, layout, field, PLACES_MAX)), [twin, epoch, layout, field])
  const lines = useMemo(() => [{ name: `field ${layout.names[field] ?? ''}`, colour: '--run' as const, values }], [layout, field, values])
  return (
    <div className="stack region-line">
      {layout.names.length > 1 && (
        <select aria-label="Field" value={field} onChange={(event) => setChosen(Number(event.target.value))}>
          {layout.names.map((name, place) => (
            <option key={name} value={place}>
              {name}
            </option>
          ))}
        </select>
      )}
      <Chart title="Over the records" times={at} lines={lines} say={(value) => value.toLocaleString('en', { maximumSignificantDigits: 5 })} across={count} />
    </div>
  )
}
