// Messages for all readers: shown for some seconds, and read aloud by screen readers.
import { useEffect, useState } from 'preact/hooks'

const SHOWN_MS = 8_000

let show: (text: string) => void = () => undefined

/** Shows a message, in place of the one before. */
export const say = (text: string): void => show(text)

/** The place of the messages, once on the page. */
export function Announcer() {
  const [text, setText] = useState('')
  useEffect(() => {
    show = setText
    return () => {
      show = () => undefined
    }
  }, [])
  useEffect(() => {
    if (text === '') return
    const timer = setTimeout(() => setText(''), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <output class={text === '' ? 'message' : 'message shown'} aria-live="polite">
      {text}
    </output>
  )
}
