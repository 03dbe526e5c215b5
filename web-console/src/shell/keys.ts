/** The keyboard: one listener, and a list of what may be pressed. Never acts while somebody types. */
import { useEffect, useRef } from 'react'

/** What a key does. */
export type Bindings = { readonly [keys: string]: () => void }

/** How long the second key of a pair may take, in milliseconds. */
const PAIR_MS = 1_000

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.closest('dialog')) return true
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
}

/** The name of what was pressed, such as `j`, `?` or `mod+k`. */
export function nameOf(event: { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean }): string | undefined {
  if (event.altKey) return undefined
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key
}

/** Lets keys do things while the part of the page that asks is there. */
export function useKeys(bindings: Bindings): void {
  const current = useRef(bindings)
  useEffect(() => {
    current.current = bindings
  })
  useEffect(() => {
    let [first, until] = ['', 0]
    const pressed = (event: KeyboardEvent) => {
      const name = nameOf(event)
      if (name === undefined || (isTyping(event.target) && !name.startsWith('mod+'))) return
      const pair = Date.now() < until ? `${first} ${name}` : ''
      const act = current.current[pair] ?? current.current[name]
      ;[first, until] = [name, Date.now() + PAIR_MS]
      if (!act) return
      event.preventDefault()
      until = 0
      act()
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [])
}
