// Limits logins: one at a time until one succeeds, and none for a while after one was refused.
import { Neo4jError } from 'neo4j-driver'
import { monotonic } from '../clock.ts'
import { failureReason, GraphUnavailable } from './failures.ts'

export type Login = {
  /** Resolves when a query may be sent; rejects with GraphUnavailable for a while after a refused login. */
  allowed(): Promise<void>
  /** Whether a login has succeeded and none was refused since: then `allowed` need not be called. */
  readonly done: boolean
  /** Must be called with every failure. */
  failed(error: unknown): void
}

/** The backoff after a refused login: Neo4j locks an account, for all clients, after three wrong passwords. */
export const REFUSED_MS = 30_000

const REFUSED = 'Neo.ClientError.Security.Unauthorized'

/** `attempt` sends one query on a new connection. */
export function createLogin(attempt: () => Promise<unknown>): Login {
  let done = false
  let refused: { error: GraphUnavailable; until: number } | null = null
  let trying: Promise<void> | null = null

  const isRecent = (one: typeof refused): one is NonNullable<typeof refused> =>
    one !== null && monotonic() < one.until

  function failed(error: unknown): void {
    // The stored error that `allowed` throws is not a new refusal; otherwise health checks would postpone the next login for ever.
    if (error === refused?.error) return
    const cause = error instanceof GraphUnavailable ? error.cause : error
    if (!(cause instanceof Neo4jError) || cause.code !== REFUSED) return
    done = false
    refused = {
      error: new GraphUnavailable(failureReason(cause), cause),
      until: monotonic() + REFUSED_MS,
    }
  }

  // Other failures are ignored: each query finds out itself that the server is not available.
  async function login(): Promise<void> {
    try {
      await attempt()
      done = true
      refused = null
    } catch (error) {
      failed(error)
    } finally {
      trying = null
    }
  }

  return {
    async allowed() {
      if (done) return
      if (!isRecent(refused)) {
        trying ??= login()
        await trying
      }
      if (isRecent(refused)) throw refused.error
    },
    get done() {
      return done
    },
    failed,
  }
}
