// What happens to the reader while the page is open: the stream of their own events, shared by all views.
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import { type Event, type FollowGraphClient, FollowGraphError, type User } from '../client/client.ts'
import { say } from './announce.tsx'
import type { Session } from './session.ts'

const KEPT = 100
const AGAIN_MS = 3_000

export type Live = {
  /** The newest first. */
  events: Event[]
  /** How often followers came or went since the page was opened. */
  changes: number
  /** Why there are no events; they begin again by themselves unless the token is not valid any more. */
  error: unknown
}

const NOTHING: Live = { events: [], changes: 0, error: undefined }
export const LiveContext = createContext<Live>(NOTHING)
export const useLive = (): Live => useContext(LiveContext)

/** The events of the session's user. */
export function useEvents({ client, me }: Session): Live {
  const [live, setLive] = useState(NOTHING)
  useEffect(() => {
    if (me === null) return
    const receive = (event: Event) => {
      const text = newsOf(event, me)
      if (text !== null) say(text)
      setLive(({ events, changes }) => ({
        events: [event, ...events].slice(0, KEPT),
        changes: changes + (event.meta.type === 'user_follow' ? 1 : 0),
        error: undefined,
      }))
    }
    return whileVisible((signal, last) =>
      read(client, { signal, last, receive, failed: (error) => setLive((now) => ({ ...now, error })) }),
    )
  }, [client])
  return live
}

// Browsers open six connections to a service at most, so tabs in the background give theirs back, and go on at the last event later.
function whileVisible(run: (signal: AbortSignal, last: { id?: string }) => Promise<void>): () => void {
  const last: { id?: string } = {}
  let hidden: AbortController | null = null
  const changed = () => {
    if (document.hidden) {
      hidden?.abort()
      hidden = null
    } else if (hidden === null) {
      hidden = new AbortController()
      void run(hidden.signal, last)
    }
  }
  changed()
  document.addEventListener('visibilitychange', changed)
  return () => {
    document.removeEventListener('visibilitychange', changed)
    hidden?.abort()
  }
}

const sinceOf = ({ id }: { id?: string }) => (id === undefined ? {} : { since_id: id })

type Reading = {
  signal: AbortSignal
  last: { id?: string }
  receive: (event: Event) => void
  /** Called with undefined when the service can be reached. */
  failed: (error: unknown) => void
}

async function read(client: FollowGraphClient, { signal, last, receive, failed }: Reading): Promise<void> {
  while (!signal.aborted) {
    try {
      // Tells whether the service can be reached, and where to begin: a tab that is hidden before its first event must not miss any.
      const { meta } = await client.call('myEvents', { count: 1, ...sinceOf(last) }, { signal })
      failed(undefined)
      last.id ??= meta.max_id
      const params = { types: ['user_follow', 'request'], ...sinceOf(last) }
      for await (const event of client.events('myEventsStream', params, { signal })) {
        last.id = event.meta.id
        receive(event)
      }
    } catch (error) {
      if (signal.aborted) return
      failed(error)
      const { status, retryAfter } =
        error instanceof FollowGraphError ? error : { status: 0, retryAfter: undefined }
      if (status === 401 || status === 403) return
      // Events that are no longer kept: from now on.
      if (status === 410) delete last.id
      await new Promise((resolve) => setTimeout(resolve, Math.max(AGAIN_MS, 1_000 * (retryAfter ?? 0))))
    }
  }
}

export type Ends = { user: User; other: User }

/** The two users of a follow or a request; null where one of them is deleted. */
export function endsOf({ data }: Event): Ends | null {
  const both = data as Record<string, User | undefined>
  const [user, other] = [both.user, both.follows_user ?? both.requested_user]
  return user?.username === undefined || other?.username === undefined ? null : { user, other }
}

// What is worth a message: somebody new.
function newsOf(event: Event, me: User): string | null {
  const ends = endsOf(event)
  if (ends === null || ends.other.id !== me.id || event.meta.is_deleted === true) return null
  const who = `@${ends.user.username}`
  return event.meta.type === 'request' ? `${who} asks to follow you.` : `${who} follows you now.`
}
