// Finds the token in a request: in the header, the query or the body, but only once (RFC 6750 section 2).
import type { Body } from '../http/body.ts'
import { ApiError, badRequest, unauthorized } from '../http/errors.ts'

/** The token's text, null if none was sent. Only POST, PUT and PATCH have a body. */
export function bearerText(options: {
  authorization: string | undefined
  /** Whether there are more lines with that header. */
  repeated: boolean
  query: URLSearchParams
  body: Body
  queryToken: boolean
}): string | null {
  const found: string[] = []
  const { authorization, repeated } = options
  if (repeated) throw invalidRequest('there are several Authorization lines; send one.')
  if (authorization !== undefined && /^bearer\b/i.test(authorization)) {
    const [, text] = authorization.match(/^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i) ?? []
    if (text === undefined)
      throw invalidRequest('the Authorization header must read "Bearer" and the token after it.')
    found.push(text)
  }
  const inQuery = options.query.getAll('access_token')
  if (inQuery.length > 0 && !options.queryToken) {
    throw unauthorized(
      'invalid-token',
      'Tokens in the URL are not accepted here; send an Authorization header.',
    )
  }
  found.push(...inQuery, ...bodyTokens(options.body))
  if (found.length > 1) throw invalidRequest('send the token once, in one way: header, query or body.')
  return found[0] ?? null
}

const invalidRequest = (message: string): ApiError =>
  new ApiError('bad-request', badRequest(message).message, {
    headers: { 'WWW-Authenticate': 'Bearer realm="follow-graph", error="invalid_request"' },
  })

function bodyTokens(body: Body): string[] {
  if (body.type === 'form') return body.value.getAll('access_token')
  if (
    body.type === 'json' &&
    typeof body.value === 'object' &&
    body.value !== null &&
    'access_token' in body.value
  ) {
    const { access_token: text } = body.value
    if (typeof text !== 'string') throw invalidRequest('access_token in the body must be a string.')
    return [text]
  }
  return []
}
