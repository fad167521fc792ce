// The handlers of App Streams: made, listed, deleted, and connected to.

import { clearInterval, setInterval } from '../clock.ts'
import type { AppStream } from '../events/app-streams.ts'
import { EVENT_TYPES, type EventType } from '../events/kinds.ts'
import { type Answer, RawJson } from '../http/answer.ts'
import { notFound } from '../http/errors.ts'
import { flag } from '../http/params.ts'
import { bodyCheck } from '../http/schema.ts'
import type { Parts } from '../parts.ts'
import type { Token } from '../tokens/token.ts'
import { PUBLIC_URL_MARK } from '../users/profile.ts'
import { showOf } from '../users/show.ts'
import type { Call } from './call.ts'
import { listenFor, openStream } from './events.ts'

const MOST_KEY = 100

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
      maxLength: MOST_KEY,
      description: 'A name of the app’s own, unique among its streams.',
    },
  },
}

const SAVE_MS = 2_000

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
    return `key must be a text of 1 to ${MOST_KEY} characters, or be left out.`
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

/** `DELETE streams/{id}`: answers the stream that was; its connection ends. */
export async function deleteStream(parts: Parts, call: Call): Promise<Answer> {
  return answer(await parts.events.streams.remove(clientOf(call), idOf(call)))
}

/** The endpoint of a stream: goes on where the stream was left, at first at its creation; with `purge=1` from now on. */
export async function connectStream(parts: Parts, call: Call): Promise<Answer> {
  const { streams } = parts.events
  const id = idOf(call)
  const purge = flag(call.query, 'purge', false)
  const show = showOf(call.query)
  // A look at the headers takes the stream from nobody.
  if (call.method === 'HEAD') {
    await streams.find(clientOf(call), id)
    return openStream(parts, call, {
      since: undefined,
      audience: { show, viewerId: null },
      wanted: () => false,
    })
  }
  const { name, place, objectTypes } = await streams.connect(clientOf(call), id, purge)
  const listening = listenFor(parts, call, { id, connection: name })
  // What the connection has not taken yet was not left: it is sent again to whoever connects next.
  let handedOn = place
  let sent = place
  let kept = place
  const keep = (leaving: boolean) => {
    if (call.unsent() === 0) sent = handedOn
    if (sent === kept && !leaving) return
    kept = sent
    streams.keepPlace(id, name, sent, leaving).catch(() => undefined)
  }
  const timer = setInterval(() => keep(false), SAVE_MS)
  timer.unref()
  const types = new Set(objectTypes)
  try {
    return await openStream(parts, call, {
      since: place,
      audience: { show, viewerId: null },
      wanted: ({ kind }) => types.has(kind.type),
      listening,
      reached(upTo, told) {
        if (call.unsent() === 0) sent = handedOn
        // Only events are worth a write: a place that is kept is an entry of the log itself.
        if (told) handedOn = upTo
      },
      closed() {
        clearInterval(timer)
        keep(true)
      },
    })
  } catch (error) {
    clearInterval(timer)
    listening.end('left')
    throw error
  }
}
