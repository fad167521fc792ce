// Connects a command to its database: the one in the settings, or one that the command starts and stops itself.
import { type Config, ownDatabaseSettings } from '../config.ts'
import { type OwnDatabase, startOwnDatabase } from '../database/own.ts'
import { runningDatabase } from '../database/running.ts'
import type { Connection } from '../graph/driver.ts'
import { printable } from '../transfer/shown.ts'
import { atInterrupt, unlessInterrupted } from './interrupt.ts'

export type Connected = {
  connection: Connection
  /** Resolves with a sentence when the database that was started here ends by itself; never resolves for other databases. */
  ended: Promise<string>
  stop(): Promise<void>
  /** From now on the caller must call `stop` at signals; until then the database is stopped here. */
  takeSignals(): void
}

// A database that somebody else started: nothing to stop.
const external = (connection: Connection): Connected => ({
  connection,
  ended: new Promise(() => undefined),
  stop: async () => undefined,
  takeSignals: () => undefined,
})

/** Prints a line for people on stderr, with control characters escaped. */
export const say = (line: string): void => void process.stderr.write(`${printable(line, true)}\n`)

/**
 * Connects to `NEO4J_URI` if it is set; otherwise starts a database on the folder `data`. With `beside`, a database that another
 * process runs on that folder is used instead, so that `token create` works while `serve` runs.
 */
export async function connect(config: Config, data: string, beside = false): Promise<Connected> {
  if (config.neo4j !== null) return external(config.neo4j)
  const running = beside ? await runningDatabase(data, say) : undefined
  if (running !== undefined) return external({ ...running, database: 'neo4j' })
  let starting: Promise<OwnDatabase> | undefined
  const interrupt = atInterrupt(async () => (await starting)?.stop())
  starting = startOwnDatabase({ data, say, signal: interrupt.signal, ...ownDatabaseSettings(config) })
  const own = await unlessInterrupted(interrupt, starting)
  return {
    connection: { ...own, database: 'neo4j' },
    ended: own.ended,
    stop: () => own.stop().finally(interrupt.forget),
    takeSignals: interrupt.handOver,
  }
}
