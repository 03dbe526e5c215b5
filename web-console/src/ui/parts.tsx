/** Small parts that every page is made of. None of them asks the server for anything. */
import { ConnectionError, ProblemError } from '@inos/sdk'
import { Check, Copy } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useNow } from '../data/clock'
import { ago, exactMoney, money, shortId, UNKNOWN } from '../format'

/** How long a skeleton waits before it shows, in milliseconds: what is there sooner needs none. */
const PATIENCE_MS = 300
const COPIED_MS = 1_500

/** A time: relative, with the absolute one behind it. */
export function When({ at }: { at: string | null | undefined }) {
  const now = useNow()
  if (!at) return <span className="dim">{UNKNOWN}</span>
  return (
    <time dateTime={at} title={at}>
      {ago(Date.parse(at), now)}
    </time>
  )
}

/** An amount of credit, with the exact one behind it. */
export function Money({ amount, signed = false }: { amount: number | null | undefined; signed?: boolean }) {
  if (amount === null || amount === undefined) return <span className="number dim">{UNKNOWN}</span>
  return (
    <span className="number" title={exactMoney(amount)}>
      {signed && amount > 0 ? '+' : ''}
      {money(amount)}
    </span>
  )
}

/** An id with a button that copies it. */
export function Id({ id, whole = false }: { id: string; whole?: boolean }) {
  return (
    <span className={whole ? 'id whole' : 'id'}>
      <code title={id}>{whole ? id : shortId(id)}</code>
      <CopyButton text={id} label={`Copy ${id.slice(0, 3) === 'job' ? 'job id' : 'id'}`} />
    </span>
  )
}

/** A button that copies a text. */
export function CopyButton({ text, label, words }: { text: string; label: string; words?: string }) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), COPIED_MS)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = () => {
    // Without a secure context there is no clipboard: the text is there to be selected.
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return (
    <button type="button" className={words ? 'button' : 'icon-button copy'} aria-label={words ? undefined : label} title={label} onClick={copy}>
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      {words && <span>{copied ? 'Copied' : words}</span>}
    </button>
  )
}

/** Words of a unit's author, with what stands between backticks as code. */
export function Words({ text }: { text: string }) {
  return text.split('`').map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))
}

/** What a view without anything says: what would be here, and one line that makes it so. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  )
}

/** Room for what is not there yet; it shows only once that has taken a while. */
export function Waiting({ lines = 3, label = 'Loading' }: { lines?: number; label?: string }) {
  const [shown, setShown] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <div className={shown ? 'skeleton shown' : 'skeleton'} role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, at) => (
        <div key={at} />
      ))}
    </div>
  )
}

/** What went wrong: what happened, and what to do next. */
export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const { title, detail, slug, request } = wordsOf(error)
  return (
    <div className="trouble" role="alert">
      <h2>{title}</h2>
      <p>{detail}</p>
      <p className="row">
        {again && (
          <button type="button" className="button" onClick={again}>
            Try again
          </button>
        )}
        {slug && (
          <a href={`/problems/${encodeURIComponent(slug)}`} target="_blank" rel="noreferrer">
            What <code>{slug}</code> means
          </a>
        )}
        {request && <span className="dim">request {request}</span>}
      </p>
    </div>
  )
}

/** An error in words. */
export function wordsOf(error: unknown): { title: string; detail: string; slug?: string; request?: string | undefined } {
  if (error instanceof ProblemError) {
    const { title, detail } = error.problem
    return { title, detail, slug: error.code, request: error.requestId }
  }
  if (error instanceof ConnectionError) {
    return { title: 'The server does not answer', detail: 'What you see may be old. Nothing that was accepted is lost; this page goes on as soon as it is back.' }
  }
  const words = error instanceof Error ? error.message : String(error)
  return { title: 'That did not work', detail: words }
}

/** One figure with its word and the span that it is of. */
export function Figure({ label, value, note, tone }: { label: string; value: ReactNode; note?: ReactNode; tone?: 'ok' | 'warn' | 'bad' | undefined }) {
  return (
    <div className={tone ? `figure tone-${tone}` : 'figure'}>
      <dt>{label}</dt>
      <dd>
        <span className="value">{value}</span>
        {note !== undefined && <span className="note">{note}</span>}
      </dd>
    </div>
  )
}

/** Facts in two columns. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** A part of a page with a heading. */
export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="section">
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  )
}

/** A page's head: what it is, and what may be done here. */
export function PageHead({ title, note, children }: { title: string; note?: ReactNode; children?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · INOS`
  }, [title])
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {note !== undefined && <p className="dim">{note}</p>}
      </div>
      {children && <div className="row">{children}</div>}
    </header>
  )
}
