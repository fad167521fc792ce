// The errors of the API: slug, status, message and headers.

/** The table of errors; docs/errors.md shows the same rows and a test fails when the two differ. */
export const ERRORS = {
  'bad-request': {
    status: 400,
    meaning: 'The request is malformed; the message says which parameter and how to fix it.',
  },
  'self-follow': { status: 400, meaning: 'Nobody can follow, mute or block themselves.' },
  'list-too-long': {
    status: 400,
    meaning: 'The list has over 5,000 rows, so it is sorted by newest or oldest only.',
  },
  'username-taken': {
    status: 400,
    meaning: 'Another user has this username; upper and lower case count as the same.',
  },
  unauthorized: { status: 401, meaning: 'The route needs a token and none was sent.' },
  'invalid-token': { status: 401, meaning: 'The service does not know the token, or its user is deleted.' },
  'not-authorized': { status: 401, meaning: 'The token was revoked.' },
  'token-expired': { status: 401, meaning: 'The token is out of date.' },
  'wrong-token': { status: 403, meaning: 'The route needs the other kind of token (user or app).' },
  'missing-scope': { status: 403, meaning: 'The token lacks the scope that the message names.' },
  forbidden: { status: 403, meaning: 'The action is not allowed to this caller.' },
  blocked: { status: 403, meaning: 'One of the two users has blocked the other.' },
  'bot-rule': { status: 403, meaning: 'A bot may only follow users that follow it.' },
  'list-hidden': { status: 403, meaning: 'The user hides lists (hides_lists).' },
  'not-found': { status: 404, meaning: 'No such user, or no such route.' },
  'not-requested': { status: 404, meaning: 'No request of this user waits for the caller.' },
  'method-not-allowed': { status: 405, meaning: 'The route exists, but not with this method; see Allow.' },
  timeout: { status: 408, meaning: 'The request took too long to arrive.' },
  'events-gone': {
    status: 410,
    meaning: 'Events after this id are no longer kept: read the lists again and begin at meta.max_id.',
  },
  'too-large': { status: 413, meaning: 'The body is over 1 MB.' },
  'uri-too-long': { status: 414, meaning: 'The URL is over 8,000 characters.' },
  'unsupported-media-type': { status: 415, meaning: 'The body is of a type that the route does not accept.' },
  'rate-limit': { status: 429, meaning: 'Too many requests; Retry-After says when to come back.' },
  'headers-too-large': { status: 431, meaning: 'The headers are over 16 kB.' },
  internal: { status: 500, meaning: 'A defect of the service; error_id finds it in the log.' },
  unavailable: {
    status: 503,
    meaning: 'The graph database cannot be reached or is not ready; no write was done in part.',
  },
  'follow-limit': { status: 507, meaning: 'The user already follows as many users as its plan allows.' },
} as const satisfies Record<string, { status: number; meaning: string }>

export type Slug = keyof typeof ERRORS

/** An error that is answered to the caller in the failure envelope. */
export class ApiError extends Error {
  readonly slug: Slug
  readonly status: number
  readonly headers: Record<string, string>
  /** More keys of `meta`, such as `retry_in`. */
  readonly meta: Record<string, unknown>
  /** For the log only. */
  readonly reason: string | undefined

  constructor(
    slug: Slug,
    message: string,
    more: { headers?: Record<string, string>; meta?: Record<string, unknown>; reason?: string } = {},
  ) {
    super(message)
    this.name = 'ApiError'
    this.slug = slug
    this.status = ERRORS[slug].status
    this.headers = more.headers ?? {}
    this.meta = more.meta ?? {}
    this.reason = more.reason
  }
}

/** A 400; the message says how to fix the request. */
export const badRequest = (message: string, slug: Slug = 'bad-request') =>
  new ApiError(slug, `Bad Request: ${message}`)

export const notFound = (message: string) => new ApiError('not-found', message)

/** A 503 with `Retry-After: 1`; `reason` is for the log. */
export const unavailable = (reason: string) =>
  new ApiError(
    'unavailable',
    'Service unavailable: the graph database cannot answer now. Try again shortly: nothing is half done, and a repeated write does no harm.',
    {
      headers: { 'Retry-After': '1' },
      reason,
    },
  )

/** A 503 for a service that has as much work as it can do. */
export const tooManyRequests = () =>
  new ApiError('unavailable', 'Service unavailable: too many requests at once. Try again shortly.', {
    headers: { 'Retry-After': '1' },
    reason: 'overload',
  })

const REALM = 'Bearer realm="follow-graph"'

/** A 401. Its challenge has an error code only if a token was sent (RFC 6750 section 3). */
export function unauthorized(
  slug: 'unauthorized' | 'invalid-token' | 'not-authorized' | 'token-expired',
  message: string,
  tokenSent = slug !== 'unauthorized',
) {
  const challenge = !tokenSent ? REALM : `${REALM}, error="invalid_token", error_description="${message}"`
  return new ApiError(slug, message, { headers: { 'WWW-Authenticate': challenge } })
}

/** A 403 for a missing scope, which message and challenge name. */
export const missingScope = (scope: string) =>
  new ApiError('missing-scope', `Forbidden: this needs a token with the scope "${scope}".`, {
    headers: { 'WWW-Authenticate': `${REALM}, error="insufficient_scope", scope="${scope}"` },
  })

/** An OAuth error (RFC 6749 section 5.2): the body is a bare object, not the envelope. */
export class OAuthError extends Error {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: { error: string; error_description: string }

  constructor(error: string, description: string, status = 400, headers: Record<string, string> = {}) {
    super(description)
    this.name = 'OAuthError'
    this.status = status
    this.headers = { 'Cache-Control': 'no-store', Pragma: 'no-cache', ...headers }
    this.body = { error, error_description: description }
  }
}
