// Runs a one-shot command on the graph: connects, migrates the schema, runs the command's work, and closes everything.

import { monotonic, wait } from '../clock.ts'
import type { Config } from '../config.ts'
import { createParts } from '../create-parts.ts'
import type { Connection } from '../graph/driver.ts'
import { explain } from '../graph/explain.ts'
import { GraphUnavailable } from '../graph/failures.ts'
import { migrate } from '../graph/schema.ts'
import type { Parts } from '../parts.ts'
import { connect, say } from './connect.ts'
import { SIGNALS } from './interrupt.ts'

const START_TIMEOUT_MS = 20_000
// The time for cleaning up after Ctrl-C, for example a file that is half written.
const CLEAN_UP_MS = 2_000

/** Ctrl-C or SIGTERM in the middle of a command, which then ends by that signal. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals
  constructor(signal: NodeJS.Signals) {
    super('Stopped half-way: what was written stays, and the same command can be run again.')
    this.signal = signal
  }
}

/** Longer than for requests, because no client waits: planning can take long on a database that was just started. */
export const COMMAND_TIMEOUT_MS = 10_000

/** Runs `work` on a graph with a current schema, and resolves as `work` does. Rejects with Interrupted at Ctrl-C. */
export async function withParts<T>(
  config: Config,
  data: string,
  work: (parts: Parts) => Promise<T>,
): Promise<T> {
  const connected = await connect(config, data, true)
  const { connection } = connected
  const parts = createParts(connection, config, { timeoutMs: COMMAND_TIMEOUT_MS })
  const interruption = listen()
  const done = explained(connection, async () => {
    await whenReady(connection, () => migrate(parts.graph))
    return await work(parts)
  })
  try {
    return await Promise.race([done, interruption.happened])
  } finally {
    interruption.ignore()
    await parts.graph.close()
    await Promise.race([done.catch(() => undefined), wait(CLEAN_UP_MS, undefined, { ref: false })])
    await connected.stop()
  }
}

// A second signal ends the process at once.
function listen() {
  const ignore = () => {
    for (const signal of SIGNALS) process.off(signal, caught)
  }
  let reject: (reason: Interrupted) => void = () => undefined
  const happened = new Promise<never>((_, no) => {
    reject = no
  })
  const caught = (signal: NodeJS.Signals) => {
    ignore()
    reject(new Interrupted(signal))
  }
  for (const signal of SIGNALS) process.on(signal, caught)
  return { happened, ignore }
}

/** Runs `work`; if the database is not available, it throws one sentence that names the setting to change. */
export async function explained<T>(to: Connection, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof GraphUnavailable)) throw error
    throw new Error(explain(error, to).sentence, { cause: error })
  }
}

// Retries `work`, because a database that was killed still recovers for a while after it has answered its first query.
async function whenReady(to: Connection, work: () => Promise<unknown>): Promise<void> {
  let failingSince: number | undefined
  for (let reported = false; ; ) {
    try {
      await work()
      return
    } catch (error) {
      failingSince ??= monotonic()
      const spent = monotonic() - failingSince
      if (!(error instanceof GraphUnavailable) || spent > START_TIMEOUT_MS) throw error
      const { sentence, lasting } = explain(error, to)
      if (lasting) throw error
      if (spent > 1_000 && !reported) {
        reported = true
        say(`${sentence} Waiting for it, ${START_TIMEOUT_MS / 1_000} seconds at most …`)
      }
      await wait(1_000)
    }
  }
}

/** Prints one JSON value on stdout. */
export const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
