// Waits for the database, and prepares it when it is available.
import type { Logger } from 'pino'
import { monotonic, wait } from '../clock.ts'
import type { Connection } from '../graph/driver.ts'
import { explain } from '../graph/explain.ts'
import { GraphUnavailable } from '../graph/failures.ts'
import { SchemaError } from '../graph/schema.ts'

const START_MS = 10_000

/**
 * Calls `prepare` again until it succeeds, so that the service need not be restarted if the database starts later. Rejects with SchemaError,
 * and when the service stops. Without `patient` it also rejects after START_MS of failures, and at once if waiting cannot help.
 */
export async function prepareLater(
  prepare: () => Promise<void>,
  stopping: () => boolean,
  log: Logger,
  {
    patient,
    connection,
    waiting,
  }: { patient: boolean; connection: Connection; waiting: (sentence: string) => void },
): Promise<void> {
  let failingSince: number | undefined
  for (let tries = 1; !stopping(); tries += 1) {
    try {
      await prepare()
      if (patient) log.info('the graph is ready')
      return
    } catch (error) {
      const away = error instanceof GraphUnavailable
      const why = away ? explain(error, connection) : null
      const hopeless = !patient && why?.lasting === true
      // Not since the beginning: migrations and plans of a large graph may take longer, and succeed.
      failingSince ??= monotonic()
      const givesUp = hopeless || (!patient && monotonic() - failingSince > START_MS)
      if (error instanceof SchemaError || givesUp)
        throw why === null ? error : new Error(why.sentence, { cause: error })
      waiting(why?.sentence ?? (error as Error).message)
      if (tries === 1 || !away)
        log.warn(
          { reason: away ? error.reason : (error as Error).message },
          'the graph is not ready; trying again',
        )
    }
    await wait(1_000, undefined, { ref: false })
  }
  throw new GraphUnavailable('stopping')
}
