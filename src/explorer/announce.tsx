// Messages for all readers: shown for some seconds, and read aloud by screen readers.
import { useEffect, useState } from 'preact/hooks'

const SHOWN_MS = 8_000

type Message = { text: string; number: number }

let show: (text: string) => void = () => undefined

/** Shows a message, in place of the one before. */
export const say = (text: string): void => show(text)

/** The place of the messages, once on the page. */
export function Announcer() {
  const [{ text, number }, setMessage] = useState<Message>({ text: '', number: 0 })
  const replace = (next: string) => setMessage((before) => ({ text: next, number: before.number + 1 }))
  useEffect(() => {
    show = replace
    return () => {
      show = () => undefined
    }
  }, [])
  useEffect(() => {
    if (text === '') return
    const timer = setTimeout(() => replace(''), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [number])
  return (
    <output class={text === '' ? 'message' : 'message shown'} aria-live="polite">
      {/* Anew each time: a screen reader reads the same words again only where an element is new. */}
      <span key={number}>{text}</span>
    </output>
  )
}
