// Stores tokens and clients in the graph, and finds the token of a text.
import { wallClock } from '../clock.ts'
import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph, Row } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import { unauthorized } from '../http/errors.ts'
import { hashSecret, isExpired, isTokenText, newSecret, newTokenText, type Token } from './token.ts'

export type Client = {
  name: string
  link: string
  scopes: string[]
  secretHash: string | null
  maxFollowing: bigint | null
}

export type TokenStore = {
  /** The token with this text; throws a 401 if it is unknown, revoked or expired. */
  find(text: string): Promise<Token>
  /** As `find`, of the hash of a text. */
  findByHash(hash: string): Promise<Token>
  /** Creates a token; null if its user or client does not exist. The text is returned only here, because it is not stored. */
  create(request: TokenRequest): Promise<{ text: string; token: Token } | null>
  revoke(hash: string): Promise<void>
  /** Revokes all tokens of a user. Returns how many were valid, null if there is no such user. */
  revokeAll(userId: bigint): Promise<number | null>
  createClient(request: {
    name: string
    link: string
    scopes: string[]
    maxFollowing: bigint | null
  }): Promise<{ client_id: string; client_secret: string }>
  /** Finds a client in the same time whether it exists or not (unless no client is registered at all); null if it does not exist. */
  findClient(clientId: string): Promise<Client | null>
}

/** `expiresAt` in seconds since 1970. */
export type TokenRequest = {
  kind: 'user' | 'app'
  userId: bigint | null
  clientId: string
  scopes: string[]
  expiresAt: bigint | null
}

/** The properties of a new token's node. */
type TokenProperties = {
  hash: string
  kind: 'user' | 'app'
  user_id: bigint | null
  client_id: string
  scopes: string[]
  expires_at: bigint | null
}

/** `now` gives milliseconds since 1970; `maxFollowing` is the limit for clients that have none of their own. */
export function createTokenStore(
  graph: Graph,
  queries: Queries,
  options: { maxFollowing: bigint | null; now?: () => number },
): TokenStore {
  const now = options.now ?? wallClock
  const text = (name: string) => queries.get(`tokens/${name}`).statement
  const lookups: Batch<string, Row> = createBatch({
    size: 64,
    inFlight: 4,
    waiting: 5_000,
    async run(hashes) {
      const found: Row[] = []
      // Cypher promises no order of rows.
      for (const row of await graph.read('tokens/find', text('find'), { batch: { hashes } }))
        found[Number(row[0])] = row
      return found
    },
  })
  // A result is a row of the statement without its number, or null if the user or the client does not exist.
  const creations = createBatch<TokenProperties, Row | null>({
    size: 200,
    inFlight: 1,
    waiting: 5_000,
    deadlineMs: graph.timeoutMs,
    async run(tokens, leftMs) {
      const rows = await graph.write('tokens/create', text('create'), { batch: { tokens } }, leftMs)
      const made = new Map(rows.map(([n, ...row]) => [Number(n), row]))
      return tokens.map((_, index) => made.get(index) ?? null)
    },
  })

  return {
    async find(tokenText) {
      if (!isTokenText(tokenText)) throw unauthorized('invalid-token', 'The token is not valid.')
      return this.findByHash(hashSecret(tokenText))
    },
    async findByHash(hash) {
      const row = await lookups.add(hash)
      const [
        ,
        kind,
        userId,
        userExists,
        userType,
        scopes,
        expiresAt,
        revokedAt,
        clientId,
        name,
        link,
        maxFollowing,
      ] = row
      if (kind === null || (kind === 'user' && userExists !== true))
        throw unauthorized('invalid-token', 'The token is not valid.')
      // Before it is looked whether it was revoked: "log out everywhere" also revokes tokens that have expired.
      if (isExpired(expiresAt as bigint | null, now())) {
        throw unauthorized('token-expired', 'The token is out of date.')
      }
      if (revokedAt !== null) throw unauthorized('not-authorized', 'The token was revoked.')
      return {
        kind: kind as 'user' | 'app',
        user:
          kind === 'user'
            ? { id: userId as bigint, type: typeof userType === 'string' ? userType : 'human' }
            : null,
        scopes: scopes as string[],
        app: {
          client_id: clientId as string,
          name: (name as string | null) ?? '',
          link: (link as string | null) ?? '',
        },
        maxFollowing: (maxFollowing as bigint | null) ?? options.maxFollowing,
        expiresAt: expiresAt as bigint | null,
        hash,
      }
    },
    async create({ kind, userId, clientId, scopes, expiresAt }) {
      const tokenText = newTokenText(kind)
      const hash = hashSecret(tokenText)
      const row = await creations.add({
        hash,
        kind,
        user_id: userId,
        client_id: clientId,
        scopes,
        expires_at: expiresAt,
      })
      if (row === null) return null
      const app = {
        client_id: clientId,
        name: (row[0] as string | null) ?? '',
        link: (row[1] as string | null) ?? '',
      }
      const maxFollowing = (row[2] as bigint | null) ?? options.maxFollowing
      const user = userId === null ? null : { id: userId, type: 'human' }
      return { text: tokenText, token: { kind, user, scopes, app, maxFollowing, expiresAt, hash } }
    },
    async revoke(hash) {
      await graph.write('tokens/revoke', text('revoke'), { hash })
    },
    async revokeAll(userId) {
      const params = { user_id: userId, now: BigInt(Math.floor(now() / 1000)) }
      // Once: a repeat would count none.
      const [row] = await graph.write('tokens/revoke-all', text('revoke-all'), params, graph.timeoutMs, true)
      return row?.[0] === true ? Number(row[1]) : null
    },
    async createClient({ name, link, scopes, maxFollowing }) {
      const clientId = newSecret().slice(0, 32)
      const secret = newSecret()
      const params = {
        client_id: clientId,
        secret_hash: hashSecret(secret),
        name,
        link,
        scopes,
        max_following: maxFollowing,
      }
      await graph.write('tokens/create-client', text('create-client'), params)
      return { client_id: clientId, client_secret: secret }
    },
    async findClient(clientId) {
      const [row] = await graph.read('tokens/find-client', text('find-client'), { client_id: clientId })
      if (row === undefined) return null
      const [known, secretHash, name, link, scopes, maxFollowing] = row
      const client = {
        secretHash: secretHash as string | null,
        name: (name as string | null) ?? '',
        link: (link as string | null) ?? '',
        scopes: (scopes as string[] | null) ?? ['basic'],
        maxFollowing: maxFollowing as bigint | null,
      }
      return known === true ? client : null
    },
  }
}
