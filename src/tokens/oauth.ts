// The client credentials grant (RFC 6749 section 4.4) and its errors, which have no envelope.
import { timingSafeEqual } from 'node:crypto'
import type { Body } from '../http/body.ts'
import { type ApiError, OAuthError } from '../http/errors.ts'
import type { TokenStore } from './store.ts'
import { hashSecret, type Token } from './token.ts'

/** The parts of a token request that may contain credentials. */
export type GrantRequest = { body: Body; authorization: string | undefined }

/** Whether an error means that the client id or the secret was wrong. */
export const isWrongSecret = (error: unknown): boolean =>
  error instanceof OAuthError && error.body.error === 'invalid_client'

/** The error for a body that cannot be parsed: a 400 in the format of RFC 6749, with the characters that it allows. */
export function grantRefusal(error: ApiError): Error {
  if (error.status !== 400) return error
  const [, description = ''] = /^Bad Request: (.*)$/s.exec(error.message) ?? []
  const sentence = description.charAt(0).toUpperCase() + description.slice(1)
  return new OAuthError('invalid_request', sentence.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "'"))
}

const invalidClient = () =>
  new OAuthError('invalid_client', 'The client id or the secret is wrong.', 401, {
    'WWW-Authenticate': 'Basic realm="follow-graph"',
  })

// An unknown client takes the same lookup (find-client.cypher) and comparison as a known one, so that the response time reveals nothing.
const NOBODY = hashSecret('nobody')

/** Creates an app token for a client with the right secret; throws an OAuthError otherwise. */
export async function grant(
  tokens: Pick<TokenStore, 'findClient' | 'create'>,
  { body, authorization }: GrantRequest,
): Promise<{ text: string; token: Token }> {
  if (body.type !== 'form') {
    throw new OAuthError(
      'invalid_request',
      'Send grant_type, client_id and client_secret as application/x-www-form-urlencoded.',
    )
  }
  const form = body.value
  for (const key of new Set(form.keys())) {
    if (form.getAll(key).length > 1)
      throw new OAuthError('invalid_request', `The parameter ${key} stands more than once; send it once.`)
  }
  const { clientId, secret } = credentials(authorization, form)
  const grantType = form.get('grant_type')
  if (grantType === null)
    throw new OAuthError('invalid_request', 'The parameter grant_type is missing; send client_credentials.')
  if (grantType !== 'client_credentials')
    throw new OAuthError('unsupported_grant_type', 'Only grant_type=client_credentials is offered.')
  const client = await tokens.findClient(clientId)
  const matches = timingSafeEqual(Buffer.from(client?.secretHash ?? NOBODY), Buffer.from(hashSecret(secret)))
  if (client === null || client.secretHash === null || !matches) throw invalidClient()
  const scopes = scopesOf(form.get('scope'), client.scopes)
  const made = await tokens.create({ kind: 'app', userId: null, clientId, scopes, expiresAt: null })
  if (made === null) throw invalidClient()
  return made
}

function scopesOf(requested: string | null, allowed: string[]): string[] {
  if (requested === null || requested.trim() === '') return allowed
  const wanted = requested.split(/[ ,]+/).filter((scope) => scope !== '')
  if (wanted.some((scope) => !allowed.includes(scope)))
    throw new OAuthError('invalid_scope', 'The client was not given one of the scopes asked for.')
  return allowed.filter((scope) => scope === 'basic' || wanted.includes(scope))
}

/** The client id of a request as it was sent; empty if it has none. */
export function clientIdOf({ body, authorization }: GrantRequest): string {
  if (body.type !== 'form') return ''
  try {
    return credentials(authorization, body.value).clientId
  } catch {
    return ''
  }
}

function credentials(
  authorization: string | undefined,
  form: URLSearchParams,
): { clientId: string; secret: string } {
  const inForm = form.has('client_id') || form.has('client_secret')
  if (authorization !== undefined && /^basic\b/i.test(authorization)) {
    if (inForm)
      throw new OAuthError(
        'invalid_request',
        'The client is named in two ways; send the header or the form fields, not both.',
      )
    const decoded = Buffer.from(authorization.slice(5).trim(), 'base64').toString('utf8')
    const colon = decoded.indexOf(':')
    if (colon === -1) throw invalidClient()
    return { clientId: formDecoded(decoded.slice(0, colon)), secret: formDecoded(decoded.slice(colon + 1)) }
  }
  const clientId = form.get('client_id')
  const secret = form.get('client_secret')
  if (clientId === null || secret === null)
    throw new OAuthError(
      'invalid_request',
      'client_id and client_secret are missing; send both, or HTTP Basic.',
    )
  return { clientId, secret }
}

// RFC 6749 section 2.3.1: both parts of Basic credentials are form-encoded first.
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}
