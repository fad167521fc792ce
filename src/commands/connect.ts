// Knows which database a command works on: the one of the settings, or one of its own that it starts and ends.
import type { Config } from '../config.ts'
import { startOwnDatabase } from '../database/own.ts'
import type { Connection } from '../service.ts'

export type Connected = {
  connection: Connection
  /** Resolves with a sentence when a database of our own ends by itself; never for another's. */
  ended: Promise<string>
  stop(): Promise<void>
}

/** A line for people, on stderr. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** `NEO4J_URI` if it is set, else a database of our own in the folder `data`. */
export async function connect(config: Config, data: string): Promise<Connected> {
  if (config.neo4j !== null) return { connection: config.neo4j, ended: new Promise(() => undefined), stop: async () => undefined }
  const own = await startOwnDatabase({
    data,
    say,
    cacheDir: config.cacheDir,
    ...(config.neo4jVersion === undefined ? {} : { version: config.neo4jVersion }),
    ...(config.javaHome === undefined ? {} : { javaHome: config.javaHome }),
  })
  return { connection: { ...own, database: 'neo4j' }, ended: own.ended, stop: () => own.stop() }
}
