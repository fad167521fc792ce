// The calls that the page has made since the view was opened, as `curl` lines.
import { useEffect, useState } from 'preact/hooks'
import { curlOf } from './curl.ts'

const MOST = 30

let lines: string[] = []
const listeners = new Set<() => void>()

function changed(next: string[]): void {
  lines = next
  for (const listener of listeners) listener()
}

/** A fetch that notes each call of the service. */
export function recordingFetch(root: string): typeof fetch {
  return (input, init) => {
    const url = String(input)
    if (url.startsWith(root)) {
      const line = curlOf(url, init ?? {})
      changed([line, ...lines.filter((other) => other !== line)].slice(0, MOST))
    }
    return fetch(input, init)
  }
}

/** Forgets the calls of the view before. */
export const clearRecorded = (): void => changed([])

/** The calls of this view, the newest first. */
export function useRecorded(): string[] {
  const [, again] = useState({})
  useEffect(() => {
    const listener = () => again({})
    listeners.add(listener)
    listener()
    return () => void listeners.delete(listener)
  }, [])
  return lines
}
