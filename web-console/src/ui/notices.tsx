/** Short words about what was done, in a corner; read out, and gone after a while. */
import { Toast } from 'radix-ui'
import { Signal, useSignal } from '../data/signal'
import { wordsOf } from './parts'

interface Notice {
  id: number
  text: string
  isBad: boolean
}

const SHOWN_MS = 5_000
const SHOWN_MAX = 4
const notices = new Signal<Notice[]>([])
let next = 1

function add(text: string, isBad: boolean): void {
  notices.set([...notices.read(), { id: next++, text, isBad }].slice(-SHOWN_MAX))
}

/** Says that something was done. */
export function tell(text: string): void {
  add(text, false)
}

/** Says that something was not. */
export function tellTrouble(error: unknown): void {
  const { title, detail } = wordsOf(error)
  add(`${title}: ${detail}`, true)
}

/** Where they appear. */
export function Notices() {
  const shown = useSignal(notices)
  const close = (id: number) => notices.set(notices.read().filter((notice) => notice.id !== id))
  return (
    <Toast.Provider duration={SHOWN_MS} label="Notice">
      {shown.map(({ id, text, isBad }) => (
        <Toast.Root key={id} className={isBad ? 'notice bad' : 'notice'} onOpenChange={(open) => open || close(id)}>
          <Toast.Description>{text}</Toast.Description>
        </Toast.Root>
      ))}
      <Toast.Viewport className="notices" />
    </Toast.Provider>
  )
}
