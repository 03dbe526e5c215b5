/** Light, dark, or as the machine is. */
import { Signal } from './signal'

/** What somebody chose. */
export type Theme = 'system' | 'light' | 'dark'

const THEMES: readonly Theme[] = ['system', 'light', 'dark']
const KEY = 'inos-theme'

function stored(): Theme {
  const text = localStorage.getItem(KEY)
  return THEMES.find((theme) => theme === text) ?? 'system'
}

/** What was chosen. */
export const theme = new Signal<Theme>(stored())

/** Puts the choice into effect. */
export function applyTheme(): void {
  const chosen = theme.read()
  if (chosen === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = chosen
}

/** Goes to the next choice. */
export function nextTheme(): void {
  const at = THEMES.indexOf(theme.read())
  const chosen = THEMES[(at + 1) % THEMES.length] ?? 'system'
  localStorage.setItem(KEY, chosen)
  theme.set(chosen)
  applyTheme()
}
