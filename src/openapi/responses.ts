// Knows which statuses a route answers with, and the headers and the body of each.
import type { Answers, Route } from '../routes.ts'
import { closed, failureSchema, metaSchema, ref, type Schema } from './schemas.ts'

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
    'Requests of the tightest limit; the three are left out where RATE_LIMIT is off.',
  ),
  'X-RateLimit-Remaining': header('integer', 'Requests that are left of it.'),
  'X-RateLimit-Reset': header('integer', 'Seconds until it begins anew.'),
}
const CHALLENGE = { 'WWW-Authenticate': header('string', 'RFC 6750 section 3.') }
const RETRY = { 'Retry-After': header('integer', 'Seconds.', true) }
const LINK = { Link: header('string', 'RFC 8288, relative targets: rel="next" is older, rel="prev" newer.') }
const NO_STORE = {
  'Cache-Control': header('string', 'no-store', true),
  Pragma: header('string', 'no-cache', true),
}

const json = (schema: Schema) => ({ 'application/json': { schema } })

const FAILURES: Record<number, { description: string; headers?: Record<string, object> }> = {
  400: {
    description: 'The request is malformed or cannot be meant; the message says how to mend it.',
    headers: CHALLENGE,
  },
  401: {
    description: 'No token, or one that is not valid, revoked or out of date.',
    headers: {
      'WWW-Authenticate': header('string', 'RFC 6750 section 3: with an error where a token was sent.', true),
    },
  },
  403: {
    description: 'The wrong kind of token, a missing scope, or an action that is not allowed.',
    headers: CHALLENGE,
  },
  404: { description: 'No such user.' },
  405: {
    description: 'The path exists, but not with this method.',
    headers: { Allow: header('string', 'The methods of the path, joined by commas.', true) },
  },
  408: { description: 'The request took too long to arrive.' },
  413: { description: 'The body is over 1 MB.' },
  414: { description: 'The URL is over 8,000 characters.' },
  415: { description: 'The body is of a type that is not accepted here.' },
  429: { description: 'Too many requests.', headers: RETRY },
  431: { description: 'The headers are over 16 kB.' },
  500: { description: 'A defect of the service; error_id finds it in its log.' },
  503: {
    description: 'The graph database or the key server cannot answer now; nothing was half done.',
    headers: RETRY,
  },
  507: { description: 'The user already follows as many users as its plan allows.' },
}

/** The failures as named responses of the document. */
export const FAILURE_RESPONSES: Record<string, Response> = Object.fromEntries(
  Object.entries(FAILURES).map(([status, { description, headers }]) => [
    `Failure${status}`,
    { description, headers: { ...GENERAL, ...headers }, content: json(failureSchema(Number(status))) },
  ]),
)

/** The statuses of failures that one route answers with. */
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
    413: body,
    415: body,
    507: name === 'follow',
  }
  return Object.keys(FAILURES)
    .map(Number)
    .filter((status) => applies[status] ?? true)
}

const ITEMS: Record<Answers, string> = {
  User: 'User',
  Users: 'User',
  Page: 'FollowItem',
  Ids: '',
  Token: 'Token',
  AccessToken: 'AccessToken',
  Relationships: 'Relationship',
  Outcomes: 'Outcome',
  Suggestions: 'Suggestion',
}
const PAGE_ITEMS: Record<string, string> = { muted: 'MuteItem', blocked: 'BlockItem' }
const MOST: Partial<Record<Answers, number>> = {
  Users: 200,
  Page: 200,
  Relationships: 200,
  Outcomes: 200,
  Suggestions: 200,
}

function dataSchema({ answers, name }: Route): Schema {
  // A deletion that was cut short and is asked for again no longer has a User to show.
  if (name === 'delete-user') return { anyOf: [ref('User'), closed({ id: { type: 'string' } })] }
  if (answers === 'Ids') return { type: 'array', items: { type: 'string', pattern: '^[1-9]\\d{0,18}$' } }
  const item = ref((answers === 'Page' ? PAGE_ITEMS[name] : undefined) ?? ITEMS[answers])
  return MOST[answers] === undefined ? item : { type: 'array', items: item, maxItems: MOST[answers] }
}

function successSchema(route: Route): Schema {
  if (route.answers === 'AccessToken') return ref('AccessToken')
  const kind = route.answers === 'Page' ? 'page' : route.answers === 'Ids' ? 'either' : 'plain'
  // Only the list of known followers is counted: it is bounded by whom the caller follows.
  const total: Record<string, Schema> = route.path.endsWith('/followers/known')
    ? { total: { type: 'integer', minimum: 0 } }
    : {}
  return closed({ data: dataSchema(route), meta: metaSchema(kind, total) })
}

/** Every answer of a route by its status; failures are references to FAILURE_RESPONSES but where they differ. */
export function responsesOf(route: Route): Record<string, Response | { $ref: string }> {
  const { access, answers, methods } = route
  const jsonp =
    access.token === 'none' && methods.includes('GET')
      ? { 'application/javascript': { schema: { type: 'string' } } }
      : {}
  const paged = answers === 'Page' || answers === 'Ids'
  const headers = { ...GENERAL, ...(paged ? LINK : {}), ...(answers === 'AccessToken' ? NO_STORE : {}) }
  const responses: Record<string, Response | { $ref: string }> = {
    200: { description: route.about, headers, content: { ...json(successSchema(route)), ...jsonp } },
  }
  for (const status of failuresOf(route))
    responses[status] = { $ref: `#/components/responses/Failure${status}` }
  if (answers === 'AccessToken') {
    for (const status of [400, 401]) {
      responses[status] = {
        description:
          'A bare error of RFC 6749 section 5.2; the envelope only where the request itself is malformed or its token does not hold.',
        headers: { ...GENERAL, ...CHALLENGE },
        content: json({ anyOf: [ref('OAuthError'), failureSchema(status)] }),
      }
    }
  }
  return responses
}
