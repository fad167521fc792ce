// Reads the network of a person for a view: with progress, further people on demand, and a way to stop and to go on.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { FollowGraphClient, User } from '../../client/client.ts'
import { type Ego, FIRST_PEOPLE, type Network, openEgo, type Progress } from './ego.ts'

export type EgoState = {
  owner?: User
  available?: number
  network?: Network
  progress?: Progress
  reading: boolean
  error?: unknown
}
export type Reading = EgoState & {
  /** Reads up to so many people. */
  read: (count: number) => void
  /** Goes on where the last read stopped. */
  again: () => void
  stop: () => void
}

export function useEgo(client: FollowGraphClient, userId: string): Reading {
  const [state, setState] = useState<EgoState>({ reading: true })
  const ego = useRef<Ego | null>(null)
  const running = useRef<AbortController | null>(null)
  const wanted = useRef(FIRST_PEOPLE)
  const stop = () => running.current?.abort(new DOMException('stopped', 'AbortError'))

  async function read(count: number): Promise<void> {
    stop()
    const run = new AbortController()
    running.current = run
    const { signal } = run
    const set = (more: Partial<EgoState>) =>
      running.current?.signal === signal && setState((state) => ({ ...state, ...more }))
    wanted.current = count
    setState(({ error: _, ...rest }) => ({ ...rest, reading: true }))
    try {
      ego.current ??= await openEgo(client, userId, signal)
      const { owner, available } = ego.current
      set({ owner, available })
      const onProgress = (progress: Progress) => set({ progress })
      set({ network: await ego.current.read(count, { signal, onProgress }), reading: false })
    } catch (error) {
      set(signal.aborted ? { reading: false } : { reading: false, error })
    }
  }

  useEffect(() => {
    ego.current = null
    setState({ reading: true })
    void read(FIRST_PEOPLE)
    return () => {
      stop()
      // What is answered later belongs to a view that is no longer there.
      running.current = null
    }
  }, [client, userId])
  return {
    ...state,
    read: (count) => void read(count),
    again: () => void read(wanted.current),
    stop,
  }
}
