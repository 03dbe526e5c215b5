/**
 * A method, a text, and the job that comes of them, as it goes; and a region, as it changes. The server, a token and the
 * region are in its address: `?url=…&token=…&region=…`.
 */
import { Inos } from '@inos/sdk'
import { useEpoch, useJob, useTwin, useUnits } from '@inos/sdk/react'
import { type FormEvent, useState } from 'react'
import { createRoot } from 'react-dom/client'

const address = new URLSearchParams(location.search)
const inos = new Inos({ url: address.get('url') ?? '', key: address.get('token') ?? '' })

function App() {
  const [id, setId] = useState<string>()
  const [refused, setRefused] = useState<string>()
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const [unit = '', method = ''] = String(form.get('method')).split('.')
    try {
      const params: { [name: string]: unknown } = JSON.parse(String(form.get('params')))
      setId((await inos.jobs.submit(unit, method, String(form.get('text')), { params })).id)
      setRefused(undefined)
    } catch (error) {
      setRefused(String(error))
    }
  }
  return (
    <form onSubmit={submit}>
      <Methods />
      <input name="params" aria-label="Parameters" defaultValue="{}" />
      <textarea name="text" aria-label="Input" defaultValue="hello" />
      <button type="submit">Run</button>
      {refused && <p role="alert">{refused}</p>}
      {id && <JobView id={id} />}
    </form>
  )
}

function Methods() {
  const { data: units = [], error } = useUnits(inos)
  const names = units.flatMap(({ name, methods }) => methods.map((method) => `${name}.${method.name}`))
  if (error) return <p role="alert">{error.message}</p>
  return (
    <select name="method" aria-label="Method">
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  )
}

function JobView({ id }: { id: string }) {
  const { job, progress, error } = useJob(inos, id)
  if (error) return <p role="alert">{error.message}</p>
  return (
    <p>
      <output id="state">{job?.state}</output> <span id="progress">{progress && `${progress.done} of ${progress.total}`}</span>
    </p>
  )
}

function RegionView({ name }: { name: string }) {
  const { twin, error } = useTwin(inos, name)
  const epoch = useEpoch(twin)
  if (error) return <p role="alert">{error.message}</p>
  return <output id="region">{twin && `${new TextDecoder().decode(twin.bytes())} at ${epoch}`}</output>
}

const region = address.get('region')
const place = document.getElementById('root')
if (place) createRoot(place).render(region ? <RegionView name={region} /> : <App />)
