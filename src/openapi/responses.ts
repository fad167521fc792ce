// Describes the answers of every route: statuses, headers and bodies.
import { RELATION_KINDS } from '../relations/kinds.ts'
import type { Answers, Route } from '../routes/route.ts'
import { ref, type Schema } from './schema.ts'
import { failureName } from './schemas.ts'

export type Response = {
  description: string
  headers?: Record<string, object>
  content?: Record<string, { schema: Schema }>
}

const header = (type: 'string' | 'integer', description: string, required = false) => ({
  description,
  ...(required ? { required } : {}),
  schema: { type },
})

const GENERAL = {
  'X-ADN-Migrations-Enabled': header('string', 'Always empty: there are no active migrations.', true),
  'X-OAuth-Scopes': header('string', 'The scopes of the user token, comma separated.'),
  'X-RateLimit-Limit': header(
    'integer',
    'Requests of the limit with the fewest left; the three headers are left out if RATE_LIMIT is off.',
  ),
  'X-RateLimit-Remaining': header('integer', 'Requests that are left.'),
  'X-RateLimit-Reset': header('integer', 'Seconds until the limit is reset.'),
}
const CHALLENGE = { 'WWW-Authenticate': header('string', 'RFC 6750 section 3.') }
const RETRY = { 'Retry-After': header('integer', 'Seconds.', true) }
const LINK = {
  Link: header(
    'string',
    'RFC 8288, targets relative to the URL called: rel="next" is older, rel="prev" newer.',
  ),
}
const NO_STORE = {
  'Cache-Control': header('string', 'no-store', true),
  Pragma: header('string', 'no-cache', true),
}

const json = (schema: Schema) => ({ 'application/json': { schema } })

const FAILURES: Record<number, { description: string; headers?: Record<string, object> }> = {
  400: {
    description: 'The request is malformed or makes no sense; the message says how to fix it.',
    headers: CHALLENGE,
  },
  401: {
    description: 'No token, or one that is not valid, revoked or out of date.',
    headers: {
      'WWW-Authenticate': header('string', 'RFC 6750 section 3: with an error if a token was sent.', true),
    },
  },
  403: {
    description: 'The wrong kind of token, a missing scope, or an action that is not allowed.',
    headers: CHALLENGE,
  },
  404: { description: 'No such user, or no request of this user.' },
  405: {
    description: 'The path exists, but not with this method.',
    headers: { Allow: header('string', 'The methods of the path, joined by commas.', true) },
  },
  408: { description: 'The request took too long to arrive.' },
  410: { description: 'Events after this id are no longer kept; begin again at meta.max_id.' },
  413: { description: 'The body is over 1 MB.' },
  414: { description: 'The URL is over 8,000 characters.' },
  415: { description: 'The body is of a type that is not accepted here.' },
  429: { description: 'Too many requests.', headers: RETRY },
  431: { description: 'The headers are over 16 kB.' },
  500: { description: 'A defect of the service; error_id finds it in its log.' },
  503: {
    description: 'The graph database or the key server cannot answer now; no write was done in part.',
    headers: RETRY,
  },
  507: { description: 'The user already follows as many users as its plan allows.' },
}

/** The failures as named responses of the document's components. */
export const FAILURE_RESPONSES: Record<string, Response> = Object.fromEntries(
  Object.entries(FAILURES).map(([status, { description, headers }]) => [
    failureName(Number(status)),
    { description, headers: { ...GENERAL, ...headers }, content: json(ref(failureName(Number(status)))) },
  ]),
)

/** The statuses of the failures that a route can answer. */
function failuresOf(route: Route): number[] {
  const { access, answers, methods, name, path } = route
  const writes = !methods.includes('GET')
  const named = path.includes(':')
  const body = methods.some((method) => method !== 'GET' && method !== 'DELETE')
  const applies: Record<number, boolean> = {
    403:
      access.token === 'user' ||
      access.token === 'app' ||
      named ||
      ['Users', 'Relationships'].includes(answers) ||
      (writes && access.token !== 'none'),
    404: named || ['User', 'Relationships'].includes(answers),
    410: answers === 'Events' || answers === 'EventStream',
    413: body,
    415: body,
    507: name === 'follow' || name === 'accept-request',
  }
  return Object.keys(FAILURES)
    .map(Number)
    .filter((status) => applies[status] ?? true)
}

const SUCCESS: Record<Answers, string> = {
  User: 'UserAnswer',
  Users: 'UsersAnswer',
  Page: 'FollowPage',
  Ids: 'IdsAnswer',
  Token: 'TokenAnswer',
  AccessToken: 'AccessToken',
  UserAccessToken: 'UserAccessToken',
  Revoked: 'RevokedAnswer',
  Relationships: 'RelationshipsAnswer',
  Outcomes: 'OutcomesAnswer',
  Suggestions: 'SuggestionsAnswer',
  Moved: 'MovedAnswer',
  Events: 'EventsAnswer',
  EventStream: 'Event',
  Stream: 'StreamAnswer',
  Streams: 'StreamsAnswer',
  NewWebhook: 'NewWebhookAnswer',
  Webhook: 'WebhookAnswer',
  Webhooks: 'WebhooksAnswer',
}
// Routes whose answer differs from the one in SUCCESS. Only the list of known followers has a total: it is limited by the number of
// users that the caller follows.
const SUCCESS_OF: Record<string, string> = {
  'delete-user': 'DeletedUserAnswer',
  'followers-known': 'CountedFollowPage',
  requests: 'RequestPage',
  ...Object.fromEntries(RELATION_KINDS.map(({ list, schema }) => [list, `${schema}Page`])),
}

/** The answers of a route by status; most failures are references to FAILURE_RESPONSES. */
export function responsesOf(route: Route): Record<string, Response | { $ref: string }> {
  const { access, answers, methods } = route
  const body = ref(SUCCESS_OF[route.name] ?? SUCCESS[answers])
  // The schema of the callback's argument: with a string schema, generated types would be "a User or a string".
  const jsonp =
    access.token === 'none' && methods.includes('GET') ? { 'application/javascript': { schema: body } } : {}
  const sse = answers === 'EventStream' ? { 'text/event-stream': { schema: { type: 'string' } } } : {}
  const paged = answers === 'Page' || answers === 'Ids'
  const headers = { ...GENERAL, ...(paged ? LINK : {}), ...(/AccessToken$/.test(answers) ? NO_STORE : {}) }
  const responses: Record<string, Response | { $ref: string }> = {
    200: {
      description: route.about,
      headers,
      content: { ...json(body), ...jsonp, ...sse },
    },
  }
  for (const status of failuresOf(route))
    responses[status] = { $ref: `#/components/responses/${failureName(status)}` }
  if (answers === 'AccessToken') {
    for (const status of [400, 401]) {
      responses[status] = {
        description:
          'A bare error of RFC 6749 section 5.2; the envelope only if the URL or the token is wrong.',
        headers: { ...GENERAL, ...CHALLENGE },
        content: json({ anyOf: [ref('OAuthError'), ref(failureName(status))] }),
      }
    }
  }
  return responses
}
