// Checks once whether a Neo4j answers a query at an address, and leaves no connection open.
import neo4j, { Neo4jError } from 'neo4j-driver'

/** `no` may become `yes` later. `refused` (a wrong password) will not, and more attempts would lock the account. */
export type Answer = 'yes' | 'no' | 'refused'

/** Sends `RETURN 1` once; takes about two seconds at most. */
export async function answers(uri: string, username: string, password: string): Promise<Answer> {
  const driver = neo4j.driver(uri, neo4j.auth.basic(username, password), {
    connectionTimeout: 1_000,
    connectionAcquisitionTimeout: 2_000,
    maxTransactionRetryTime: 0,
    telemetryDisabled: true,
  })
  const session = driver.session()
  try {
    await session.run('RETURN 1', {}, { timeout: 2_000 })
    return 'yes'
  } catch (error) {
    return error instanceof Neo4jError && error.code === 'Neo.ClientError.Security.Unauthorized'
      ? 'refused'
      : 'no'
  } finally {
    await driver.close().catch(() => undefined)
  }
}
