// Fetches and caches the keys of the identity provider; cached keys stay in use during an outage.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { monotonic } from '../clock.ts'
import { ApiError } from '../http/errors.ts'

const MINUTE = 60_000
const FRESH_MS = 10 * MINUTE
// During an outage of the key server.
const MAX_STALE_MS = 24 * 60 * MINUTE
// The shortest time between two fetches for unknown keys, so that a flood of invented keys does not become a flood of fetches.
const COOLDOWN_MS = 30_000
// The shortest time between two fetches after a failure.
const RETRY_MS = 1_000
const FETCH_TIMEOUT_MS = 5_000
const MAX_FETCH_BYTES = 1_000_000

export type FindKey = JWTVerifyGetKey
export type Keys = {
  /** Finds the key that a token names; fetches the keys again if it is unknown. */
  find: FindKey
  /** Fetches the keys; null if they were fetched a moment ago. */
  renewed(): Promise<FindKey | null>
}

/**
 * Finds the issuer's keys. jose's own remote key set is not used, because it drops keys after ten minutes even if the key server is down,
 * and then tries to fetch them for every request. `now` is a clock that nobody sets back.
 */
export function createKeyFinder(issuer: string, now: () => number = monotonic): Keys {
  let known: { find: FindKey; since: number } | null = null
  let failure: { error: unknown; since: number } | null = null
  let pending: Promise<FindKey> | null = null

  function refresh(): Promise<FindKey> {
    if (failure !== null && now() - failure.since < RETRY_MS) return Promise.reject(failure.error)
    pending ??= fetchKeys(issuer)
      .then((keys) => {
        const find = createLocalJWKSet(keys)
        known = { find, since: now() }
        failure = null
        return find
      })
      .catch((error: unknown) => {
        const unavailable = error instanceof ApiError ? error : keyServerUnavailable('malformed')
        failure = { error: unavailable, since: now() }
        throw unavailable
      })
      .finally(() => {
        pending = null
      })
    return pending
  }

  async function current(): Promise<FindKey> {
    if (known === null || now() - known.since > MAX_STALE_MS) return refresh()
    const { find, since } = known
    if (now() - since <= FRESH_MS) return find
    const fresh = refresh().catch(() => find)
    // Only the first request of an outage waits for the fetch; later ones use the known keys while it is retried in the background.
    return failure === null ? fresh : find
  }

  const renewed = async () => (known !== null && now() - known.since < COOLDOWN_MS ? null : await refresh())

  return {
    async find(header, token) {
      const find = await current()
      try {
        return await find(header, token)
      } catch (error) {
        // An unknown key may be new.
        const fresh = error instanceof errors.JWKSNoMatchingKey ? await renewed() : null
        if (fresh === null) throw error
        return fresh(header, token)
      }
    },
    renewed,
  }
}

async function fetchKeys(issuer: string): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(FETCH_TIMEOUT_MS)
  const found = (await fetchJson(
    `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    signal,
  )) as {
    issuer?: unknown
    jwks_uri?: unknown
  } | null
  if (found?.issuer !== issuer) throw keyServerUnavailable('issuer')
  if (typeof found.jwks_uri !== 'string') throw keyServerUnavailable('malformed')
  return (await fetchJson(found.jwks_uri, signal)) as JSONWebKeySet
}

async function fetchJson(address: string, signal: AbortSignal): Promise<unknown> {
  const url = URL.canParse(address) ? new URL(address) : null
  const loopback = url !== null && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  if (url === null || (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))) {
    throw keyServerUnavailable('address')
  }
  try {
    const response = await fetch(url, { redirect: 'manual', signal, headers: { Accept: 'application/json' } })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw keyServerUnavailable(`status-${response.status}`)
    }
    const pieces: Uint8Array[] = []
    let size = 0
    for await (const piece of response.body ?? []) {
      size += piece.length
      if (size > MAX_FETCH_BYTES) throw keyServerUnavailable('size')
      pieces.push(piece)
    }
    return JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw keyServerUnavailable(
      signal.aborted ? 'timeout' : error instanceof SyntaxError ? 'malformed' : 'network',
    )
  }
}

const keyServerUnavailable = (reason: string) =>
  new ApiError(
    'unavailable',
    'Service unavailable: the key server of the identity provider does not answer. Try again shortly; nothing was changed.',
    { headers: { 'Retry-After': '1' }, reason: `key-server-${reason}` },
  )
