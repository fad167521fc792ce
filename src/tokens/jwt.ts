// Knows how a JWT of the platform's identity provider becomes a user token: its keys, its claims, its user.
import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { ApiError, unauthorized } from '../http/errors.ts'
import { parseReference } from '../users/reference.ts'
import type { Users } from '../users/users.ts'
import { type Token, USER_SCOPES } from './token.ts'

export type JwtVerifier = {
  /** Whether a text has the form of a JWT at all: three base64url parts. Our own tokens have no dot. */
  claims(text: string): boolean
  /** What a JWT stands for. Errors: 401 `invalid-token` or `token-expired`, 503 where the key server is needed and away. */
  find(text: string): Promise<Token>
}

const MINUTE = 60_000
/** Milliseconds: how long a key set is taken for current, kept in an outage, and not asked for again. */
const CURRENT = 10 * MINUTE
const KEPT = 24 * 60 * MINUTE
const COOLDOWN = 30_000
const RETRY = 1_000
const FETCH_TIME = 5_000
const FETCH_SIZE = 1_000_000
const CLOCK_SKEW_SECONDS = 5
// A token in a body is bounded by the body only; one in a header by Node at 16 kB.
const LONGEST = 16_000

/** `now` gives milliseconds since 1970; `maxFollowing` is the plan of every such token, null is without limit. */
export function createJwtVerifier(
  jwt: { issuer: string; audience: string; userClaim: string },
  users: Pick<Users, 'fetch'>,
  maxFollowing: bigint | null,
  now: () => number = Date.now,
): JwtVerifier {
  const findKey = createKeyFinder(jwt.issuer, now)

  async function verified(text: string): Promise<JWTPayload> {
    try {
      // A token of another issuer is refused before anything is fetched for it.
      if (text.length > LONGEST || decodeJwt(text).iss !== jwt.issuer) throw invalid()
      const { payload, protectedHeader } = await jwtVerify(text, findKey, {
        algorithms: ['RS256', 'ES256'],
        issuer: jwt.issuer,
        audience: jwt.audience,
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_SKEW_SECONDS,
        currentDate: new Date(now()),
      })
      // An id_token or a logout token signed by the same keys is no access token where its type says so.
      const { typ } = protectedHeader
      if (typ !== undefined && !/^(application\/)?(at\+)?jwt$/i.test(typ)) throw invalid()
      return payload
    } catch (error) {
      if (error instanceof ApiError) throw error
      if (error instanceof errors.JWTExpired) throw unauthorized('token-expired', 'The token is out of date.')
      // Whatever jose says of a forged token helps only whoever forged it.
      throw invalid()
    }
  }

  return {
    claims: (text) => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text),
    async find(text) {
      const payload = await verified(text)
      const id = userIdOf(payload[jwt.userClaim])
      if (id === null) throw invalid()
      const [item] = await users.fetch([id], null, { viewer: false, annotations: false })
      if (item === undefined) throw invalid()
      const given = typeof payload.scope === 'string' ? payload.scope.split(' ') : []
      const clientId = [payload.client_id, payload.azp].find(
        (claim) => typeof claim === 'string' && claim !== '',
      )
      const app = typeof clientId === 'string' ? clientId : ''
      return {
        kind: 'user',
        user: { id, type: userTypeOf(item[0]) },
        scopes: USER_SCOPES.filter((scope) => scope === 'basic' || given.includes(scope)),
        app: { client_id: app, name: app, link: '' },
        maxFollowing,
        hash: null,
      }
    },
  }
}

const invalid = () => unauthorized('invalid-token', 'The token is not valid.')

const keyServerAway = (reason: string) =>
  new ApiError(
    'unavailable',
    'Service unavailable: the key server of the identity provider does not answer. Try again shortly; nothing was changed.',
    { headers: { 'Retry-After': '1' }, reason: `key-server-${reason}` },
  )

// A JSON number beyond 2^53 is rounded by the time it is read and would name somebody else.
function userIdOf(claim: unknown): bigint | null {
  if (typeof claim !== 'string' && !Number.isSafeInteger(claim)) return null
  const reference = parseReference(String(claim))
  return typeof reference === 'object' && reference !== null && 'id' in reference ? reference.id : null
}

// The stored text lacks its closing brace and holds raw marks that JSON does not allow.
function userTypeOf(stored: string | Record<string, unknown>): string {
  const profile = typeof stored === 'string' ? JSON.parse(`${stored.replaceAll('\u0001', '')}}`) : stored
  return typeof profile.type === 'string' ? profile.type : 'human'
}

type FindKey = JWTVerifyGetKey

/**
 * Finds the issuer's keys. jose's own remote set is not used: it forgets its keys when they are ten minutes old even if
 * the key server is down, and asks a server that is down again with every request.
 */
function createKeyFinder(issuer: string, now: () => number): FindKey {
  let known: { find: FindKey; since: number } | null = null
  let failure: { error: unknown; since: number } | null = null
  let pending: Promise<FindKey> | null = null

  function refresh(): Promise<FindKey> {
    if (failure !== null && now() - failure.since < RETRY) return Promise.reject(failure.error)
    pending ??= fetchKeys(issuer)
      .then((keys) => {
        const find = createLocalJWKSet(keys)
        known = { find, since: now() }
        failure = null
        return find
      })
      .catch((error: unknown) => {
        const told = error instanceof ApiError ? error : keyServerAway('malformed')
        failure = { error: told, since: now() }
        throw told
      })
      .finally(() => {
        pending = null
      })
    return pending
  }

  async function current(): Promise<FindKey> {
    if (known === null || now() - known.since > KEPT) return refresh()
    const { find, since } = known
    if (now() - since <= CURRENT) return find
    const fresh = refresh().catch(() => find)
    // Only the first to notice an outage waits for it; then known keys serve while the server is tried behind them.
    return failure === null ? fresh : find
  }

  return async (header, token) => {
    const find = await current()
    try {
      return await find(header, token)
    } catch (error) {
      // A key that is not there may be a new one; a flood of invented ones costs a fetch each 30 s at most.
      const young = known !== null && now() - known.since < COOLDOWN
      if (!(error instanceof errors.JWKSNoMatchingKey) || young) throw error
      return (await refresh())(header, token)
    }
  }
}

async function fetchKeys(issuer: string): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(FETCH_TIME)
  const found = (await fetchJson(
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    signal,
  )) as {
    issuer?: unknown
    jwks_uri?: unknown
  } | null
  if (found?.issuer !== issuer) throw keyServerAway('issuer')
  if (typeof found.jwks_uri !== 'string') throw keyServerAway('malformed')
  return (await fetchJson(found.jwks_uri, signal)) as JSONWebKeySet
}

async function fetchJson(address: string, signal: AbortSignal): Promise<unknown> {
  const url = URL.canParse(address) ? new URL(address) : null
  const loopback = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url === null || (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))) {
    throw keyServerAway('address')
  }
  try {
    const response = await fetch(url, { redirect: 'manual', signal, headers: { Accept: 'application/json' } })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw keyServerAway(`status-${response.status}`)
    }
    const pieces: Uint8Array[] = []
    let size = 0
    for await (const piece of response.body ?? []) {
      size += piece.length
      if (size > FETCH_SIZE) throw keyServerAway('size')
      pieces.push(piece)
    }
    return JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw keyServerAway(signal.aborted ? 'timeout' : error instanceof SyntaxError ? 'malformed' : 'network')
  }
}
