// Knows tokens as they were last seen: a list asks for its page by such a one and has it proven by the page's own query.
import type { Token } from './token.ts'

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
  /** Whether the graph said the same. Without it nothing that was found out by the token may be answered. */
  readonly holds: boolean
}

/** What is remembered of a token besides itself. `expiresAt` in seconds since 1970. */
export type Remembered = { token: Token; expiresAt: bigint | null }

/** The Cypher expression of ProofColumns, for variables `token` and `viewer`, either of which may be null. */
export const proofExpression = (viewer: boolean): string =>
  `[token.kind, token.user_id, token.client_id, token.scopes, token.expires_at, token.revoked_at IS NULL, ${viewer ? 'viewer IS NOT NULL, viewer.type' : 'false, null'}]`

/** `now` gives milliseconds since 1970. */
export function createProof({ token, expiresAt }: Remembered, now: () => number): Proof {
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
        (expires === null || expires > BigInt(Math.floor(now() / 1000)))
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
