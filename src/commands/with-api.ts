// Knows how a one-shot command gets at the graph: connect, bring the schema up, work, close everything.
import { setTimeout as wait } from 'node:timers/promises'
import type { Api } from '../api.ts'
import type { Config } from '../config.ts'
import { GraphUnavailable } from '../graph/failures.ts'
import { migrate } from '../graph/schema.ts'
import { createApi } from '../service.ts'
import { connect } from './connect.ts'

const PATIENCE_S = 20

/** Runs `work` on a graph that has the schema; answers what it answers. */
export async function withApi<T>(config: Config, data: string, work: (api: Api) => Promise<T>): Promise<T> {
  const connected = await connect(config, data, true)
  const api = createApi(connected.connection, config)
  try {
    await whenThere(() => migrate(api.graph))
    return await work(api)
  } finally {
    await api.graph.close()
    await connected.stop()
  }
}

// A database that was killed recovers for a while after it answers its first query.
async function whenThere(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await work()
      return
    } catch (error) {
      if (!(error instanceof GraphUnavailable) || tries === PATIENCE_S) throw error
      await wait(1_000)
    }
  }
}

/** Prints one JSON value on stdout. */
export const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
