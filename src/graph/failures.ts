// Knows what a failed conversation with Neo4j means to a caller: run it again, come back later, or a defect of ours.
import { Neo4jError } from 'neo4j-driver'

/** What kind of failure it was; `conflict` is a uniqueness constraint that somebody else met first. */
export type FailureKind = 'retry' | 'unavailable' | 'conflict' | 'defect'

/** The graph cannot be reached, is not ready, or is too slow: the HTTP side answers 503. */
export class GraphUnavailable extends Error {
  readonly reason: string
  constructor(reason: string, cause?: unknown) {
    super(`The graph database is not available (${reason})`, { cause })
    this.name = 'GraphUnavailable'
    this.reason = reason
  }
}

const RETRY_CODES = new Set(['ServiceUnavailable', 'SessionExpired'])
const AWAY = /(TransactionTimedOut|Terminated|LockClientStopped|LockAcquisitionTimeout|DatabaseUnavailable)/

/**
 * Sorts an error of the driver. Codes as read in neo4j-driver 6.3; the pool's time-out has no code ("N/A") and is
 * told by its message, which test/unit/failures.test.ts provokes from a real driver.
 */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof GraphUnavailable) return 'unavailable'
  if (!(error instanceof Neo4jError)) return 'defect'
  const { code } = error
  if (code === 'Neo.ClientError.Schema.ConstraintValidationFailed') return 'conflict'
  // Memory errors are transient to the server, but trying again at once feeds the fire.
  if (/Memory|OutOfMemory/.test(code)) return 'unavailable'
  if (AWAY.test(code)) return 'unavailable'
  // Of a database that is another one by now: asked again without.
  if (/Bookmark/.test(code)) return 'retry'
  if (code.startsWith('Neo.TransientError.') || RETRY_CODES.has(code)) return 'retry'
  if (code.includes('AuthorizationExpired')) return 'retry'
  if (code.startsWith('Neo.ClientError.Security.')) return 'unavailable'
  // The store itself (a full disk, a log that cannot be written); a DatabaseError of a statement is a defect.
  if (
    /^Neo\.DatabaseError\.(Database|Transaction)\.|Database\.DatabaseNotFound|NotALeader|ReadOnly/.test(code)
  )
    return 'unavailable'
  if (/acquisition timed out|Pool is closed|acquire connection/i.test(error.message)) return 'unavailable'
  return 'defect'
}

/** Whether the server that was known answered, if only that it could not: no other one has taken its place. */
export const answeredByServer = (error: unknown): boolean =>
  error instanceof Neo4jError &&
  error.code.startsWith('Neo.') &&
  !/Bookmark|NotALeader|Database/.test(error.code)

/** One word for logs, metrics and `/health/ready`. */
export function failureReason(error: unknown): string {
  if (error instanceof GraphUnavailable) return error.reason
  if (!(error instanceof Neo4jError)) return 'error'
  if (error.code.startsWith('Neo.ClientError.Security.')) return 'credentials'
  if (/TransactionTimedOut|LockAcquisitionTimeout|Terminated|LockClientStopped/.test(error.code))
    return 'slow'
  if (/Memory/.test(error.code)) return 'memory'
  if (/Deadlock/.test(error.code)) return 'contention'
  // Without a single connection it is not that others hold them: none could be opened in time.
  if (/acquisition timed out/i.test(error.message))
    return /Active conn count = 0/.test(error.message) ? 'slow' : 'busy'
  if (RETRY_CODES.has(error.code)) return 'unreachable'
  if (/Database/.test(error.code)) return 'database'
  return 'error'
}
