// Knows the JSON schemas of everything the API answers; closed wherever the shape is exact, so that drift is found.
import { ERRORS } from '../http/errors.ts'
import { APP_SCOPES, USER_SCOPES } from '../tokens/token.ts'

export type Schema = Record<string, unknown>

/** The reference to a named schema of SCHEMAS. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

/** An object that holds these keys and no others; a key whose name ends in `?` may be absent. */
export function closed(keys: Record<string, Schema>, more: Schema = {}): Schema {
  const entries = Object.entries(keys)
  return {
    type: 'object',
    required: entries.filter(([key]) => !key.endsWith('?')).map(([key]) => key),
    properties: Object.fromEntries(entries.map(([key, schema]) => [key.replace(/\?$/, ''), schema])),
    additionalProperties: false,
    ...more,
  }
}

const list = (items: Schema): Schema => ({ type: 'array', items })
/** Keys that stand together or not at all. */
const together = (keys: string[]): Schema => ({
  dependentRequired: Object.fromEntries(keys.map((key) => [key, keys.filter((other) => other !== key)])),
})

const text: Schema = { type: 'string' }
const flag: Schema = { type: 'boolean' }
const natural: Schema = { type: 'integer', minimum: 0 }
const id: Schema = {
  type: 'string',
  pattern: '^(0|[1-9]\\d{0,18})$',
  description: 'A 64-bit integer, sent as a string.',
}
const DATE = '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$'
const date: Schema = { type: 'string', pattern: DATE, description: 'UTC, whole seconds.' }
const dateOrNull: Schema = {
  type: ['string', 'null'],
  pattern: DATE,
  description: 'UTC, whole seconds; null where it is not known.',
}
const username: Schema = { type: 'string', minLength: 1 }

const SEEN = ['follows_you', 'you_follow', 'you_muted', 'you_blocked', 'you_can_follow', 'you_can_subscribe']
const RELATION = ['muted', 'blocked', 'can_follow']

const optionalFlags = (keys: string[]) => Object.fromEntries(keys.map((key) => [`${key}?`, flag]))

const place = { pos: natural, len: natural }

const user = (more: Record<string, Schema>, description: string): Schema =>
  closed(
    {
      id,
      username,
      name: text,
      'description?': ref('Description'),
      timezone: text,
      locale: text,
      avatar_image: ref('Image'),
      cover_image: ref('Image'),
      type: { enum: ['human', 'feed', 'bot'] },
      created_at: date,
      'verified_domain?': text,
      canonical_url: text,
      counts: closed({ following: natural, followers: natural, posts: natural, stars: natural }),
      'annotations?': {
        type: 'array',
        description: 'Only where include_annotations or include_user_annotations is 1.',
      },
      ...optionalFlags(SEEN),
      ...more,
    },
    { description, ...together(SEEN) },
  )

const pageItem = (at: string): Schema =>
  user(
    { pagination_id: id, [at]: dateOrNull },
    `A User of a list: pagination_id is the relationship's id, ${at} when it was made.`,
  )

const token = (more: Record<string, Schema>, description: string): Schema =>
  closed(
    {
      app: closed({ client_id: text, link: text, name: text }),
      scopes: list({ enum: [...new Set<string>([...USER_SCOPES, ...APP_SCOPES])] }),
      limits: closed({
        following: { type: ['integer', 'null'], description: 'Null is without limit.' },
        max_file_size: natural,
      }),
      ...more,
    },
    { description },
  )

/** The named schemas of the document. */
export const SCHEMAS: Record<string, Schema> = {
  User: user(
    {},
    'A user. The six booleans are seen from the user of the token; without one, or for oneself, all six are left out.',
  ),
  FollowItem: pageItem('followed_at'),
  MuteItem: pageItem('muted_at'),
  BlockItem: pageItem('blocked_at'),
  Suggestion: user(
    { known_followers: natural },
    'A User with the number of those whom the caller follows and who follow this one.',
  ),
  Image: closed({ url: text, width: natural, height: natural, is_default: flag }),
  Description: closed({
    text: { type: 'string', minLength: 1 },
    'html?': { type: 'string', description: 'Left out where include_html is 0.' },
    entities: closed(
      {
        mentions: list(closed({ name: text, id, ...place })),
        hashtags: list(closed({ name: text, ...place })),
        links: list(closed({ text, url: { type: 'string', pattern: '^https?://' }, ...place })),
      },
      { description: 'pos and len count Unicode code points.' },
    ),
  }),
  Token: token({ 'user?': ref('User') }, 'A token; `user` is there where it acts for one.'),
  AccessToken: closed({
    access_token: { type: 'string', pattern: '^fg_a_[A-Za-z0-9]{49}$' },
    token_type: { const: 'Bearer' },
    token: token({}, 'The token of an app.'),
  }),
  Relationship: {
    description:
      'What stands between source and target, seen from the source; `found: false` where the target names nobody.',
    oneOf: [
      closed(
        {
          target: text,
          id,
          username,
          following: flag,
          followed_by: flag,
          followed_at: dateOrNull,
          followed_by_at: dateOrNull,
          ...optionalFlags(RELATION),
        },
        together(RELATION),
      ),
      closed({ target: text, found: { const: false } }),
    ],
  },
  Outcome: {
    description: 'What one entry came to: the User as it is after it, or why it was not done.',
    oneOf: [
      closed({ user: ref('User') }),
      closed({
        target: text,
        code: { type: 'integer', minimum: 400 },
        error_slug: { enum: ['not-found', 'self-follow', 'blocked', 'bot-rule', 'follow-limit'] },
        error_message: text,
      }),
    ],
  },
  OAuthError: closed({
    error: { enum: ['invalid_request', 'invalid_client', 'unsupported_grant_type', 'invalid_scope'] },
    error_description: text,
  }),
}

/** The schema of `meta` of a success: plain, of a page, or of what may be either. */
export function metaSchema(kind: 'plain' | 'page' | 'either', more: Record<string, Schema> = {}): Schema {
  const code = { const: 200 }
  if (kind === 'plain') return closed({ code, ...more })
  const bounds = together(['max_id', 'min_id'])
  const keys = { code, 'max_id?': id, 'min_id?': id, ...more }
  if (kind === 'page') return closed({ ...keys, more: flag }, bounds)
  return closed(
    { ...keys, 'more?': flag },
    { dependentRequired: { max_id: ['min_id', 'more'], min_id: ['max_id', 'more'] } },
  )
}

const BEGINS: Record<number, string> = { 400: '^Bad Request: ', 405: '^Method not allowed\\. Please use: ' }

/** The failure envelope of one status, with the slugs that the table of errors gives it. */
export function failureSchema(status: number): Schema {
  const slugs = Object.entries(ERRORS).flatMap(([slug, error]) => (error.status === status ? [slug] : []))
  const begins = BEGINS[status]
  return closed({
    meta: closed({
      code: { const: status },
      error_message: { type: 'string', ...(begins === undefined ? {} : { pattern: begins }) },
      error_slug: { enum: slugs },
      error_id: {
        type: 'string',
        pattern: '^[0-9a-f]{32}$',
        description: "Also stands in the service's log line for the request.",
      },
      ...(status === 429 ? { retry_in: { type: 'integer', minimum: 1, description: 'Seconds.' } } : {}),
    }),
  })
}
