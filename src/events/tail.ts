// The tail of the log, one per instance: reads new entries while there are subscriptions, and keeps the latest events in memory for all.

import { clearTimeout, setTimeout } from '../clock.ts'
import type { InternalChange, LogEvent } from './kinds.ts'
import { EventsGone, type Log } from './log.ts'

/** The reader of events: a stream, a long poll, or the webhook deliveries. */
export type Listener = {
  /** Its token and user: the subscription ends when the token is revoked or the user deleted. */
  tokenHash: string | null
  userId: bigint | null
  /** For an app's stream. */
  stream?: StreamConnection
}

/** A connection to an app's stream. It listens before it takes the stream, so that it misses nobody who takes it then, or deletes it. */
export type StreamConnection = {
  id: bigint
  /** The name of this connection. */
  connection: string
  /** The ordinal of the entry with which it took the stream; undefined until then. */
  takenAt?: bigint
  /** The ordinal of the latest entry with which somebody else took or deleted the stream. */
  lostAt?: bigint
}

/** Whether somebody else took or deleted the stream after this connection took it. */
export const isLost = ({ takenAt, lostAt }: StreamConnection): boolean =>
  takenAt !== undefined && lostAt !== undefined && lostAt > takenAt

/**
 * Why a subscription ended: its token is no longer valid, another connection has taken its stream over, the service stops, its
 * client left, or the log was replaced.
 */
export type End = 'token' | 'taken' | 'stopping' | 'left' | 'log'

export type Subscription = {
  /** Null while the subscription is active. */
  readonly ended: End | null
  /** Resolves when it has ended. */
  readonly over: Promise<void>
  /** Whether the end of the log is known: what is written from then on is noticed. */
  readonly listening: boolean
  /** Resolves when the log may have events after the id, after `ms`, or when the subscription has ended. */
  wait(after: bigint, ms: number): Promise<void>
  /** All events after the id, with the id up to which they are complete; null if some of them are not in memory. */
  recent(after: bigint): { events: LogEvent[]; upTo: bigint } | null
  end(why: End): void
}

export type Tail = {
  /** Subscribes a listener. The log is read while there is at least one subscription. */
  listen(listener: Listener): Subscription
  /** Reads the log at once, because this instance has committed a transaction. */
  wake(): void
  /** The number of subscriptions. */
  readonly listeners: number
  stop(): void
}

// How often the log is read; so this is the longest delay of an event that another instance has written.
const POLL_MS = 100
const UNAVAILABLE_DELAY_MS = 500
// The number of events in memory; subscriptions that are further behind read from the graph.
const RECENT = 1_000

type Waiter = () => void

function endsToken(
  { tokenHash, userId }: Listener,
  internal: Exclude<InternalChange, { streamId: bigint } | { moved: bigint[] }>,
): boolean {
  if ('tokenHash' in internal) return tokenHash === internal.tokenHash
  // A JWT has no hash: it cannot be revoked here, only where it was issued.
  return 'userId' in internal
    ? userId === internal.userId
    : userId === internal.tokensOf && tokenHash !== null
}

export function createTail(log: Log): Tail {
  const subscriptions = new Map<
    Subscription,
    { listener: Listener; end(why: End): void; waiters: Set<Waiter> }
  >()
  let recent: LogEvent[] = []
  // `recent` has all events after `from` and up to `upTo`.
  let from = 0n
  let upTo = 0n
  let ordinal = 0n
  let running = false
  let stopped = false
  let woken = false
  let interrupt: Waiter | null = null
  // Whether the end of the log was read: what is written from then on is noticed.
  let known = false

  function forget(upToNow: bigint): void {
    recent = []
    from = upTo = upToNow
  }

  async function run(): Promise<void> {
    while (subscriptions.size > 0 && !stopped) {
      woken = false
      let more = false
      try {
        if (!known) {
          const bounds = await log.bounds()
          ordinal = bounds.ordinal
          forget(bounds.last)
          known = true
          wakeAll()
        }
        more = await step()
      } catch (error) {
        // An entry was deleted by hand, the log was restored from a backup, or this instance stood still until entries that it had not read
        // were pruned: no subscription can continue without missing events.
        if (error instanceof EventsGone) {
          known = false
          forget(0n)
          for (const { end } of subscriptions.values()) end('log')
        } else await sleep(UNAVAILABLE_DELAY_MS)
      }
      if (!more && !woken) await sleep(POLL_MS)
    }
    running = false
  }

  async function step(): Promise<boolean> {
    const { bounds, entries } = await log.entriesAfter(ordinal)
    if (bounds.ordinal < ordinal || bounds.droppedOrdinal > ordinal) throw new EventsGone(bounds.last)
    for (const entry of entries) {
      ordinal = entry.ordinal
      upTo = entry.last
      recent.push(...entry.events)
      for (const internal of entry.internalChanges) endSubscriptions(internal, ordinal)
    }
    if (recent.length > RECENT) {
      const dropped = recent.splice(0, recent.length - RECENT)
      from = dropped.at(-1)?.id ?? from
    }
    if (entries.length > 0) wakeAll()
    return ordinal < bounds.ordinal
  }

  function wakeAll(): void {
    for (const { waiters } of subscriptions.values()) for (const wake of waiters) wake()
  }

  function endSubscriptions(internal: InternalChange, ordinal: bigint): void {
    if ('moved' in internal) return
    for (const { listener, end } of subscriptions.values()) {
      if ('streamId' in internal) {
        const { stream } = listener
        if (stream?.id !== internal.streamId || stream.connection === internal.by) continue
        stream.lostAt = ordinal
        if (isLost(stream)) end('taken')
      } else if (endsToken(listener, internal)) end('token')
    }
  }

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      timer.unref()
      interrupt = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  return {
    listen(listener) {
      let ended: End | null = stopped ? 'stopping' : null
      let finish: Waiter = () => undefined
      const over = new Promise<void>((resolve) => {
        finish = resolve
      })
      if (ended !== null) finish()
      const subscription: Subscription = {
        over,
        get listening() {
          return known
        },
        get ended() {
          return ended
        },
        wait(after, ms) {
          if (ended !== null || upTo > after) return Promise.resolve()
          return new Promise((resolve) => {
            const entry = subscriptions.get(subscription)
            const done = () => {
              clearTimeout(timer)
              entry?.waiters.delete(done)
              resolve()
            }
            const timer = setTimeout(done, ms)
            entry?.waiters.add(done)
          })
        },
        recent(after) {
          if (!running || after < from || after > upTo) return null
          let start = recent.length
          while (start > 0 && (recent[start - 1] as LogEvent).id > after) start -= 1
          return { events: recent.slice(start), upTo }
        },
        end(why) {
          if (ended !== null) return
          ended = why
          finish()
          const entry = subscriptions.get(subscription)
          subscriptions.delete(subscription)
          for (const wake of entry?.waiters ?? []) wake()
          if (subscriptions.size === 0) interrupt?.()
        },
      }
      if (ended === null) {
        subscriptions.set(subscription, { listener, end: subscription.end, waiters: new Set() })
        if (!running) {
          running = true
          known = false
          // Nothing is in memory before the log is read for the first time.
          forget(0n)
          void run()
        }
      }
      return subscription
    },
    wake() {
      woken = true
      interrupt?.()
    },
    get listeners() {
      return subscriptions.size
    },
    stop() {
      stopped = true
      for (const { end } of [...subscriptions.values()]) end('stopping')
      interrupt?.()
    },
  }
}
