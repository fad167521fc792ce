// Starts a Neo4j on Java for one test, and finds its process, for tests that stop or kill it.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import neo4j from 'neo4j-driver'
import { afterAll } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { type OwnDatabase, startOwnDatabase } from '../../src/database/own.ts'

/** Starts the database of the folder; after the first start with the same address and password. */
export function startJavaDatabase(data: string): Promise<OwnDatabase> {
  const { cacheDir, javaHome } = readConfig()
  const java = javaHome === undefined ? {} : { javaHome }
  return startOwnDatabase({ data, cacheDir, docker: 'off', say: () => undefined, ...java })
}

/** The process id of the folder's Neo4j. */
export function javaOf(data: string): number {
  const processes = JSON.parse(readFileSync(join(data, 'processes'), 'utf8')) as { pid: number }[]
  // The guard's process is noted first, Java's second.
  return processes[1]?.pid as number
}

/** A Neo4j on Java for one test file, with a driver and the settings under which a service finds it; all of it ends after the file. */
export async function ownJavaDatabase(name: string) {
  const data = mkdtempSync(join(tmpdir(), `follow-graph-${name}-`))
  const database = await startJavaDatabase(data)
  const { uri, username, password } = database
  const driver = neo4j.driver(uri, neo4j.auth.basic(username, password))
  // Registered first, so it runs after what the file itself ends.
  afterAll(async () => {
    await driver.close()
    await database.stop()
    rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
  }, 60_000)
  const env = { NEO4J_URI: uri, NEO4J_USERNAME: username, NEO4J_PASSWORD: password, LOG_LEVEL: 'warn' }
  return { data, driver, env, java: javaOf(data) }
}
