// The JSON schemas of the API's answers; no additional properties wherever the shape is exact, so that tests find deviations.

import { ERRORS } from '../http/errors.ts'
import { RELATION_KINDS } from '../relations/kinds.ts'
import { APP_SCOPES, USER_SCOPES } from '../tokens/token.ts'
import { type FieldType, USER_TYPES } from '../users/field-types.ts'
import { isAlwaysShown, RENDERED } from '../users/profile-fields.ts'
import { METAS, type MetaKind, metaSchema } from './metas.ts'
import {
  closed,
  constant,
  date,
  dateOrNull,
  flag,
  id,
  list,
  natural,
  oneOfTexts,
  ref,
  type Schema,
  text,
  together,
  username,
} from './schema.ts'

const VIEWER_FLAGS = [
  'follows_you',
  'you_follow',
  'you_muted',
  'you_blocked',
  'you_can_follow',
  'you_can_subscribe',
]
const RELATION = ['muted', 'blocked', 'can_follow', 'requested', 'requested_by']

const optionalFlags = (keys: string[]) => Object.fromEntries(keys.map((key) => [`${key}?`, flag]))

const position = { pos: natural, len: natural }

// How the User object shows a field of each type.
const FIELD_SCHEMAS: Record<FieldType, Schema> = {
  text,
  url: text,
  integer: { type: 'integer' },
  boolean: flag,
  flag: constant(true),
  timezone: text,
  image: ref('Image'),
  username,
  'user-type': ref('UserType'),
  description: ref('Description'),
  'created-at': date,
  annotations: list(ref('Annotation')),
  'user-id': id,
}

const RENDERED_FIELDS: Record<string, Schema> = Object.fromEntries(
  RENDERED.map((field) => [isAlwaysShown(field) ? field.name : `${field.name}?`, FIELD_SCHEMAS[field.type]]),
)

const user = (more: Record<string, Schema>, description: string): Schema =>
  closed(
    {
      id,
      ...RENDERED_FIELDS,
      canonical_url: text,
      counts: ref('Counts'),
      'annotations?': {
        ...FIELD_SCHEMAS.annotations,
        description: 'Only if include_annotations or include_user_annotations is 1.',
      },
      ...optionalFlags(VIEWER_FLAGS),
      'you_requested?': {
        ...constant(true),
        description: 'Only where the viewer has requested to follow the user.',
      },
      ...more,
    },
    { description, ...together(VIEWER_FLAGS) },
  )

const pageItem = (at: string): Schema =>
  user(
    { pagination_id: id, [at]: dateOrNull },
    `A User of a list: pagination_id is the relationship's id, ${at} when it was made.`,
  )

const token = (more: Record<string, Schema>, description: string): Schema =>
  closed(
    {
      app: ref('App'),
      scopes: list(ref('Scope')),
      limits: ref('Limits'),
      ...more,
    },
    { description },
  )

const NAMED: Record<string, Schema> = {
  User: user(
    {},
    'A user. The six booleans are the relations to the user of the token; without a token, or for oneself, all six are left out.',
  ),
  ...Object.fromEntries(RELATION_KINDS.map(({ schema, at }) => [`${schema}Item`, pageItem(at)])),
  Suggestion: user(
    { known_followers: natural },
    'A User with the number of those whom the caller follows and who follow this one.',
  ),
  UserType: oneOfTexts(USER_TYPES),
  Counts: closed({ following: natural, followers: natural, posts: natural, stars: natural }),
  Annotation: {
    type: 'object',
    description: 'As it was written (in App.net: {"type", "value"}); up to 64 levels deep.',
    additionalProperties: true,
  },
  Image: closed({ url: text, width: natural, height: natural, is_default: flag }),
  Description: closed({
    text: { type: 'string', minLength: 1 },
    'html?': { type: 'string', description: 'Left out if include_html is 0.' },
    entities: ref('Entities'),
  }),
  Entities: closed(
    { mentions: list(ref('Mention')), hashtags: list(ref('Hashtag')), links: list(ref('Link')) },
    { description: 'pos and len count Unicode code points.' },
  ),
  Mention: closed({ name: text, id, ...position }),
  Hashtag: closed({ name: text, ...position }),
  Link: closed({ text, url: { type: 'string', pattern: '^[Hh][Tt][Tt][Pp][Ss]?://' }, ...position }),
  App: closed({ client_id: text, link: text, name: text }),
  Scope: oneOfTexts([...USER_SCOPES, ...APP_SCOPES]),
  Limits: closed({
    following: { type: ['integer', 'null'], description: 'Null means no limit.' },
    max_file_size: natural,
  }),
  Token: token({ 'user?': ref('User') }, 'A token; only user tokens have `user`.'),
  AccessToken: closed({
    access_token: { type: 'string', pattern: '^fg_a_[A-Za-z0-9]{49}$' },
    token_type: constant('Bearer'),
    token: ref('AppToken'),
  }),
  AppToken: token({}, 'The token of an app.'),
  UserAccessToken: closed({
    access_token: { type: 'string', pattern: '^fg_u_[A-Za-z0-9]{49}$' },
    token_type: constant('Bearer'),
    'expires_in?': { type: 'integer', minimum: 1, description: 'Seconds, where it was asked for.' },
    token: ref('UserToken'),
  }),
  UserToken: token({ user: ref('User') }, 'The token of a user.'),
  Relationship: {
    description:
      'The relationships from source to target and back; `found: false` if there is no such target.',
    oneOf: [ref('RelationshipFound'), ref('RelationshipNotFound')],
  },
  RelationshipFound: closed(
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
  RelationshipNotFound: closed({ target: text, found: constant(false) }),
  Outcome: {
    description: 'The outcome of one entry: the User after the change, or why it was not done.',
    oneOf: [ref('OutcomeDone'), ref('OutcomeRefused')],
  },
  OutcomeDone: closed({ user: ref('User') }),
  OutcomeRefused: closed({
    target: text,
    code: { type: 'integer', minimum: 400 },
    error_slug: oneOfTexts([
      'not-found',
      'self-follow',
      'blocked',
      'bot-rule',
      'follow-limit',
      'not-requested',
    ]),
    error_message: text,
  }),
  Moved: closed(
    {
      moved: natural,
      kept: natural,
      refused: list(
        closed({ id, error_slug: oneOfTexts(['blocked', 'bot-rule', 'follow-limit', 'locked']) }),
      ),
    },
    {
      description:
        'moved: how many follow the other user instead; kept: how many followed both, and now only the other; refused: who still follows the user, and why.',
    },
  ),
  OAuthError: closed({
    error: oneOfTexts(['invalid_request', 'invalid_client', 'unsupported_grant_type', 'invalid_scope']),
    error_description: text,
  }),
}

const success = (data: Schema, meta: MetaKind = 'Meta'): Schema => closed({ data, meta: ref(meta) })
const items = (name: string): Schema => ({ ...list(ref(name)), maxItems: 200 })

// Named, so that generators create one type for routes with the same answer.
const ANSWERS: Record<string, Schema> = {
  UserAnswer: success(ref('User')),
  UsersAnswer: success(items('User')),
  ...Object.fromEntries(
    RELATION_KINDS.map(({ schema }) => [`${schema}Page`, success(items(`${schema}Item`), 'PageMeta')]),
  ),
  CountedFollowPage: success(items('FollowItem'), 'CountedPageMeta'),
  IdsAnswer: success(list({ type: 'string', pattern: '^[1-9]\\d{0,18}$' }), 'IdsMeta'),
  TokenAnswer: success(ref('Token')),
  RevokedAnswer: success(closed({ revoked: natural })),
  RelationshipsAnswer: success(items('Relationship')),
  OutcomesAnswer: success(items('Outcome')),
  SuggestionsAnswer: success(items('Suggestion')),
  MovedAnswer: success(ref('Moved')),
  // If a deletion was interrupted and is requested again, there is no User any more.
  DeletedUserAnswer: success({ anyOf: [ref('User'), ref('DeletedUser')] }),
  DeletedUser: closed({ id }),
}

const BEGINS: Record<number, string> = { 400: '^Bad Request: ', 405: '^Method not allowed\\. Please use: ' }

/** The name of the failure envelope of a status. */
export const failureName = (status: number): string => `Failure${status}`

// The failure envelope of one status, with the slugs that the table of errors gives it.
function failures(status: number): Record<string, Schema> {
  const slugs = Object.entries(ERRORS).flatMap(([slug, error]) => (error.status === status ? [slug] : []))
  const begins = BEGINS[status]
  return {
    [failureName(status)]: closed({ meta: ref(`${failureName(status)}Meta`) }),
    [`${failureName(status)}Meta`]: closed({
      code: constant(status),
      error_message: { type: 'string', ...(begins === undefined ? {} : { pattern: begins }) },
      error_slug: oneOfTexts(slugs),
      error_id: {
        type: 'string',
        pattern: '^[0-9a-f]{32}$',
        description: "Also in the service's log line of the request.",
      },
      ...(status === 410 ? { max_id: { ...id, description: 'Where to begin again.' } } : {}),
      ...(status === 429 ? { retry_in: { type: 'integer', minimum: 1, description: 'Seconds.' } } : {}),
    }),
  }
}

/** The named schemas of the document. */
export const SCHEMAS: Record<string, Schema> = {
  ...NAMED,
  ...Object.fromEntries(METAS.map((kind) => [kind, metaSchema(kind)])),
  ...ANSWERS,
  ...Object.assign({}, ...[...new Set(Object.values(ERRORS).map(({ status }) => status))].map(failures)),
}
