/** The inputs of a job: texts that are typed, files that are chosen or dropped. */
import type { Method } from '@inos/sdk'
import { X } from 'lucide-react'
import { lazy, Suspense } from 'react'
import { inputOf, isTooLarge } from '../../data/inputs'
import { useSession } from '../../data/session'
import { bytes } from '../../format'
import { columnarFile } from '../../ui/columns'

const Columnar = lazy(async () => ({ default: (await import('../rows')).Columnar }))

/** An input as it was given. */
export type Given = { text: string } | { file: File }

/** How long it is, in bytes. */
export function givenBytes(given: Given): number {
  return toBlob(given).size
}

/** It as bytes. */
export function toBlob(given: Given): Blob {
  return 'text' in given ? new Blob([given.text]) : given.file
}

/** The inputs, as many as the method takes. */
export function Inputs({ method: { inputs: limits }, inputs, onInputs }: { method: Method; inputs: readonly Given[]; onInputs: (inputs: readonly Given[]) => void }) {
  if (limits.max === 0) return null
  const set = (at: number, given: Given) => onInputs(inputs.map((was, place) => (place === at ? given : was)))
  const types = limits.media_types.filter((type) => type !== '*/*')
  const many = limits.max > 1
  return (
    <fieldset>
      <legend className="label">{many ? `Inputs (${limits.min} to ${limits.max})` : 'Input'}</legend>
      {types.length > 0 && <p className="hint dim">Of the kind {types.join(', ')}.</p>}
      {inputs.map((given, at) => (
        <OneInput
          key={at}
          at={at}
          many={many}
          given={given}
          max={limits.bytes_max}
          onGiven={(changed) => set(at, changed)}
          onRemove={inputs.length > limits.min ? () => onInputs(inputs.filter((_, place) => place !== at)) : undefined}
        />
      ))}
      {inputs.length < limits.max && (
        <button type="button" className="button" onClick={() => onInputs([...inputs, { text: '' }])}>
          Add an input
        </button>
      )}
    </fieldset>
  )
}

interface OneProps {
  at: number
  many: boolean
  given: Given
  max: number
  onGiven: (given: Given) => void
  onRemove: (() => void) | undefined
}

function OneInput({ at, many, given, max, onGiven, onRemove }: OneProps) {
  const id = `input-${at}`
  const name = many ? `Input ${at}` : 'Input'
  const length = givenBytes(given)
  return (
    <div
      className="input"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault()
        const [file] = event.dataTransfer.files
        if (file) onGiven({ file })
      }}
    >
      {'text' in given ? (
        <textarea id={id} aria-label={`${name}, as text`} rows={3} placeholder="Type here, or drop a file" value={given.text} onChange={(event) => onGiven({ text: event.target.value })} />
      ) : (
        <>
          <p className="chosen-file">
            <strong>{given.file.name}</strong>
          </p>
          <Rows key={given.file.name} file={given.file} />
        </>
      )}
      <div className="row between">
        <span className={length > max ? 'bad' : 'dim'}>
          {bytes(length)} of at most {bytes(max)}
        </span>
        <span className="row">
          {'file' in given && (
            <button type="button" className="button" onClick={() => onGiven({ text: '' })}>
              Type instead
            </button>
          )}
          <label className="button file">
            Choose a file
            <input
              type="file"
              className="hidden"
              aria-label={`${name}, as a file`}
              onChange={(event) => {
                const file = event.target.files?.[0]
                if (file) onGiven({ file })
              }}
            />
          </label>
          {onRemove && (
            <button type="button" className="icon-button" aria-label={`Remove ${name}`} onClick={onRemove}>
              <X aria-hidden />
            </button>
          )}
        </span>
      </div>
    </div>
  )
}

/** The rows of a file that no browser reads, for who wants to see them first. */
function Rows({ file }: { file: File }) {
  const session = useSession()
  const kind = columnarFile(file.name)
  const mayStore = session.may('blobs')
  if (kind === undefined || isTooLarge(file, mayStore)) return null
  return (
    <details className="as-bytes">
      <summary>Its rows</summary>
      <Suspense fallback={null}>
        <Columnar kind={kind} length={file.size} label={`Rows of ${file.name}`} input={() => inputOf(file, mayStore)} />
      </Suspense>
    </details>
  )
}
