/** Parameters as fields: each with what it is for, its limits, its default, an example, and what is wrong with what was typed. */
import { X } from 'lucide-react'
import { Words } from '../../ui/parts'
import { countOf, emptyOf, type Faults, type Parameter, type Typed, variantOf, withOne, withoutOne } from './schema'

/** The longest default or example that is shown. */
const SHOWN_MAX = 60

/** What was typed so far. */
export interface Form {
  typed: Typed
  faults: Faults
  /** Whether what is missing is told as well. */
  isAsked: boolean
  onTyped: (change: (was: Typed) => Typed) => void
}

/** The fields of some parameters; `before` is what their paths begin with. */
export function Fields({ parameters, before, form }: { parameters: readonly Parameter[]; before: string; form: Form }) {
  return parameters.map((parameter) => {
    const path = `${before}${parameter.name}`
    switch (parameter.kind) {
      case 'group':
        return <Group key={path} parameter={parameter} path={path} form={form} />
      case 'list':
        return <List key={path} parameter={parameter} path={path} form={form} />
      case 'choice':
      case 'text':
      case 'number':
      case 'switch':
      case 'json':
        return <ParameterField key={path} parameter={parameter} path={path} form={form} />
    }
  })
}

interface Part {
  parameter: Parameter
  path: string
  form: Form
}

function Name({ parameter }: { parameter: Parameter }) {
  return (
    <>
      <code>{parameter.name}</code>
      {parameter.required && <span className="dim"> needed</span>}
      {parameter.secret && <span className="dim"> secret: kept nowhere</span>}
    </>
  )
}

/** Parameters that belong together, folded until somebody wants them. */
function Group({ parameter, path, form }: Part) {
  return (
    <details className="field group" open={parameter.required}>
      <summary>
        <Name parameter={parameter} />
        <span className="hint">
          <Words text={parameter.about} />
        </span>
      </summary>
      <div className="nested">
        <Fields parameters={parameter.parts} before={`${path}.`} form={form} />
      </div>
    </details>
  )
}

/** Several of a kind, one after the other. */
function List({ parameter, path, form }: Part) {
  const count = countOf(form.typed, path)
  const fault = faultAt(form, path)
  const isFull = parameter.max !== undefined && count >= parameter.max
  const add = (variant: string) => form.onTyped((was) => withOne(was, path, variant))
  const empty = `Add to ${parameter.name}`
  return (
    <fieldset className="field">
      <legend className="label">
        <Name parameter={parameter} />
      </legend>
      <span className="hint">
        <Words text={aboutOf(parameter)} />
      </span>
      {count > 0 && (
        <ol className="listed">
          {Array.from({ length: count }, (_, at) => (
            <One key={at} parameter={parameter} path={path} at={at} form={form} />
          ))}
        </ol>
      )}
      {parameter.variants.length > 1 ? (
        <select aria-label={empty} value="" disabled={isFull} aria-invalid={fault !== undefined} onChange={(event) => add(event.target.value)}>
          <option value="">Add one…</option>
          {parameter.variants.map(({ value, about }) => (
            <option key={value} value={value}>
              {about === '' ? value : `${value}: ${about}`}
            </option>
          ))}
        </select>
      ) : (
        <button type="button" className="button" disabled={isFull} onClick={() => add('')}>
          {empty}
        </button>
      )}
      <Fault path={path} fault={fault} />
    </fieldset>
  )
}

function One({ parameter, path, at, form }: Part & { at: number }) {
  const variant = variantOf(parameter, form.typed, `${path}.${at}`)
  const name = variant && variant.value !== '' ? variant.value : `${parameter.name} ${at + 1}`
  return (
    <li className="nested">
      <div className="row between">
        <span className="hint">
          <code>{name}</code> <Words text={variant?.about ?? ''} />
        </span>
        <button type="button" className="button icon" aria-label={`Remove ${name}`} onClick={() => form.onTyped((was) => withoutOne(was, path, at))}>
          <X aria-hidden />
        </button>
      </div>
      <Fields parameters={variant?.parts ?? []} before={`${path}.${at}.`} form={form} />
    </li>
  )
}

/** What is wrong at a path, once there is something to be wrong. */
function faultAt({ typed, faults, isAsked }: Form, path: string): string | undefined {
  return isAsked || (typed[path] ?? '') !== '' ? faults[path] : undefined
}

function Fault({ path, fault }: { path: string; fault: string | undefined }) {
  if (fault === undefined) return null
  return (
    <span id={`param-${path}-fault`} className="bad" role="alert">
      {fault}
    </span>
  )
}

function ParameterField({ parameter, path, form }: Part) {
  const id = `param-${path}`
  const value = form.typed[path] ?? ''
  const fault = faultAt(form, path)
  const chosen = parameter.choices.find((choice) => choice.value === (value === '' ? parameter.fallback : value))
  return (
    <div className="field">
      <label htmlFor={id}>
        <Name parameter={parameter} />
      </label>
      <Control parameter={parameter} value={value} fault={fault} onValue={(value) => form.onTyped((was) => ({ ...was, [path]: value }))} id={id} />
      <span id={`${id}-about`} className="hint">
        <Words text={aboutOf(parameter)} />
        {chosen && chosen.about !== '' && (
          <>
            {' '}
            <code>{chosen.value}</code>: <Words text={chosen.about} />
          </>
        )}
      </span>
      <Fault path={path} fault={fault} />
    </div>
  )
}

interface Props {
  parameter: Parameter
  value: string
  fault: string | undefined
  onValue: (value: string) => void
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
  switch (parameter.kind) {
    case 'choice':
      return (
        <select {...common}>
          <option value="">{short(emptyOf(parameter))}</option>
          {parameter.choices.map((choice) => (
            <option key={choice.value}>{choice.value}</option>
          ))}
        </select>
      )
    case 'switch':
      return (
        <select {...common}>
          <option value="">{emptyOf(parameter)}</option>
          <option value="true">yes</option>
          <option value="false">no</option>
        </select>
      )
    case 'number':
      return <input {...common} inputMode={parameter.whole ? 'numeric' : 'decimal'} placeholder={parameter.fallback ?? parameter.example} />
    case 'group':
    case 'list':
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
  if (kind === 'list') return max === undefined ? about : `${about} At most ${max}.`
  const limits = min !== undefined && max !== undefined ? `${min} to ${max}.` : min !== undefined ? `At least ${min}.` : max !== undefined ? `At most ${max}.` : ''
  // Where nothing else stands in the field, the example does.
  const isShown = kind === 'choice' || kind === 'switch' || fallback === undefined || fallback === example
  const such = example !== undefined && !isShown ? `Such as ${short(example)}` : ''
  return [about, limits, such].filter((part) => part !== '').join(' ')
}
