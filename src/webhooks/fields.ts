// The JSON of webhooks: checks the fields that an app sends, and renders a webhook for it.
import { EVENT_TYPES, type EventType } from '../events/kinds.ts'
import type { Body } from '../http/body.ts'
import { badRequest } from '../http/errors.ts'
import { bodyCheck, type Sentence } from '../http/schema.ts'
import { AddressError, needsPrivate, parseUrl, type Resolve } from './address.ts'
import type { Webhook } from './store.ts'

const url = { type: 'string', description: 'Where events are sent; https, and a public address.' } as const
const types = {
  type: ['array', 'null'],
  minItems: 1,
  items: { type: 'string', enum: [...EVENT_TYPES] },
  description: 'The types of events that are sent; all of them where it is null or left out.',
} as const

/** The JSON of POST webhooks. */
export const POST_WEBHOOK = { type: 'object', required: ['url'], properties: { url, types } } as const
/** The JSON of PATCH webhooks/{id}. */
export const PATCH_WEBHOOK = {
  type: 'object',
  properties: {
    url,
    types,
    enabled: {
      type: 'boolean',
      description:
        'True also retries failed deliveries at once; events that are no longer kept are left out.',
    },
  },
} as const

/** The fields of a webhook that an app may write; `types` null means all types. */
export type WebhookFields = {
  url?: string
  types?: EventType[] | null
  enabled?: boolean
}

const sentence: Sentence = ({ keyword, instancePath }) => {
  if (keyword === 'minItems')
    return 'the field types must name at least one type; leave it out for all of them.'
  if (keyword === 'type' && instancePath === '/types')
    return 'the field types must be a list, such as ["user_follow", "block"].'
  if (instancePath.startsWith('/types/'))
    return `the field ${instancePath.slice(1).replace(/\/(\d+)$/, '[$1]')} must be one of ${EVENT_TYPES.join(', ')}.`
  return undefined
}
const post = bodyCheck<WebhookFields & { url: string }>(POST_WEBHOOK, sentence)
const patch = bodyCheck<WebhookFields>(PATCH_WEBHOOK, sentence)

/** The fields of a POST body; throws a 400 that names the wrong field. */
export function postFields(body: Body): WebhookFields & { url: string } {
  const { url, types } = post(body)
  return { url, ...typesOf(types) }
}
/** The fields of a PATCH body; throws a 400 that names the wrong field. */
export function patchFields(body: Body): WebhookFields {
  const { url, types, enabled } = patch(body)
  return {
    ...(url === undefined ? {} : { url }),
    ...typesOf(types),
    ...(enabled === undefined ? {} : { enabled }),
  }
}

// Without duplicates, in the order of EVENT_TYPES.
const typesOf = (types: WebhookFields['types']): Pick<WebhookFields, 'types'> =>
  types === undefined ? {} : { types: types && EVENT_TYPES.filter((type) => types.includes(type)) }

const RESOLVE_MS = 2_000

/** Whether only instances that allow private addresses may deliver to this URL; throws a 400 if the URL is not allowed. */
export async function checkedUrl(text: string, allowPrivate: boolean, resolve: Resolve): Promise<boolean> {
  try {
    return await needsPrivate(parseUrl(text, allowPrivate), allowPrivate, resolve, RESOLVE_MS)
  } catch (error) {
    if (error instanceof AddressError) throw badRequest(`the field url is not accepted: ${error.message}.`)
    throw error
  }
}

/** A webhook as JSON for its app; only the answer to its registration has the secret. */
export function shown(hook: Webhook, secret?: string): Record<string, unknown> {
  return {
    id: String(hook.id),
    url: hook.url,
    types: hook.types ?? EVENT_TYPES,
    ...(secret === undefined ? {} : { secret }),
    enabled: hook.enabled,
    last_id: String(hook.lastId),
    last_status: hook.lastStatus,
    last_error: hook.lastError,
  }
}
