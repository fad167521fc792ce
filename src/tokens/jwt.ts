// Verifies JWTs of the platform's identity provider and turns them into user tokens.

import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose'
import { monotonic, wallClock } from '../clock.ts'
import { ApiError, unauthorized } from '../http/errors.ts'
import { parseReference } from '../users/reference.ts'
import type { Users } from '../users/users.ts'
import { keepClients } from './jwt-clients.ts'
import { createKeyFinder, type FindKey, type Keys } from './jwt-keys.ts'
import type { TokenStore } from './store.ts'
import { type Token, USER_SCOPES } from './token.ts'

export type JwtVerifier = {
  /** Whether a text has the form of a JWT: three base64url parts. Our own tokens have no dot. */
  isJwt(text: string): boolean
  /** The user token of a JWT. Throws 401 `invalid-token` or `token-expired`, or 503 if its key must be fetched and the key server is down. */
  find(text: string): Promise<Token>
}

const CLOCK_SKEW_SECONDS = 5
// Node limits a token in a header to 16 kB; this is for a token in a body.
const MAX_LENGTH = 16_000
// Each check of a signature takes a fifth of a millisecond, so a forged token must not cause many.
const MAX_KEYS_TRIED = 3

/**
 * `now` gives milliseconds since 1970, for the times in tokens, and `elapsed` those of a clock that nobody sets back, for the age of keys; `maxFollowing`
 * is the limit for apps that have none of their own, null for none.
 */
export function createJwtVerifier(
  jwt: { issuer: string; audience: string; userClaim: string },
  users: Pick<Users, 'fetch'>,
  tokens: Pick<TokenStore, 'findClient'>,
  maxFollowing: bigint | null,
  now: () => number = wallClock,
  elapsed: () => number = monotonic,
): JwtVerifier {
  const keys = createKeyFinder(jwt.issuer, elapsed)
  const findClient = keepClients((clientId) => tokens.findClient(clientId))

  async function verified(text: string): Promise<JWTPayload> {
    try {
      // A token of another issuer is refused before a key is fetched for it.
      if (text.length > MAX_LENGTH || decodeJwt(text).iss !== jwt.issuer) throw invalid()
      const { payload, protectedHeader } = await verifiedBySet(text, keys, {
        algorithms: ['RS256', 'ES256'],
        issuer: jwt.issuer,
        audience: jwt.audience,
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_SKEW_SECONDS,
        currentDate: new Date(now()),
      })
      // ID tokens and logout tokens are signed by the same keys, but are not access tokens.
      const { typ } = protectedHeader
      if (typ !== undefined && !/^(application\/)?(at\+)?jwt$/i.test(typ)) throw invalid()
      return payload
    } catch (error) {
      if (error instanceof ApiError) throw error
      if (error instanceof errors.JWTExpired) throw unauthorized('token-expired', 'The token is out of date.')
      // The details would help only somebody who forges tokens.
      throw invalid()
    }
  }

  return {
    isJwt: (text) => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text),
    async find(text) {
      const payload = await verified(text)
      const id = userIdOf(payload[jwt.userClaim])
      if (id === null) throw invalid()
      const given = typeof payload.scope === 'string' ? payload.scope.split(' ') : []
      const named = [payload.client_id, payload.azp].find(
        (claim) => typeof claim === 'string' && claim !== '',
      )
      const clientId = typeof named === 'string' ? named : ''
      const [[item], client] = await Promise.all([
        users.fetch([id], null, { viewer: false, annotations: false }),
        clientId === '' ? null : findClient(clientId),
      ])
      if (item === undefined) throw invalid()
      return {
        kind: 'user',
        user: { id, type: userTypeOf(item[0]) },
        scopes: USER_SCOPES.filter((scope) => scope === 'basic' || given.includes(scope)),
        // An app that is not registered here has its id as its name.
        app: { client_id: clientId, name: client?.name ?? clientId, link: client?.link ?? '' },
        maxFollowing: client?.maxFollowing ?? maxFollowing,
        expiresAt: BigInt(Math.floor(payload.exp as number)),
        hash: null,
      }
    },
  }
}

const invalid = () => unauthorized('invalid-token', 'The token is not valid.')

// A JSON number beyond 2^53 was rounded when it was parsed and would be the id of another user.
function userIdOf(claim: unknown): bigint | null {
  if (typeof claim !== 'string' && !Number.isSafeInteger(claim)) return null
  const reference = parseReference(String(claim))
  return typeof reference === 'object' && reference !== null && 'id' in reference ? reference.id : null
}

// The stored text has no closing brace and contains control characters that JSON does not allow (users/profile.ts).
function userTypeOf(stored: string | Record<string, unknown>): string {
  const profile = typeof stored === 'string' ? JSON.parse(`${stored.replaceAll('\u0001', '')}}`) : stored
  return typeof profile.type === 'string' ? profile.type : 'human'
}

// A token without `kid` does not name its key. If no known key fits, it may be signed by a new one.
async function verifiedBySet(text: string, keys: Keys, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
  try {
    return await verifiedByOne(text, keys.find, options)
  } catch (error) {
    const unsigned = error instanceof errors.JWSSignatureVerificationFailed
    const fresh = unsigned && decodeProtectedHeader(text).kid === undefined ? await keys.renewed() : null
    if (fresh === null) throw error
    return await verifiedByOne(text, fresh, options)
  }
}

// If several keys of the set fit, each is tried.
async function verifiedByOne(
  text: string,
  find: FindKey,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  try {
    return await jwtVerify(text, find, options)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    let tried = 0
    for await (const key of error) {
      try {
        return await jwtVerify(text, key, options)
      } catch (failure) {
        if (!(failure instanceof errors.JWSSignatureVerificationFailed)) throw failure
      }
      tried += 1
      if (tried === MAX_KEYS_TRIED) break
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}
