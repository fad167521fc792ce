// Starts a Neo4j and a service on it for one test file, and stops both after the file.
import { afterAll, beforeAll } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { createParts } from '../../src/create-parts.ts'
import type { Parts } from '../../src/parts.ts'
import { type FollowGraph, startFollowGraph } from '../../src/testing.ts'

export type OwnGraph = {
  readonly kit: FollowGraph
  readonly parts: Parts
  /** The settings under which a command finds this graph. */
  settings(): Record<string, string>
  /** One statement of plain Cypher, as an analyst would run it. */
  cypher(text: string, params?: Record<string, unknown>): Promise<unknown[][]>
}

/** Use `PLAN_AHEAD=off` in `settings` for files that call no route: then no planning runs beside their own statements. */
export function ownGraph(settings: Record<string, string> = {}): OwnGraph {
  let kit: FollowGraph
  let parts: Parts
  beforeAll(async () => {
    // Without the settings of the run's database, so that the kit starts one.
    kit = await startFollowGraph({
      settings: { NEO4J_URI: '', NEO4J_USERNAME: '', NEO4J_PASSWORD: '', ...settings },
    })
    parts = createParts(
      kit.neo4j,
      readConfig({ NEO4J_URI: kit.neo4j.uri, NEO4J_PASSWORD: kit.neo4j.password }),
    )
  }, 120_000)
  afterAll(async () => {
    await parts?.graph.close()
    await kit?.stop()
  }, 60_000)
  return {
    get kit() {
      return kit
    },
    get parts() {
      return parts
    },
    settings: () => ({
      NEO4J_URI: kit.neo4j.uri,
      NEO4J_USERNAME: kit.neo4j.username,
      NEO4J_PASSWORD: kit.neo4j.password,
    }),
    cypher: (text, params) => parts.graph.write('test', text, params, 60_000),
  }
}
