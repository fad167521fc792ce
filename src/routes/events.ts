// The handlers of events: pages of events, with long polling, and streams without end.

import { clearTimeout, MAX_TIMER_MS, monotonic, setTimeout, wallClock } from '../clock.ts'
import { EVENT_TYPES, type EventType, type LogEvent } from '../events/kinds.ts'
import { EventsGone } from '../events/log.ts'
import { type Audience, concerns, eventsJson } from '../events/show.ts'
import { FRAMES, nextEvents, SSE, sendEvents } from '../events/stream.ts'
import type { Listener, Subscription } from '../events/tail.ts'
import { type Answer, RawJson } from '../http/answer.ts'
import { ApiError, badRequest, unauthorized, unavailable } from '../http/errors.ts'
import { qualityOf } from '../http/headers.ts'
import { integer, single } from '../http/params.ts'
import type { Parts } from '../parts.ts'
import { MAX_CURSOR } from '../relations/page.ts'
import type { Token } from '../tokens/token.ts'
import { showOf } from '../users/show.ts'
import type { Call } from './call.ts'

const DEFAULT_COUNT = 20n
const MAX_EVENTS = 200n
const MAX_WAIT_S = 30n

/** The 410 for a reader whose next events were dropped from the log. */
export const eventsGone = ({ last }: EventsGone): ApiError =>
  new ApiError(
    'events-gone',
    `The events behind this id are no longer kept: read the lists again, and begin at ${last}.`,
    { meta: { max_id: String(last) } },
  )

/** The filter of a call: the requested types; for a user token only events that concern the user. */
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

/** The event type of this name; throws a 400 if there is none. */
function knownType(name: unknown, where: string): EventType {
  const type = EVENT_TYPES.find((known) => known === name)
  if (type === undefined)
    throw badRequest(`${where} must hold names of ${EVENT_TYPES.join(', ')}, comma separated.`)
  return type
}

const sinceOf = (query: URLSearchParams): bigint | undefined =>
  query.has('since_id') ? integer(query, 'since_id', 0n, 0n, MAX_CURSOR) : undefined

/** The last event that the reader of a stream says it knows. Browsers send the header when they reconnect; it wins, because the URL stays the same. */
export const knownTo = (call: Call): bigint | undefined => lastEventId(call) ?? sinceOf(call.query)

// A user's token reads no event of a deleted user who had the same id: blocks and mutes are for their user alone.
async function ownSince(parts: Parts, call: Call, since: bigint | undefined): Promise<bigint | undefined> {
  const userId = call.token?.user?.id
  if (since === undefined || userId === undefined) return since
  const first = await parts.events.log.firstOf(userId)
  return since < first ? first : since
}

/** Subscribes to new events until the client disconnects or the call's token becomes invalid. */
export function listenFor(parts: Parts, call: Call, stream?: Listener['stream']): Subscription {
  const { hash, user } = call.token as Token
  const subscription = parts.events.tail.listen({
    tokenHash: hash,
    userId: user?.id ?? null,
    ...(stream && { stream }),
  })
  const signal = call.signal()
  if (signal.aborted) subscription.end('left')
  signal.addEventListener('abort', () => subscription.end('left'), { once: true })
  return subscription
}

/** Resolves when the subscription misses nothing any more. */
export async function beginsToListen(subscription: Subscription): Promise<void> {
  if (!subscription.listening) await subscription.wait(0n, 1_000)
  if (subscription.listening || subscription.ended !== null) return
  subscription.end('left')
  throw unavailable('slow')
}

/** Throws a 401 if the token was revoked since the request began, has expired, or its user was deleted. A JWT can only lose its user here. */
async function checkAgain(parts: Parts, { hash, user }: Token): Promise<void> {
  if (hash !== null) return void (await parts.tokens.findByHash(hash))
  const form = { viewer: false, annotations: false }
  const found = user === null ? [] : await parts.users.fetch([user.id], null, form)
  if (found.length === 0) throw unauthorized('invalid-token', 'The token is not valid.')
}

/** Checks the token of the call once more: it may have been revoked after the request began and before anybody listened for that. */
async function recheck(parts: Parts, call: Call, subscription: Subscription): Promise<void> {
  await beginsToListen(subscription)
  await checkAgain(parts, call.token as Token).catch((error: unknown) => {
    subscription.end('left')
    throw error
  })
}

/** `GET events` and `GET users/me/events`, oldest first. With `wait` the answer waits until there is an event (long polling). */
export async function listEvents(parts: Parts, call: Call): Promise<Answer> {
  const { log } = parts.events
  const { audience, wanted } = selection(call)
  const count = Number(integer(call.query, 'count', DEFAULT_COUNT, 1n, MAX_EVENTS))
  const seconds = Number(integer(call.query, 'wait', 0n, 0n, MAX_WAIT_S))
  const since = await ownSince(parts, call, sinceOf(call.query))
  try {
    let page =
      since === undefined
        ? { events: [] as LogEvent[], more: false, upTo: (await log.bounds()).last }
        : await log.search(since, count, wanted)
    if (page.events.length === 0 && seconds > 0) {
      const subscription = listenFor(parts, call)
      try {
        await recheck(parts, call, subscription)
        const until = monotonic() + seconds * 1000
        for (let left = seconds * 1000; page.events.length === 0 && left > 0; left = until - monotonic()) {
          await subscription.wait(page.upTo, left)
          // What ended it may be older than the token: the tail can read only now that all tokens until then were revoked.
          if (subscription.ended === 'token') await checkAgain(parts, call.token as Token)
          if (subscription.ended !== null) break
          page = await nextEvents({ older: log.search, subscription, wanted }, page.upTo, count)
        }
      } finally {
        subscription.end('left')
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
  const since = await ownSince(parts, call, knownTo(call))
  return openStream(parts, call, { since, audience, wanted })
}

function lastEventId(call: Call): bigint | undefined {
  const sent = call.headers['last-event-id']
  if (sent === undefined || sent === '') return undefined
  return integer(new URLSearchParams({ 'Last-Event-ID': String(sent) }), 'Last-Event-ID', 0n, 0n, MAX_CURSOR)
}

type OpenOptions = {
  /** The id of the last event that the reader knows; undefined for a stream from now on. */
  since: bigint | undefined
  audience: Audience
  wanted(event: LogEvent): boolean
  subscription?: Subscription
  /** Called after events up to this id were written or skipped; `sentAny`: at least one was written. */
  reached?(upTo: bigint, sentAny: boolean): void
  /** Called once when the stream has ended. */
  closed?(): void
}

// The negotiation of Koa would give frames to who names both alike and JSON first; whoever names Server-Sent Events can read them.
function acceptsSse({ headers }: Call): boolean {
  const accept = String(headers.accept ?? '')
  const sse = qualityOf(accept, 'text/event-stream')
  return sse > 0 && sse >= qualityOf(accept, 'application/json')
}

let streams = 0

/** The number of event streams that are open. */
export const openStreams = (): number => streams

/** The answer of a stream: Server-Sent Events if the caller accepts them, otherwise frames. Throws a 410 if events after `since` were dropped. */
export async function openStream(parts: Parts, call: Call, openOptions: OpenOptions): Promise<Answer> {
  const { log } = parts.events
  const bounds = await log.bounds()
  const { audience, wanted, reached, closed } = openOptions
  let since = openOptions.since ?? bounds.last
  // An id above the newest one comes from a database that was restored since; the stream then begins now.
  if (since > bounds.last) since = bounds.last
  if (since < bounds.droppedEvent) throw eventsGone(new EventsGone(bounds.last))
  const sse = acceptsSse(call)
  const type = `${sse ? 'text/event-stream' : 'application/json'}; charset=utf-8`
  if (call.method === 'HEAD') return { endless: async () => undefined, over: Promise.resolve(), type }
  const subscription = openOptions.subscription ?? listenFor(parts, call)
  await recheck(parts, call, subscription)
  const json = (events: LogEvent[]) => eventsJson(parts.users, events, audience)
  const forgetExpiry = endWithToken(subscription, call.token as Token)
  const options = {
    older: log.replay,
    subscription,
    since,
    wanted,
    json,
    format: sse ? SSE : FRAMES,
    ...(reached && { reached }),
  }
  return {
    type,
    over: subscription.over,
    async endless(write) {
      streams += 1
      try {
        await sendEvents(options, write)
      } finally {
        streams -= 1
        forgetExpiry()
        subscription.end('left')
        closed?.()
      }
    },
  }
}

// Ends the subscription when the token expires; the returned function stops waiting for that.
function endWithToken(subscription: Subscription, { expiresAt }: Token): () => void {
  if (expiresAt === null) return () => undefined
  let timer: NodeJS.Timeout | undefined
  const check = () => {
    const left = Number(expiresAt) * 1000 - wallClock()
    if (left <= 0) subscription.end('token')
    else timer = setTimeout(check, Math.min(left, MAX_TIMER_MS)).unref()
  }
  check()
  return () => clearTimeout(timer)
}
