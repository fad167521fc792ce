// Starts a Neo4j on Java for one test, and finds its process, for tests that stop or kill it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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
