// Shows the calls of the API that the view made, as lines to paste into a shell.
import { useState } from 'preact/hooks'
import { say } from './announce.tsx'
import { useRecorded } from './recorded.ts'

/** The newest call of the view, and the earlier ones folded. */
export function ApiCalls() {
  const [newest, ...earlier] = useRecorded()
  if (newest === undefined) return null
  return (
    <section class="calls" aria-label="API calls of this view">
      <Line key={newest} text={newest} />
      {earlier.length > 0 && (
        <details>
          <summary>
            {earlier.length} more {earlier.length === 1 ? 'call' : 'calls'}
          </summary>
          {earlier.map((text) => (
            <Line key={text} text={text} />
          ))}
        </details>
      )}
    </section>
  )
}

function Line({ text }: { text: string }) {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
      say('Copied. Set TOKEN to your token in the shell.')
    } catch {
      say('The browser did not allow copying: select the line instead.')
    }
  }
  return (
    <p class="call">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a line that scrolls sideways must be reachable by keyboard */}
      <code tabIndex={0}>{text}</code>
      <button type="button" onClick={copy}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </p>
  )
}
