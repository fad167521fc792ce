// The keys of the identity provider: fetched, kept through an outage, renewed.
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { ApiError } from '../http/errors.ts'

const MINUTE = 60_000
/** Milliseconds: how long a key set is taken for current, kept in an outage, and not asked for again. */
const CURRENT = 10 * MINUTE
const KEPT = 24 * 60 * MINUTE
const COOLDOWN = 30_000
const RETRY = 1_000
const FETCH_TIME = 5_000
const FETCH_SIZE = 1_000_000

export type FindKey = JWTVerifyGetKey
export type Keys = {
  /** Finds the key that a token names; looks for a new one at the server where it is not known. */
  find: FindKey
  /** The keys as they are now, null where they were just fetched. */
  renewed(): Promise<FindKey | null>
}

/**
 * Finds the issuer's keys. jose's own remote set is not used: it forgets its keys when they are ten minutes old even if
 * the key server is down, and asks a server that is down again with every request.
 */
export function createKeyFinder(issuer: string, now: () => number): Keys {
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

  // A flood of invented keys costs a fetch each 30 s at most.
  const renewed = async () => (known !== null && now() - known.since < COOLDOWN ? null : await refresh())

  return {
    async find(header, token) {
      const find = await current()
      try {
        return await find(header, token)
      } catch (error) {
        // A key that is not there may be a new one.
        const fresh = error instanceof errors.JWKSNoMatchingKey ? await renewed() : null
        if (fresh === null) throw error
        return fresh(header, token)
      }
    },
    renewed,
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

const keyServerAway = (reason: string) =>
  new ApiError(
    'unavailable',
    'Service unavailable: the key server of the identity provider does not answer. Try again shortly; nothing was changed.',
    { headers: { 'Retry-After': '1' }, reason: `key-server-${reason}` },
  )
