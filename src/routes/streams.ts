// The handlers of App Streams: create, list, delete and connect.

import { randomUUID } from 'node:crypto'
import { clearInterval, monotonic, setImmediate, setInterval } from '../clock.ts'
import type { AppStream } from '../events/app-streams.ts'
import { EVENT_TYPES, type EventType } from '../events/kinds.ts'
import { isLost, type StreamConnection } from '../events/tail.ts'
import { type Answer, RawJson } from '../http/answer.ts'
import { notFound } from '../http/errors.ts'
import { flag } from '../http/params.ts'
import { bodyCheck } from '../http/schema.ts'
import type { Parts } from '../parts.ts'
import type { Token } from '../tokens/token.ts'
import { PUBLIC_URL_MARK } from '../users/public-url.ts'
import { showOf } from '../users/show.ts'
import type { Call } from './call.ts'
import { beginsToListen, knownTo, listenFor, openStream } from './events.ts'

const MAX_KEY = 100

/** The body of `POST streams`. */
export const STREAM = {
  type: 'object',
  required: ['object_types', 'type'],
  properties: {
    object_types: { type: 'array', minItems: 1, items: { type: 'string', enum: [...EVENT_TYPES] } },
    type: { type: 'string', enum: ['long_poll'] },
    key: {
      type: ['string', 'null'],
      minLength: 1,
      maxLength: MAX_KEY,
      description: 'A name of the app’s own, unique among its streams.',
    },
  },
}

const SAVE_MS = 2_000
// A place after events that the stream does not want is saved seldom, because each save adds an entry to the log, but before those events are dropped.
const SAVE_UNWANTED_MS = 3_600_000

const streamJson = ({ id, objectTypes, key }: AppStream): string =>
  `{"id":"${id}","endpoint":"${PUBLIC_URL_MARK}/stream/0/streams/${id}/events","object_types":${JSON.stringify(objectTypes)},"type":"long_poll","key":${JSON.stringify(key)}}`

const answer = (stream: AppStream): Answer => ({ data: new RawJson(streamJson(stream)) })

const clientOf = (call: Call): string => (call.token as Token).app.client_id

function idOf(call: Call): bigint {
  const text = call.params.stream_id ?? ''
  if (!/^[1-9]\d{0,18}$/.test(text) || BigInt(text) >= 2n ** 63n) throw notFound('There is no such stream.')
  return BigInt(text)
}

const check = bodyCheck<{ object_types: EventType[]; key?: string | null }>(
  STREAM,
  ({ instancePath, keyword, params }) => {
    if (instancePath === '' && keyword === 'type')
      return 'the body must be a JSON object with "object_types", "type" and, if you like, "key".'
    if (instancePath.startsWith('/object_types') || params.missingProperty === 'object_types')
      return `object_types must be a list of names of ${EVENT_TYPES.join(', ')}.`
    if (instancePath === '/type' || params.missingProperty === 'type') return 'type must be "long_poll".'
    return `key must be a text of 1 to ${MAX_KEY} characters, or be left out.`
  },
)

/** `POST streams`. */
export async function createStream(parts: Parts, call: Call): Promise<Answer> {
  const { object_types: types, key = null } = check(call.body)
  return answer(await parts.events.streams.create(clientOf(call), [...new Set(types)], key))
}

/** `GET streams`: the app's own. */
export async function listStreams(parts: Parts, call: Call): Promise<Answer> {
  const streams = await parts.events.streams.list(clientOf(call))
  return { data: new RawJson(`[${streams.map(streamJson).join(',')}]`) }
}

/** `GET streams/{id}`. */
export async function showStream(parts: Parts, call: Call): Promise<Answer> {
  return answer(await parts.events.streams.find(clientOf(call), idOf(call)))
}

/** `DELETE streams/{id}`: returns the stream as it was; its connection ends. */
export async function deleteStream(parts: Parts, call: Call): Promise<Answer> {
  return answer(await parts.events.streams.remove(clientOf(call), idOf(call)))
}

// What a reader says it knows, unless events after that were dropped: those cannot be sent again, and may not have been wanted.
async function keptSince(parts: Parts, known: bigint | undefined): Promise<bigint | undefined> {
  if (known === undefined) return undefined
  const { droppedEvent } = await parts.events.log.bounds()
  return known < droppedEvent ? undefined : known
}

/**
 * The endpoint of a stream: continues after the last event that was sent, or at the stream's creation; with `purge=1` from now on. A reader that
 * names an earlier event (`Last-Event-ID`, `since_id`) continues after that one: a network may have taken events that never arrived.
 */
export async function connectStream(parts: Parts, call: Call): Promise<Answer> {
  const { streams } = parts.events
  const id = idOf(call)
  const purge = flag(call.query, 'purge', false)
  const known = purge ? undefined : await keptSince(parts, knownTo(call))
  const show = showOf(call.query)
  // HEAD does not end the stream's current connection.
  if (call.method === 'HEAD') {
    await streams.find(clientOf(call), id)
    return openStream(parts, call, {
      since: undefined,
      audience: { show, viewerId: null },
      wanted: () => false,
    })
  }
  // Before it takes the stream, so that it hears when another connection takes it in turn.
  const connection = randomUUID()
  const stream: StreamConnection = { id, connection }
  const subscription = listenFor(parts, call, stream)
  await beginsToListen(subscription)
  const connected = streams.connect(clientOf(call), id, connection, purge)
  const { place, objectTypes, takenAt } = await connected.catch((error: unknown) => {
    subscription.end('left')
    throw error
  })
  stream.takenAt = takenAt
  if (isLost(stream)) subscription.end('taken')
  const since = known !== undefined && known < place ? known : place
  // Only sent events count. Events that are still buffered when the connection ends are sent again to the next one.
  let written = since
  let sent = since
  let saved = place
  let savedAt = monotonic()
  let sentAny = false
  const noteSent = () => {
    if (call.unsent() === 0) sent = written
  }
  const save = (leaving: boolean) => {
    noteSent()
    const due = sentAny || monotonic() - savedAt > SAVE_UNWANTED_MS
    if (!leaving && (sent === saved || !due)) return
    saved = sent
    savedAt = monotonic()
    sentAny = sent !== written
    streams.keepPlace(id, connection, sent, leaving).catch(() => undefined)
  }
  const timer = setInterval(() => save(false), SAVE_MS)
  timer.unref()
  const types = new Set(objectTypes)
  try {
    return await openStream(parts, call, {
      since,
      audience: { show, viewerId: null },
      wanted: ({ kind }) => types.has(kind.type),
      subscription,
      reached(upTo, sentEvents) {
        written = upTo
        sentAny ||= sentEvents
        // Node hands what was written to the network later in this turn.
        setImmediate(noteSent)
      },
      closed() {
        clearInterval(timer)
        save(true)
      },
    })
  } catch (error) {
    clearInterval(timer)
    subscription.end('left')
    throw error
  }
}
