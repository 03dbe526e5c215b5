/** The same job for a terminal or a program, to be taken along. The key stays out of it: `INOS_KEY` is the reader's own. */
import { Tabs } from 'radix-ui'
import { CopyButton } from '../../ui/parts'
import { asCli, asCurl, asTypeScript, type Said } from './snippets'

/** The lines. */
export function Snippets({ said }: { said: Said }) {
  const forms = [
    ['curl', asCurl(said)],
    ['CLI', asCli(said)],
    ['TypeScript', asTypeScript(said)],
  ] as const
  return (
    <section className="section" aria-label="The same elsewhere">
      <Tabs.Root defaultValue="curl">
        <Tabs.List className="tabs" aria-label="The same as">
          {forms.map(([name]) => (
            <Tabs.Trigger key={name} value={name}>
              {name}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {forms.map(([name, text]) => (
          <Tabs.Content key={name} value={name} className="snippet">
            <pre tabIndex={0}>{text}</pre>
            <CopyButton text={text} label={`Copy as ${name}`} words="Copy" />
          </Tabs.Content>
        ))}
      </Tabs.Root>
    </section>
  )
}
