// The command `neo4j`: runs only the own database, in the foreground, or says where the one is that runs already.
import { existsSync } from 'node:fs'
import { clearInterval, setInterval } from '../clock.ts'
import { folderAt } from '../database/folder.ts'
import {
  DatabaseError,
  type OwnDatabase,
  type OwnDatabaseOptions,
  startOwnDatabase,
} from '../database/own.ts'
import { runningDatabase } from '../database/running.ts'
import { say } from './connect.ts'
import { atInterrupt, SIGNALS, unlessInterrupted } from './interrupt.ts'

/** Prints the database's address and login as JSON once it answers; resolves with the exit status when it has ended. */
export async function neo4j(options: OwnDatabaseOptions): Promise<number> {
  let database: OwnDatabase
  let starting: Promise<OwnDatabase> | undefined
  const interrupt = atInterrupt(async () => (await starting)?.stop())
  try {
    starting = startOwnDatabase({ ...options, signal: interrupt.signal })
    database = await unlessInterrupted(interrupt, starting)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    options.say(error.message)
    return 1
  }
  const reasonToEnd = Promise.race([signalled(), database.ended])
  interrupt.handOver()
  const { uri, username, password, version } = database
  process.stdout.write(`${JSON.stringify({ uri, username, password, version })}\n`)
  // The database's process does not keep Node's event loop alive.
  const keepAlive = setInterval(() => undefined, 60_000)
  const reason = await reasonToEnd
  if (reason !== undefined) options.say(reason)
  await database.stop()
  clearInterval(keepAlive)
  return reason === undefined ? 0 : 1
}

/** Prints the address and the login of the database that another process runs on a data folder. */
export async function printRunning(data: string): Promise<number> {
  const { lock, root } = folderAt(data)
  // Nothing is created where no database ever ran.
  const running = existsSync(lock) ? await runningDatabase(data, say) : undefined
  if (running === undefined)
    throw new DatabaseError(
      `No process runs a database on ${root}: start one with serve or neo4j, or name its folder with --data.`,
    )
  process.stdout.write(`${JSON.stringify(running)}\n`)
  return 0
}

// Resolves at the first signal; later ones are ignored, because stopping takes a bounded time.
function signalled(): Promise<undefined> {
  return new Promise((done) => {
    for (const signal of SIGNALS) process.on(signal, () => done(undefined))
  })
}
