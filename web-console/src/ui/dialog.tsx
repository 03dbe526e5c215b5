/** A dialog of the platform's own kind: focus stays inside, Escape closes it, and it needs no style that a policy forbids. */
import { X } from 'lucide-react'
import { type ReactNode, useEffect, useId, useRef } from 'react'

/** Something that is to be dealt with before the rest. It is there while it is drawn; what has `data-first` is focused first. */
export function Dialog({ title, children, onClose, wide = false, bare = false }: { title: string; children: ReactNode; onClose: () => void; wide?: boolean; bare?: boolean }) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    dialog?.showModal()
    dialog?.querySelector<HTMLElement>('[data-first]')?.focus()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={ref}
      className={`dialog${wide ? ' wide' : ''}${bare ? ' bare' : ''}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => {
        if (event.target === ref.current) onClose()
      }}
    >
      {bare ? (
        <h2 id={id} className="hidden">
          {title}
        </h2>
      ) : (
        <header>
          <h2 id={id}>{title}</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
            <X aria-hidden />
          </button>
        </header>
      )}
      {children}
    </dialog>
  )
}

/** Asks once more before something that cannot be taken back. */
export function Confirm({ title, children, verb, onConfirm, onClose, pending = false }: { title: string; children: ReactNode; verb: string; onConfirm: () => void; onClose: () => void; pending?: boolean }) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="stack">{children}</div>
      <footer className="row end">
        <button type="button" className="button" onClick={onClose}>
          Keep as it is
        </button>
        <button type="button" className="button danger" onClick={onConfirm} disabled={pending}>
          {verb}
        </button>
      </footer>
    </Dialog>
  )
}
