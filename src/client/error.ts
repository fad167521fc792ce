// The one error that the client throws.
import type { ErrorSlug, OAuthError } from './types.ts'

/**
 * The slug of the answer. `network`: the service was not reached, or the connection broke. `not-json`: the answer is not the service's
 * (a proxy's, for example). A later version of the service may have other slugs.
 */
export type Slug = ErrorSlug | OAuthError['error'] | 'network' | 'not-json' | (string & Record<never, never>)

/** A call that failed. */
export class FollowGraphError extends Error {
  override readonly name = 'FollowGraphError'
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number
  readonly slug: Slug
  /** Seconds to wait before the next try, if the answer says so. */
  readonly retryAfter: number | undefined
  /** The id under which the service logged the failure. */
  readonly errorId: string | undefined
  /** The whole `meta` of the answer, such as `max_id` of a 410. */
  readonly meta: Record<string, unknown>

  constructor(
    status: number,
    slug: Slug,
    message: string,
    more: { retryAfter?: number; meta?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause })
    this.status = status
    this.slug = slug
    this.retryAfter = more.retryAfter
    this.meta = more.meta ?? {}
    this.errorId = this.meta.error_id as string | undefined
  }
}

const OAUTH_ERRORS: readonly OAuthError['error'][] = [
  'invalid_request',
  'invalid_client',
  'unsupported_grant_type',
  'invalid_scope',
]

/** The error for an answer that is not a success. */
export function failureOf(response: Response, text: string): FollowGraphError {
  const { status, headers } = response
  const seconds = headers.get('Retry-After')
  const retryAfter = seconds !== null && /^\d{1,9}$/.test(seconds) ? { retryAfter: Number(seconds) } : {}
  const body = parsed(text)
  // Other programs' errors have keys of these names too, with other things in them.
  if (typeof body?.meta?.error_slug === 'string') {
    const { error_slug: slug, error_message: message = '' } = body.meta
    return new FollowGraphError(status, slug, message, { ...retryAfter, meta: { ...body.meta } })
  }
  if (body?.error !== undefined && OAUTH_ERRORS.includes(body.error))
    return new FollowGraphError(status, body.error, body.error_description ?? body.error, retryAfter)
  return new FollowGraphError(
    status,
    'not-json',
    `${response.url} answered ${status} without JSON of the API`,
    retryAfter,
  )
}

type Failure = {
  meta?: { error_slug?: string; error_message?: string } | null
  error?: OAuthError['error']
  error_description?: string
}

function parsed(text: string): Failure | null {
  try {
    return JSON.parse(text) as Failure | null
  } catch {
    return null
  }
}
