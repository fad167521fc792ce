// Reads something when a view opens or its parameters change, and drops the answer if the view has gone on meanwhile.
import { useEffect, useState } from 'preact/hooks'

export type Loaded<T> = {
  /** The newest answer; kept while it is read again. */
  value: T | undefined
  error: unknown
  loading: boolean
  again: () => void
  /** Replaces the answer, after a change. */
  set: (value: T) => void
}

/** Calls `read` at first and whenever one of `keys` changes. */
export function useLoad<T>(read: (signal: AbortSignal) => Promise<T>, keys: unknown[]): Loaded<T> {
  const [state, setState] = useState<{ value?: T; error?: unknown; loading: boolean }>({ loading: true })
  const [round, setRound] = useState(0)
  useEffect(() => {
    const left = new AbortController()
    setState(({ value }) => ({ ...(value === undefined ? {} : { value }), loading: true }))
    read(left.signal).then(
      (value) => left.signal.aborted || setState({ value, loading: false }),
      (error) =>
        left.signal.aborted ||
        setState(({ value }) => ({ ...(value === undefined ? {} : { value }), error, loading: false })),
    )
    return () => left.abort(new DOMException('The view was left.', 'AbortError'))
  }, [...keys, round])
  return {
    value: state.value,
    error: state.error,
    loading: state.loading,
    again: () => setRound((value) => value + 1),
    set: (value) => setState({ value, loading: false }),
  }
}
