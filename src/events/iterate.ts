// Events for code in the same process (the test kit): an iterator over them, and the next one.

import { clearTimeout, setTimeout } from '../clock.ts'
import type { Users } from '../users/users.ts'
import { EVENT_TYPES, type EventType, type LogEvent } from './kinds.ts'
import type { Log } from './log.ts'
import { eventsJson } from './show.ts'
import { nextEvents } from './stream.ts'
import type { Subscription, Tail } from './tail.ts'

const SHOW = { annotations: false, html: true }
const WAIT_MS = 60_000
const NEXT_MS = 5_000

/** `publicUrl`: what addresses in Users begin with. */
type Parts = { events: { log: Log; tail: Tail }; users: Pick<Users, 'fetch'>; publicUrl: string }
type Options = { since?: string; types?: EventType[] }

/**
 * Iterates over the events from now on, or after an id, as parsed envelopes. The call determines where the iteration begins, not the first
 * `next()`. `begun` is called with a promise that resolves when that position is known; a write whose event must be included has to
 * wait for it.
 */
export function iterateEvents<Event>(
  parts: Parts,
  options: Options = {},
  begun?: (begin: Promise<unknown>) => void,
): AsyncIterableIterator<Event> {
  const { log, tail } = parts.events
  const subscription = tail.listen({ tokenHash: null, userId: null })
  const begin =
    options.since === undefined
      ? log.bounds().then(({ last }) => last)
      : Promise.resolve(BigInt(options.since))
  const known = begin.catch(() => undefined)
  begun?.(known)
  const types = new Set<EventType>(options.types ?? EVENT_TYPES)
  const wanted = ({ kind }: LogEvent) => types.has(kind.type)
  const iterator = iterate<Event>(parts, subscription, begin, wanted)
  // return() of a generator that was never started does not run its `finally`.
  const end = iterator.return.bind(iterator)
  iterator.return = (value) => {
    subscription.end('left')
    return end(value)
  }
  return iterator
}

async function* iterate<Event>(
  parts: Parts,
  subscription: Subscription,
  begin: Promise<bigint>,
  wanted: (event: LogEvent) => boolean,
): AsyncGenerator<Event, void> {
  const older = parts.events.log.page
  try {
    let at = await begin
    while (subscription.ended === null) {
      const { events, upTo } = await nextEvents({ older, subscription, wanted }, at)
      const texts = await eventsJson(parts.users, events, { show: SHOW, viewerId: null })
      for (const text of texts) yield JSON.parse(text.replaceAll('\u0001', () => parts.publicUrl)) as Event
      at = upTo
      if (events.length === 0) await subscription.wait(at, WAIT_MS)
    }
  } finally {
    subscription.end('left')
  }
}

/** The next event of a type that happens from now on; `begun` as for `iterateEvents`. */
export async function nextEvent<Event>(
  parts: Parts,
  type?: EventType,
  ms = NEXT_MS,
  begun?: (begin: Promise<unknown>) => void,
): Promise<Event> {
  const events = iterateEvents<Event>(parts, type === undefined ? {} : { types: [type] }, begun)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const what = type === undefined ? 'No event' : `No event of the type ${type}`
    timer = setTimeout(() => reject(new Error(`${what} came within ${ms} ms.`)), ms)
  })
  try {
    const next = await Promise.race([events.next(), late])
    if (next.done === true) throw new Error('The service was stopped before an event came.')
    return next.value
  } finally {
    clearTimeout(timer)
    void events.return?.()
  }
}
