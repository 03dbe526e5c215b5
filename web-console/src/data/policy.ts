/** What may become a script here: the console's own files, as workers. Everything else that is text stays text. */

/** The part of Trusted Types that is used; browsers without it have no policy to keep. */
interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string | null }): unknown
}

declare global {
  var trustedTypes: Policies | undefined
}

const OWN = '/console/assets/'

/** Whether an address is one of the console's own scripts. */
export function isOwnScript(url: string, page: string): boolean {
  const { origin, pathname, search } = new URL(url, page)
  return origin === new URL(page).origin && pathname.startsWith(OWN) && pathname.endsWith('.js') && search === ''
}

/** Lets the console start its own workers, which is refused to a plain address. Without this a twin would be fed by the page. */
export function keepPolicy(): void {
  globalThis.trustedTypes?.createPolicy('default', { createScriptURL: (url) => (isOwnScript(url, location.href) ? url : null) })
}
