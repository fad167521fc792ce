// The view of the path between two people: who follows whom, step by step.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { FollowGraphClient } from '../../client/client.ts'
import { Failure } from '../failure.tsx'
import { counted, formatNumber } from '../text.ts'
import { People } from '../views/people.tsx'
import { findPath, MOST_CALLS, type PathResult } from './path.ts'

type Props = { client: FollowGraphClient; from: string; to?: string }
type State = { result?: PathResult; error?: unknown; progress?: { requests: number; reached: number } }

/** A form for two people, each an id or `@username`, and the path from one to the other. With both given the search starts at once. */
export function PathBetween({ client, from, to }: Props) {
  const [ends, setEnds] = useState({ from, to: to ?? '' })
  const [state, setState] = useState<State | null>(null)
  const running = useRef<AbortController | null>(null)

  async function search(between: { from: string; to: string }): Promise<void> {
    running.current?.abort()
    const run = new AbortController()
    running.current = run
    const { signal } = run
    const set = (next: State) => signal.aborted || setState(next)
    set({ progress: { requests: 0, reached: 0 } })
    try {
      const onProgress = (progress: { requests: number; reached: number }) => set({ progress })
      const ids = [referenceOf(between.from), referenceOf(between.to)] as const
      set({ result: await findPath(client, ...ids, { signal, onProgress }) })
    } catch (error) {
      set({ error })
    }
  }
  const stop = () => {
    running.current?.abort()
    setState(null)
  }
  useEffect(() => {
    setEnds({ from, to: to ?? '' })
    setState(null)
    if (to !== undefined) void search({ from, to })
    return () => running.current?.abort()
  }, [client, from, to])

  const field = (key: 'from' | 'to', label: string) => (
    <label>
      <span>{label}</span>
      <input
        type="text"
        required
        pattern="\s*(me|[0-9]+|@?[A-Za-z0-9_]+)\s*"
        title="@username, an id, or me"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        value={ends[key]}
        onInput={(event) => setEnds({ ...ends, [key]: event.currentTarget.value })}
      />
    </label>
  )
  const submit = (event: Event) => {
    event.preventDefault()
    void search(ends)
  }
  return (
    <section class="path" aria-label="Path between two people">
      <form class="controls" onSubmit={submit}>
        {field('from', 'From (@username or id)')}
        {field('to', 'To (@username or id)')}
        <button type="submit">Find the path</button>
        {state?.progress !== undefined && (
          <button type="button" onClick={stop}>
            Stop
          </button>
        )}
      </form>
      <p role="status">{state === null ? '' : sentenceOf(state)}</p>
      {state?.error !== undefined && <Failure error={state.error} again={() => void search(ends)} />}
      {state?.result?.kind === 'found' && (
        <People users={state.result.people} label="The path, each follows the next" />
      )}
    </section>
  )
}

// Digits are an id, everything else a name.
function referenceOf(text: string): string {
  const trimmed = text.trim()
  return /^(me|\d+|@.*)$/.test(trimmed) ? trimmed : `@${trimmed}`
}

function sentenceOf({ result, progress }: State): string {
  if (progress !== undefined)
    return `Searching: ${progress.requests} of up to ${MOST_CALLS} calls, ${counted(progress.reached, 'person', 'people')} reached …`
  if (result === undefined) return ''
  const calls = counted(result.requests, 'call')
  if (result.kind === 'unknown') return `There is no user ${result.who}.`
  if (result.kind === 'none')
    return `There is no path: nobody whom the first person reaches by follows leads to the second. (${calls})`
  if (result.kind === 'gave-up')
    return result.why === 'calls'
      ? `No path was found with ${calls}, among ${formatNumber(result.reached)} people. There may be a longer one.`
      : `No path was found among ${formatNumber(result.reached)} people. There may be one over people who hide their lists, or whose lists are too long to be read as a whole. (${calls})`
  const steps = result.people.length - 1
  if (steps === 0) return 'Both are the same person.'
  const which = result.shortest ? 'the shortest path' : 'a path; there may be a shorter one'
  return `${counted(steps, 'step')}, ${which}. Each person follows the next. (${calls})`
}
