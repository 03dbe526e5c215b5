/** One parameter as a field: with what it is for, its limits, its default, an example, and what is wrong with what was typed. */
import { Words } from '../../ui/parts'
import type { Parameter } from './schema'

/** The longest default or example that is shown. */
const SHOWN_MAX = 60

interface Props {
  parameter: Parameter
  value: string
  fault: string | undefined
  onValue: (value: string) => void
}

/** The field. */
export function ParameterField(props: Props) {
  const { parameter, fault } = props
  const id = `param-${parameter.name}`
  return (
    <div className="field">
      <label htmlFor={id}>
        <code>{parameter.name}</code>
        {parameter.required && <span className="dim"> needed</span>}
        {parameter.secret && <span className="dim"> secret: kept nowhere</span>}
      </label>
      <Control {...props} id={id} />
      <span id={`${id}-about`} className="hint">
        <Words text={aboutOf(parameter)} />
      </span>
      {fault !== undefined && (
        <span id={`${id}-fault`} className="bad" role="alert">
          {fault}
        </span>
      )}
    </div>
  )
}

function Control({ parameter, value, fault, onValue, id }: Props & { id: string }) {
  const common = {
    id,
    value,
    required: parameter.required,
    'aria-invalid': fault !== undefined,
    'aria-describedby': fault === undefined ? `${id}-about` : `${id}-about ${id}-fault`,
    onChange: (event: { target: { value: string } }) => onValue(event.target.value),
  }
  const empty = parameter.fallback === undefined ? '' : `default: ${short(parameter.fallback)}`
  switch (parameter.kind) {
    case 'choice':
      return (
        <select {...common}>
          <option value="">{empty || 'none'}</option>
          {parameter.choices.map((choice) => (
            <option key={choice}>{choice}</option>
          ))}
        </select>
      )
    case 'switch':
      return (
        <select {...common}>
          <option value="">{empty || 'as it is by default'}</option>
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      )
    case 'number':
      return <input {...common} inputMode={parameter.whole ? 'numeric' : 'decimal'} placeholder={parameter.fallback ?? parameter.example} />
    case 'json':
      return <textarea {...common} rows={2} spellCheck={false} placeholder={short(parameter.example ?? parameter.fallback ?? 'JSON')} />
    case 'text':
      return (
        <input
          {...common}
          type={parameter.secret ? 'password' : 'text'}
          autoComplete="off"
          spellCheck={false}
          maxLength={parameter.longest}
          placeholder={short(parameter.fallback ?? parameter.example ?? '')}
        />
      )
  }
}

function short(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text
}

function aboutOf({ about, min, max, example, fallback, kind }: Parameter): string {
  const limits = min !== undefined && max !== undefined ? `${min} to ${max}.` : min !== undefined ? `At least ${min}.` : max !== undefined ? `At most ${max}.` : ''
  // Where nothing else stands in the field, the example does.
  const isShown = kind === 'choice' || kind === 'switch' || fallback === undefined || fallback === example
  const such = example !== undefined && !isShown ? `Such as ${short(example)}` : ''
  return [about, limits, such].filter((part) => part !== '').join(' ')
}
