// Knows the command `neo4j`: the database of our own, in the foreground, for whoever wants nothing but that.
import {
  DatabaseError,
  type OwnDatabase,
  type OwnDatabaseOptions,
  startOwnDatabase,
} from '../database/own.ts'

/** Prints where the database is as JSON once it answers; resolves with the exit status when it has ended. */
export async function neo4j(options: OwnDatabaseOptions): Promise<number> {
  let database: OwnDatabase
  try {
    database = await startOwnDatabase(options)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    options.say(error.message)
    return 1
  }
  const { uri, username, password, version } = database
  process.stdout.write(`${JSON.stringify({ uri, username, password, version })}\n`)
  // The database does not keep Node's event loop turning, so something here must.
  const turning = setInterval(() => undefined, 60_000)
  const reason = await Promise.race([asked(), database.ended])
  if (reason !== undefined) options.say(reason)
  await database.stop()
  clearInterval(turning)
  return reason === undefined ? 0 : 1
}

// Resolves at the first Ctrl-C or SIGTERM; later ones change nothing, for stopping takes a bounded time.
function asked(): Promise<undefined> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => done(undefined))
  })
}
