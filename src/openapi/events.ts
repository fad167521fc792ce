// The JSON schemas of events, and of the streams and webhooks that apps register.
import { END_REASONS, EVENT_TYPES } from '../events/kinds.ts'
import { RELATION_KINDS } from '../relations/kinds.ts'
import { closed, constant, ref, type Schema } from './schema.ts'

const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
const id: Schema = { type: 'string', pattern: '^(0|[1-9]\\d{0,18})$' }
const eventId: Schema = { ...id, description: 'Only grows, in the order in which changes were committed.' }
const list = (items: Schema): Schema => ({ type: 'array', items })
const success = (data: Schema, meta = 'Meta'): Schema => closed({ data, meta: ref(meta) })
const shown = { anyOf: [ref('User'), ref('GoneUser')] }

const webhook = (more: Record<string, Schema>, description: string): Schema =>
  closed(
    {
      id,
      url: text,
      types: list(ref('EventType')),
      ...more,
      enabled: flag,
      last_id: { ...id, description: 'Every event up to this one was delivered or is not wanted.' },
      last_status: { type: ['integer', 'null'], description: 'The status of the last answer.' },
      last_error: {
        type: ['string', 'null'],
        description: 'Why the last attempt failed, or why the webhook is disabled.',
      },
    },
    { description },
  )

export const EVENT_SCHEMAS: Record<string, Schema> = {
  EventType: { type: 'string', enum: [...EVENT_TYPES] },
  Event: closed(
    { meta: ref('EventMeta'), data: ref('EventData') },
    {
      description:
        'One committed change; in a stream each frame is one, or the data of each Server-Sent Event.',
    },
  ),
  EventMeta: closed({
    id: eventId,
    timestamp: { type: 'integer', description: 'Milliseconds since 1970.' },
    type: ref('EventType'),
    'pagination_id?': { ...id, description: 'For user_follow: the pagination_id of the follow.' },
    'is_deleted?': { ...constant(true), description: 'The relation ended, or the user was deleted.' },
    'reason?': {
      type: 'string',
      enum: [...END_REASONS],
      description: 'Why a follow or a request ended.',
    },
  }),
  EventData: {
    anyOf: [
      ...RELATION_KINDS.map(({ schema }) => `${schema}Change`),
      'User',
      'GoneUser',
      'DeletedUser',
      'ResetReason',
    ].map(ref),
  },
  ...Object.fromEntries(
    RELATION_KINDS.map(({ schema, event }) => [
      `${schema}Change`,
      closed({ user: shown, [event.otherUser]: shown }),
    ]),
  ),
  GoneUser: closed({ id, is_deleted: constant(true) }, { description: 'A user who was deleted meanwhile.' }),
  ResetReason: closed({ reason: text }, { description: 'Read again all data that you store.' }),
  EventsMeta: closed({
    code: constant(200),
    'min_id?': eventId,
    max_id: { ...eventId, description: 'The since_id to go on with, also on an empty page.' },
    more: flag,
  }),
  EventsAnswer: success({ ...list(ref('Event')), maxItems: 200 }, 'EventsMeta'),
  AppStream: closed(
    {
      id,
      endpoint: { ...text, description: 'The URL of the frames, to be called with a token of the same app.' },
      object_types: list(ref('EventType')),
      type: constant('long_poll'),
      key: { type: ['string', 'null'] },
    },
    { description: 'A stream of the app; the service stores the place where it was left.' },
  ),
  StreamAnswer: success(ref('AppStream')),
  StreamsAnswer: success(list(ref('AppStream'))),
  Webhook: webhook({}, 'Where events are sent.'),
  NewWebhook: webhook(
    {
      secret: {
        type: 'string',
        pattern: '^whsec_[A-Za-z0-9+/]+=*$',
        description: 'The key that signs deliveries, by Standard Webhooks. Only in this answer.',
      },
    },
    'A webhook that was just registered.',
  ),
  WebhookAnswer: success(ref('Webhook')),
  NewWebhookAnswer: success(ref('NewWebhook')),
  WebhooksAnswer: success({ ...list(ref('Webhook')), maxItems: 50 }),
}
