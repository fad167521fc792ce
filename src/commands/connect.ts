// Knows which database a command works on: the one of the settings, or one of its own that it starts and ends.
import { type Config, ownDatabaseSettings } from '../config.ts'
import { startOwnDatabase } from '../database/own.ts'
import { runningDatabase } from '../database/running.ts'
import type { Connection } from '../service.ts'

export type Connected = {
  connection: Connection
  /** Resolves with a sentence when a database of our own ends by itself; never for another's. */
  ended: Promise<string>
  stop(): Promise<void>
}

const lent = (connection: Connection): Connected => ({
  connection,
  ended: new Promise(() => undefined),
  stop: async () => undefined,
})

/** A line for people, on stderr. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`)

/**
 * `NEO4J_URI` if it is set, else a database of our own in the folder `data`. With `beside`, one that another process
 * already runs on that folder is used as it is: `token create` works while `serve` runs.
 */
export async function connect(config: Config, data: string, beside = false): Promise<Connected> {
  if (config.neo4j !== null) return lent(config.neo4j)
  const running = beside ? await runningDatabase(data) : undefined
  if (running !== undefined) return lent({ ...running, database: 'neo4j' })
  const own = await startOwnDatabase({
    data,
    say,
    ...ownDatabaseSettings(config),
  })
  return { connection: { ...own, database: 'neo4j' }, ended: own.ended, stop: () => own.stop() }
}
