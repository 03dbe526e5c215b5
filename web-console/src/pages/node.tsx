/** Who is this server, does it take work, and what are its threads doing? */
import type { NodeSetting, Worker } from '@inos/sdk'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { inos } from '../data/client'
import { ASKED_MS, useReadiness } from '../data/readiness'
import { useSession } from '../data/session'
import { bytes, count, money, shortId, span } from '../format'
import { Empty, Facts, Id, PageHead, Section, Trouble, Waiting, When, Words } from '../ui/parts'

/** The page. */
export function NodePage() {
  const session = useSession()
  const node = useQuery({ queryKey: ['node'], queryFn: ({ signal }) => inos.node.get({ signal }) })
  return (
    <main id="main" className="page">
      <PageHead title="Node" note="Its id is the key that signs its receipts: believe receipts of a node by this id." />
      <div className="stack wide">
        <div className="charts">
          <Section title="Identity">
            {node.error && !node.data ? (
              <Trouble error={node.error} again={() => void node.refetch()} />
            ) : !node.data ? (
              <Waiting lines={4} label="Loading who this is" />
            ) : (
              <div className="body">
                <Facts
                  facts={[
                    ['Name', node.data.name],
                    ['Id', <Id key="id" id={node.data.id} whole />],
                    ['Version', node.data.version],
                    ['Started', <When key="since" at={node.data.started} />],
                  ]}
                />
              </div>
            )}
          </Section>
          <Ready />
        </div>
        {session.may('jobs') && <Workers />}
        <Catalogue mayRun={session.may('jobs')} />
        {session.may('admin') && <Books />}
        {session.may('admin') && <Settings />}
      </div>
    </main>
  )
}

/** What `/readyz` looked at. */
function Ready() {
  const { data, error, refetch } = useReadiness()
  return (
    <Section title="Readiness" aside={<span className="dim">looked at every {ASKED_MS / 1_000} s</span>}>
      {error && !data ? (
        <Trouble error={error} again={() => void refetch()} />
      ) : !data ? (
        <Waiting lines={5} />
      ) : !data.checks ? (
        <div className="body">
          <p className="bad">The server takes no work now. Its log says why; /readyz shows what was looked at.</p>
        </div>
      ) : (
        <div className="body">
          <Facts
            facts={[
              ['Status', data.status],
              ['Database', data.checks.database],
              ['Arena', data.checks.arena],
              ['Workers', data.checks.workers],
              ['About to stop', data.checks.draining],
            ]}
          />
        </div>
      )}
    </Section>
  )
}

function Workers() {
  const { data, error } = useQuery({ queryKey: ['workers'], queryFn: async ({ signal }) => (await inos.node.workers({ signal })).items, refetchInterval: 2_000 })
  return (
    <Section title="Workers" aside={<span className="dim">looked at every 2 s</span>}>
      {error && !data ? (
        <Trouble error={error} />
      ) : !data ? (
        <Waiting />
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label="Workers">
          <table className="fold">
            <thead>
              <tr>
                <th>Worker</th>
                <th>State</th>
                <th>Method</th>
                <th>Job</th>
                <th className="end">For</th>
              </tr>
            </thead>
            <tbody>
              {data.map((worker) => (
                <WorkerRow key={worker.id} worker={worker} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}

function WorkerRow({ worker: { id, state, unit, method, job, since_ms } }: { worker: Worker }) {
  return (
    <tr>
      <td>
        <span>Thread {id}</span>
      </td>
      <td data-label="State" className={state === 'quarantined' ? 'bad' : undefined}>{state}</td>
      <td data-label="Method">{unit && method ? `${unit}.${method}` : <span className="dim">–</span>}</td>
      <td data-label="Job">
        {job ? (
          <Link to="/jobs/$id" params={{ id: job }}>
            <code>{shortId(job)}</code>
          </Link>
        ) : (
          <span className="dim">–</span>
        )}
      </td>
      <td data-label="For" className="end">{span(since_ms)}</td>
    </tr>
  )
}

function Catalogue({ mayRun }: { mayRun: boolean }) {
  const { data, error } = useQuery({ queryKey: ['units'], queryFn: ({ signal }) => inos.units.list({ signal }), staleTime: 60_000 })
  return (
    <Section title="Units" aside={data && <span className="dim">prices: table {data.prices.number}</span>}>
      {error && !data ? (
        <Trouble error={error} />
      ) : !data ? (
        <Waiting />
      ) : data.items.length === 0 ? (
        <Empty title="This build has no units" />
      ) : (
        data.items.map((unit) => (
          <details key={unit.name} className="unit">
            <summary>
              <strong>{unit.name}</strong> <span className="dim">{unit.version}</span> <span>{unit.summary}</span>
              <span className="dim number">{count(unit.methods.length)} methods</span>
            </summary>
            <div className="scroll" tabIndex={0} role="region" aria-label={`Methods of ${unit.name}`}>
              <table>
                <thead>
                  <tr>
                    <th>Method</th>
                    <th>What it does</th>
                    <th>Same bytes again</th>
                    <th className="end">Base</th>
                    <th className="end">KiB in</th>
                    <th className="end">KiB out</th>
                  </tr>
                </thead>
                <tbody>
                  {unit.methods.map((method) => (
                    <tr key={method.name}>
                      <td>
                        {mayRun ? (
                          <Link to="/playground" search={{ method: `${unit.name}.${method.name}` }}>
                            {method.name}
                          </Link>
                        ) : (
                          method.name
                        )}
                      </td>
                      <td className="wrap">{method.summary}</td>
                      <td>{method.determinism}</td>
                      <td className="end">{money(method.price.base)}</td>
                      <td className="end">{money(method.price.per_kib_in)}</td>
                      <td className="end">{money(method.price.per_kib_out)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </details>
        ))
      )}
    </Section>
  )
}

/** How the ledger is, for those who look after it. */
function Books() {
  const { data, error } = useQuery({
    queryKey: ['ledger-health'],
    queryFn: ({ signal }) => inos.request<import('@inos/sdk').LedgerHealth>({ method: 'GET', path: '/v1/ledger/health' }, { signal }),
    refetchInterval: 30_000,
  })
  return (
    <Section title="Ledger" aside={<span className="dim">looked at every 30 s</span>}>
      {error && !data ? (
        <Trouble error={error} />
      ) : !data ? (
        <Waiting />
      ) : (
        <div className="body">
          <Facts
            facts={[
              ['Healthy', data.healthy ? 'yes' : <strong key="no" className="bad">no: run inos check</strong>],
              ['Database', `${data.database}, schema ${data.schema}, ${bytes(data.bytes)}`],
              ['Sum of all accounts', `${money(data.sum)} (always 0)`],
              ['Jobs in the books', `${count(data.jobs)}, ${bytes(data.bytes_per_job)} each`],
              ['Held for jobs', money(data.held)],
              ['Leases', `${count(data.leases)} of all servers, ${money(data.leased)} in memory`],
              ['Overdue holds', count(data.holds_overdue)],
            ]}
          />
        </div>
      )}
    </Section>
  )
}

const SOURCES: { [source in NodeSetting['source']]: string } = { default: 'default', file: 'file', environment: 'environment', flag: 'flag' }

/** What the server was told; what was said by somebody stands first. */
function Settings() {
  // It is what it is until the server starts anew.
  const { data, error } = useQuery({ queryKey: ['settings'], queryFn: async ({ signal }) => (await inos.node.config({ signal })).items, staleTime: 60_000 })
  const said = data?.filter(({ source }) => source !== 'default').length
  return (
    <Section title="Configuration" aside={said !== undefined && <span className="dim">{count(said)} set, the rest by default; secrets are not told</span>}>
      {error && !data ? (
        <Trouble error={error} />
      ) : !data ? (
        <Waiting lines={6} />
      ) : (
        <div className="scroll" tabIndex={0} role="region" aria-label="Configuration">
          <table className="fold">
            <thead>
              <tr>
                <th>Setting</th>
                <th>In effect</th>
                <th>Said by</th>
                <th>What it is for</th>
              </tr>
            </thead>
            <tbody>
              {[...data].sort((a, b) => Number(a.source === 'default') - Number(b.source === 'default')).map((setting) => (
                <SettingRow key={setting.name} setting={setting} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  )
}

function SettingRow({ setting: { name, value, source, at, about } }: { setting: NodeSetting }) {
  return (
    <tr className={source === 'default' ? 'over' : undefined}>
      <td>
        <code>{name}</code>
      </td>
      <td data-label="In effect">{value === null || value === undefined ? <span className="dim">off</span> : <code>{value}</code>}</td>
      <td data-label="Said by">
        <span>
          {SOURCES[source]} {at && <code className="dim said-at">{at}</code>}
        </span>
      </td>
      <td data-label="For" className="wrap">
        <Words text={about} />
      </td>
    </tr>
  )
}
