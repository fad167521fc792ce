// The handlers of events: a page of them, held until there are some (long poll), or a stream without end.

import { clearTimeout, monotonic, setTimeout, wallClock } from '../clock.ts'
import { EVENT_TYPES, type EventType, type LogEvent } from '../events/kinds.ts'
import { EventsGone } from '../events/log.ts'
import { type Audience, concerns, eventsJson } from '../events/show.ts'
import { FRAMES, nextEvents, SSE, sendEvents } from '../events/stream.ts'
import type { Listener, Subscription } from '../events/tail.ts'
import { type Answer, RawJson } from '../http/answer.ts'
import { ApiError, badRequest, unauthorized } from '../http/errors.ts'
import { integer, single } from '../http/params.ts'
import type { Parts } from '../parts.ts'
import { MAX_CURSOR } from '../relations/page.ts'
import type { Token } from '../tokens/token.ts'
import { showOf } from '../users/show.ts'
import type { Call } from './call.ts'

const DEFAULT_COUNT = 20n
const MOST_EVENTS = 200n
const MOST_WAIT_S = 30n

/** The 410 of a reader whose place in the log is not kept any more. */
export const eventsGone = ({ last }: EventsGone): ApiError =>
  new ApiError(
    'events-gone',
    `The events behind this id are no longer kept: read the lists again, and begin at ${last}.`,
    { meta: { max_id: String(last) } },
  )

/** Whose events a call asks for, and of which types: all of them for an app, what concerns the user for a user. */
function selection(call: Call): { audience: Audience; wanted: (event: LogEvent) => boolean } {
  const types = typesOf(call.query)
  const viewerId = call.token?.user?.id ?? null
  const own = viewerId === null ? () => true : concerns(viewerId)
  const wanted = (event: LogEvent) => types.has(event.kind.type) && own(event)
  return { audience: { show: showOf(call.query), viewerId }, wanted }
}

function typesOf(query: URLSearchParams): Set<EventType> {
  const text = single(query, 'types')
  if (text === undefined) return new Set(EVENT_TYPES)
  return new Set(text.split(',').map((name) => knownType(name.trim(), 'the parameter types')))
}

/** The event type of this name; 400 where there is none. */
function knownType(name: unknown, where: string): EventType {
  const type = EVENT_TYPES.find((known) => known === name)
  if (type === undefined)
    throw badRequest(`${where} must hold names of ${EVENT_TYPES.join(', ')}, comma separated.`)
  return type
}

const sinceOf = (query: URLSearchParams): bigint | undefined =>
  query.has('since_id') ? integer(query, 'since_id', 0n, 0n, MAX_CURSOR) : undefined

/** Begins to listen in the name of the call's token, until its client leaves. */
export function listenFor(parts: Parts, call: Call, stream?: Listener['stream']): Subscription {
  const { hash, user } = call.token as Token
  const listening = parts.events.tail.listen({
    tokenHash: hash,
    userId: user?.id ?? null,
    ...(stream && { stream }),
  })
  if (call.signal.aborted) listening.end('left')
  call.signal.addEventListener('abort', () => listening.end('left'), { once: true })
  return listening
}

/** `GET events` and `GET users/me/events`: the oldest first. With `wait` an empty page is held until there is an event. */
export async function listEvents(parts: Parts, call: Call): Promise<Answer> {
  const { log } = parts.events
  const { audience, wanted } = selection(call)
  const count = Number(integer(call.query, 'count', DEFAULT_COUNT, 1n, MOST_EVENTS))
  const seconds = Number(integer(call.query, 'wait', 0n, 0n, MOST_WAIT_S))
  const since = sinceOf(call.query)
  try {
    let page =
      since === undefined
        ? { events: [] as LogEvent[], more: false, upTo: (await log.head()).last }
        : await log.page(since, count, wanted)
    if (page.events.length === 0 && seconds > 0) {
      const listening = listenFor(parts, call)
      try {
        const until = monotonic() + seconds * 1000
        for (let left = seconds * 1000; page.events.length === 0 && left > 0; left = until - monotonic()) {
          await listening.wait(page.upTo, left)
          if (listening.ended === 'token') throw unauthorized('not-authorized', 'The token was revoked.')
          if (listening.ended !== null) break
          page = await nextEvents({ log, subscription: listening, wanted }, page.upTo, count)
        }
      } finally {
        listening.end('left')
      }
    }
    const { events, more, upTo } = page
    const texts = await eventsJson(parts.users, events, audience)
    const [first] = events
    return {
      data: new RawJson(`[${texts.join(',')}]`),
      meta: {
        ...(first === undefined ? {} : { min_id: String(first.id) }),
        max_id: String(events.at(-1)?.id ?? upTo),
        more,
      },
    }
  } catch (error) {
    throw error instanceof EventsGone ? eventsGone(error) : error
  }
}

/** `GET events/stream` and `GET users/me/events/stream`. */
export async function streamOfEvents(parts: Parts, call: Call): Promise<Answer> {
  const { audience, wanted } = selection(call)
  const since = lastEventId(call) ?? sinceOf(call.query)
  return openStream(parts, call, { since, audience, wanted })
}

// What a browser or a library sends when it connects again; it wins over since_id, which stands in the URL for ever.
function lastEventId(call: Call): bigint | undefined {
  const sent = call.headers['last-event-id']
  if (sent === undefined || sent === '') return undefined
  return integer(new URLSearchParams({ 'Last-Event-ID': String(sent) }), 'Last-Event-ID', 0n, 0n, MAX_CURSOR)
}

type Opening = {
  /** From now on, where it is undefined. */
  since: bigint | undefined
  audience: Audience
  wanted(event: LogEvent): boolean
  listening?: Subscription
  reached?(upTo: bigint, told: boolean): void
  /** Called once when the stream is over. */
  closed?(): void
}

const acceptsSse = ({ headers }: Call): boolean => String(headers.accept ?? '').includes('text/event-stream')

/** The answer that is a stream: Server-Sent Events where the caller accepts them, else frames. Throws the 410 of a place that is gone. */
export async function openStream(parts: Parts, call: Call, opening: Opening): Promise<Answer> {
  const { log } = parts.events
  const head = await log.head()
  const { since = head.last, audience, wanted, reached, closed } = opening
  if (since < head.droppedEvent) throw eventsGone(new EventsGone(head.last))
  const sse = acceptsSse(call)
  const type = `${sse ? 'text/event-stream' : 'application/json'}; charset=utf-8`
  if (call.method === 'HEAD') return { endless: async () => undefined, over: Promise.resolve(), type }
  const listening = opening.listening ?? listenFor(parts, call)
  const json = (events: LogEvent[]) => eventsJson(parts.users, events, audience)
  const expiry = endWithToken(listening, call.token as Token)
  // A place of the future, of a database that was put back, say, is from now on.
  const [at] = [since, head.last].sort((a, b) => (a < b ? -1 : 1)) as [bigint]
  const form = sse ? SSE : FRAMES
  const options = {
    log,
    subscription: listening,
    since: at,
    wanted,
    json,
    format: form,
    ...(reached && { reached }),
  }
  return {
    type,
    over: listening.over,
    async endless(write) {
      try {
        await sendEvents(options, write)
      } finally {
        clearTimeout(expiry)
        listening.end('left')
        closed?.()
      }
    },
  }
}

// Timers of over 24 days would fire at once.
const LONGEST_MS = 2 ** 31 - 1

function endWithToken(listening: Subscription, { expiresAt }: Token): NodeJS.Timeout | undefined {
  if (expiresAt === null) return undefined
  const left = Number(expiresAt) * 1000 - wallClock()
  return left > LONGEST_MS ? undefined : setTimeout(() => listening.end('token'), left).unref()
}
