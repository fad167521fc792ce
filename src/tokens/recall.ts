// Knows tokens as they were last seen: a page is read and a change made by such a one, and the same query proves it.
import { hasRunOut, type Token } from './token.ts'

/** The columns that a query hands back for a token's hash; `proofExpression` makes them. */
export type ProofColumns = [
  kind: string | null,
  userId: bigint | null,
  clientId: string | null,
  scopes: string[] | null,
  expiresAt: bigint | null,
  standing: boolean,
  userExists: boolean,
  userType: string | null,
]

/** A token that is taken to hold as long as nothing is answered: what the graph says of it decides. */
export type Proof = {
  /** The key of the row to look at. */
  hash: string
  /** Compares what the graph says with what was recalled. */
  check(columns: ProofColumns): void
  /** What the graph is to compare for itself where it may do nothing before it has: `provenExpression`. */
  readonly claims: Claims
  /** The graph has compared the claims and found the same. */
  accept(): void
  /** Whether the graph said the same. Without it nothing that was found out by the token may be answered. */
  readonly holds: boolean
}

/** What is taken of a user's token and of its client, in the form of `provenExpression`; -1n stands for null. */
export type Claims = {
  token: { hash: string; user_id: bigint; client_id: string; scopes: string[]; expires_at: bigint }
  client: { client_id: string; max_following: bigint }
}

/** What is remembered of a token besides itself: `expiresAt` in seconds since 1970, and the plan that its client has of its own. */
export type Remembered = { token: Token; expiresAt: bigint | null; clientMax: bigint | null }

/** The Cypher expression of ProofColumns, for variables `token` and `viewer`, either of which may be null. */
export const proofExpression = (viewer: boolean): string =>
  `[token.kind, token.user_id, token.client_id, token.scopes, token.expires_at, token.revoked_at IS NULL, ${viewer ? 'viewer IS NOT NULL, viewer.type' : 'false, null'}]`

/**
 * The Cypher expression that is true where all of `$batch.tokens` and `$batch.clients` (lists of Claims' two parts) are as claimed.
 * Users are left to the statement, which looks them up anyway.
 */
export const provenExpression = `COUNT { UNWIND $batch.tokens AS claim MATCH (t:Token {hash: claim.hash})
    WHERE t.revoked_at IS NULL AND t.kind = 'user' AND t.user_id = claim.user_id AND coalesce(t.client_id, '') = claim.client_id
      AND t.scopes = claim.scopes AND coalesce(t.expires_at, -1) = claim.expires_at RETURN claim } = size($batch.tokens)
  AND COUNT { UNWIND $batch.clients AS claim OPTIONAL MATCH (c:Client {client_id: claim.client_id})
    WITH claim, c WHERE coalesce(c.max_following, -1) = claim.max_following RETURN claim } = size($batch.clients)`

/** `now` gives milliseconds since 1970. */
export function createProof({ token, expiresAt, clientMax }: Remembered, now: () => number): Proof {
  let holds = false
  return {
    hash: token.hash as string,
    check([kind, userId, clientId, scopes, expires, standing, userExists, userType]) {
      holds =
        standing &&
        kind === token.kind &&
        clientId === token.app.client_id &&
        userId === (token.user?.id ?? null) &&
        (token.user === null || (userExists && (userType ?? 'human') === token.user.type)) &&
        String(scopes) === String(token.scopes) &&
        expires === expiresAt &&
        !hasRunOut(expires, now())
    },
    get claims() {
      // One that was made by hand may have none.
      const client_id = token.app.client_id ?? ''
      return {
        token: {
          hash: token.hash as string,
          user_id: token.user?.id ?? -1n,
          client_id,
          scopes: token.scopes,
          expires_at: expiresAt ?? -1n,
        },
        client: { client_id, max_following: clientMax ?? -1n },
      }
    },
    accept() {
      holds = true
    },
    get holds() {
      return holds
    },
  }
}

/** The tokens looked up last, at most so many; the one not looked up for longest goes first. */
export function createMemory(most = 10_000) {
  const known = new Map<string, Remembered>()
  return {
    get: (hash: string) => known.get(hash),
    /** Of one that is not there: a look-up forgets first, so that what no longer holds does not stay. */
    put(hash: string, remembered: Remembered): void {
      known.set(hash, remembered)
      if (known.size > most) known.delete(known.keys().next().value as string)
    },
    forget: (hash: string) => known.delete(hash),
  }
}
