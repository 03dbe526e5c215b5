/** What the keyboard can do. */
import { Dialog } from '../ui/dialog'
import { NOUNS } from './nouns'

const KEYS: readonly (readonly [string, string])[] = [
  ['Ctrl K', 'Go anywhere, or to a job by its id'],
  ['/', 'Search the list'],
  ['j  k', 'Next and previous row'],
  ['Enter', 'Open the row'],
  ['x', 'Select the row'],
  ['Esc', 'Close what is open'],
  ['t', 'Light, dark, or as the machine is'],
  ['?', 'This list'],
]

/** The keys, in a dialog. */
export function Help({ onClose }: { onClose: () => void }) {
  const ways = NOUNS.map(({ name, letter }) => [`g ${letter}`, name] as const)
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className="keys">
        {[...KEYS, ...ways].map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key, at) => (key === '' ? null : <kbd key={at}>{key}</kbd>))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
