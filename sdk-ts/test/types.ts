/** What the types allow and what they do not: read by `tsc` alone, run by nobody. */
import { Inos, type InosError } from '../src/index.js'

export async function typed(inos: Inos): Promise<void> {
  await inos.run('compute', 'blake3', 'abc', { params: { length: 64, encoding: 'base64' } })
  // @ts-expect-error: a length is a number.
  await inos.run('compute', 'blake3', 'abc', { params: { length: '64' } })
  // @ts-expect-error: there is no such encoding.
  await inos.run('compute', 'blake3', 'abc', { params: { encoding: 'octal' } })
  // @ts-expect-error: there is no such parameter.
  await inos.run('compute', 'blake3', 'abc', { params: { size: 64 } })
  // @ts-expect-error: a unit that is known has only its methods.
  await inos.run('compute', 'blake4', 'abc')
  // A unit of a newer server has whatever it has.
  await inos.run('weather', 'rain', 'abc', { params: { anything: [1, 2] } })
  // @ts-expect-error: an input is bytes, a blob or a job.
  await inos.run('compute', 'blake3', 7)
  // @ts-expect-error: the fields of a capsule have the contract's names.
  await inos.run('compute', 'blake3', 'abc', { timeoutMs: 5 })
  const text: string = (await inos.run('compute', 'blake3', 'abc')).text()
  const { data, response } = await inos.jobs.get('job_').withResponse()
  const [state, status]: ['queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'expired', number] = [data.state, response.status]
  for await (const job of inos.jobs.list({ status: 'failed' })) text.concat(job.id, state, `${status}`)
  // @ts-expect-error: there is no such state.
  inos.jobs.list({ status: 'lost' })
}

export function named(error: InosError): string {
  return error.name
}
