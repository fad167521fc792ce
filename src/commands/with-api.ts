// Knows how a one-shot command gets at the graph: connect, bring the schema up, work, close everything.
import type { Api } from '../api.ts'
import type { Config } from '../config.ts'
import { migrate } from '../graph/schema.ts'
import { createApi } from '../service.ts'
import { connect } from './connect.ts'

/** Runs `work` on a graph that has the schema; answers what it answers. */
export async function withApi<T>(config: Config, data: string, work: (api: Api) => Promise<T>): Promise<T> {
  const connected = await connect(config, data, true)
  const api = createApi(connected.connection, config)
  try {
    await migrate(api.graph)
    return await work(api)
  } finally {
    await api.graph.close()
    await connected.stop()
  }
}

/** Prints one JSON value on stdout. */
export const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`)
