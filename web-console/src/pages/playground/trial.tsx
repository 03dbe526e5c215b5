/** One method on the bench: what it takes, what that would cost, and what came of it. */
import type { Method } from '@inos/sdk'
import { useMutation } from '@tanstack/react-query'
import { Play } from 'lucide-react'
import { useMemo, useState } from 'react'
import { inos } from '../../data/client'
import { inputOf, isTooLarge } from '../../data/inputs'
import { useSession } from '../../data/session'
import { bytes, span } from '../../format'
import { Trouble, Words } from '../../ui/parts'
import { Inputs, type Given, givenBytes, toBlob } from './inputs'
import { Fields } from './fields'
import { QuoteView } from './quote'
import { Direct, Result } from './result'
import { parametersOf, paramsOf, type Typed } from './schema'
import { Snippets } from './snippets-view'

/** The bench. */
export function Trial({ unit, method }: { unit: string; method: Method }) {
  const session = useSession()
  const parameters = useMemo(() => parametersOf(method.params), [method.params])
  const [typed, setTyped] = useState<Typed>({})
  const [inputs, setInputs] = useState<readonly Given[]>(() => Array.from({ length: method.inputs.min }, () => ({ text: '' })))
  const [asked, setAsked] = useState(false)
  const [sent, setSent] = useState<{ done: number; total: number }>()
  const read = paramsOf(parameters, typed)
  const faults = 'faults' in read ? read.faults : {}
  const secret = method.outputs.secret === true || parameters.some(({ name, secret }) => secret && (typed[name] ?? '') !== '')
  const running = useMutation({
    mutationFn: async () => {
      if ('faults' in read) throw new Error('Some parameters are not as they must be.')
      const files = inputs.map(toBlob)
      const large = files.find((file) => isTooLarge(file, session.may('blobs')))
      if (large) throw new Error(`A file of ${bytes(large.size)} must be stored first, and this key lacks the scope blobs.`)
      const told = (done: number, total: number) => setSent({ done, total })
      const given = await Promise.all(files.map((file) => inputOf(file, session.may('blobs') && !secret, told)))
      setSent(undefined)
      const { params } = read
      // What is secret is kept nowhere, so that its answer is all there will ever be of it.
      if (secret) return { output: await inos.run(unit, method.name, given, { params }, { timeoutMs: method.timeout_ms }) }
      return { job: (await inos.jobs.submit(unit, method.name, given, { params, labels: { from: 'playground' } })).id }
    },
  })
  return (
    <div className="bench">
      <form
        className="section"
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          setAsked(true)
          if (!('faults' in read)) running.mutate()
        }}
      >
        <header>
          <h2>
            {unit}.{method.name}
          </h2>
          <span className="dim">within {span(method.timeout_ms)}</span>
        </header>
        <div className="body stack wide">
          <p>
            <Words text={method.summary} />
          </p>
          <Inputs method={method} inputs={inputs} onInputs={setInputs} />
          <Fields parameters={parameters} before="" form={{ typed, faults, isAsked: asked, onTyped: setTyped }} />
          <div className="row between">
            <QuoteView unit={unit} method={method.name} params={'params' in read ? read.params : undefined} lengths={inputs.map(givenBytes)} />
            <button type="submit" className="button primary" disabled={running.isPending}>
              <Play aria-hidden />
              Run
            </button>
          </div>
          {sent && (
            <label className="progress">
              <span>
                {bytes(sent.done)} of {bytes(sent.total)} sent
              </span>
              <progress max={sent.total} value={sent.done} />
            </label>
          )}
        </div>
      </form>
      <div className="stack wide">
        {running.error && <Trouble error={running.error} />}
        {running.data?.job !== undefined && <Result key={running.data.job} id={running.data.job} />}
        {running.data?.output && <Direct output={running.data.output} />}
        <Snippets said={{ url: location.origin, unit, method: method.name, params: 'params' in read ? read.params : {}, inputs: inputs.map(named) }} />
      </div>
    </div>
  )
}

function named(given: Given): { text: string } | { file: string } {
  return 'text' in given ? given : { file: given.file.name }
}
