// Classifies errors of the driver: retry, database not available, constraint violation, or defect.
import { Neo4jError } from 'neo4j-driver'

/** The kind of a failure; `conflict` is a violated uniqueness constraint. */
export type FailureKind = 'retry' | 'unavailable' | 'conflict' | 'defect'

/** The database cannot be reached, is not ready, or is too slow: the API answers 503. */
export class GraphUnavailable extends Error {
  readonly reason: string
  constructor(reason: string, cause?: unknown) {
    super(`The graph database is not available (${reason})`, { cause })
    this.name = 'GraphUnavailable'
    this.reason = reason
  }
}

const RETRY_CODES = new Set(['ServiceUnavailable', 'SessionExpired'])
const UNAVAILABLE =
  /(TransactionTimedOut|Terminated|LockClientStopped|LockAcquisitionTimeout|DatabaseUnavailable)/

// The server is another program, such as a web server.
const NOT_NEO4J = /responded HTTP|Unknown Bolt protocol version/

/**
 * The kind of an error. Codes as of neo4j-driver 6.3. The pool's timeout has no code ("N/A") and is recognized by its
 * message, which test/database/failures.test.ts provokes from a real driver.
 */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof GraphUnavailable) return 'unavailable'
  if (!(error instanceof Neo4jError)) return 'defect'
  const { code } = error
  if (code === 'Neo.ClientError.Schema.ConstraintValidationFailed') return 'conflict'
  // The server calls memory errors transient, but retries at once would make them worse.
  if (/Memory|OutOfMemory/.test(code)) return 'unavailable'
  if (UNAVAILABLE.test(code)) return 'unavailable'
  // The bookmark is of a database that was replaced, or of a transaction that the server does not have yet. Retries send the same bookmark, because
  // a read for the memory must see everything up to it (docs/decisions/013). The next poll of the log gets a new bookmark.
  if (/Bookmark/.test(code)) return 'retry'
  if (code.startsWith('Neo.TransientError.') || RETRY_CODES.has(code)) return 'retry'
  if (code.includes('AuthorizationExpired')) return 'retry'
  if (code.startsWith('Neo.ClientError.Security.')) return 'unavailable'
  // Errors of the store itself (a full disk, a log that cannot be written); a DatabaseError of a statement is a defect.
  if (
    /^Neo\.DatabaseError\.(Database|Transaction)\.|Database\.DatabaseNotFound|NotALeader|ReadOnly/.test(code)
  )
    return 'unavailable'
  if (/acquisition timed out|Pool is closed|acquire connection/i.test(error.message)) return 'unavailable'
  if (NOT_NEO4J.test(error.message)) return 'unavailable'
  return 'defect'
}

/** Whether the statement may have been carried out: the connection broke before the answer. After all other errors it was rolled back. */
export const outcomeUnknown = (error: unknown): boolean =>
  error instanceof Neo4jError && RETRY_CODES.has(error.code)

/** Whether the statement was planned and started, and then waited too long for a lock. */
export const waitedForLock = (error: GraphUnavailable): boolean =>
  error.cause instanceof Neo4jError && /LockAcquisitionTimeout|LockClientStopped/.test(error.cause.code)

/** The reason of a failure in one word, for logs, metrics and `/health/ready`. */
export function failureReason(error: unknown): string {
  if (error instanceof GraphUnavailable) return error.reason
  if (!(error instanceof Neo4jError)) return 'error'
  if (error.code.startsWith('Neo.ClientError.Security.')) return 'credentials'
  if (/TransactionTimedOut|LockAcquisitionTimeout|Terminated|LockClientStopped/.test(error.code))
    return 'slow'
  if (/Memory/.test(error.code)) return 'memory'
  if (/Deadlock/.test(error.code)) return 'contention'
  // With no active connection the pool is not exhausted: none could be opened in time.
  if (/acquisition timed out/i.test(error.message))
    return /Active conn count = 0/.test(error.message) ? 'slow' : 'busy'
  if (RETRY_CODES.has(error.code) || NOT_NEO4J.test(error.message)) return 'unreachable'
  if (/Database/.test(error.code)) return 'database'
  return 'error'
}
