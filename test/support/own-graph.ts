// Knows how a test file gets a whole graph to itself: a Neo4j of its own with a service on it, both gone after the file.
import { afterAll, beforeAll } from 'vitest'
import type { Api } from '../../src/api.ts'
import { readConfig } from '../../src/config.ts'
import { createApi } from '../../src/service.ts'
import { type FollowGraph, startFollowGraph } from '../../src/testing.ts'

export type OwnGraph = {
  readonly kit: FollowGraph
  readonly api: Api
  /** The settings under which a command finds this graph. */
  settings(): Record<string, string>
  /** One statement of plain Cypher, as an analyst would run it. */
  cypher(text: string, params?: Record<string, unknown>): Promise<unknown[][]>
}

export function ownGraph(): OwnGraph {
  let kit: FollowGraph
  let api: Api
  beforeAll(async () => {
    // Whatever database the run has: this one is started for the file.
    kit = await startFollowGraph({ settings: { NEO4J_URI: '', NEO4J_USERNAME: '', NEO4J_PASSWORD: '' } })
    api = createApi(kit.neo4j, readConfig({ NEO4J_URI: kit.neo4j.uri, NEO4J_PASSWORD: kit.neo4j.password }))
  }, 120_000)
  afterAll(async () => {
    await api?.graph.close()
    await kit?.stop()
  }, 60_000)
  return {
    get kit() {
      return kit
    },
    get api() {
      return api
    },
    settings: () => ({
      NEO4J_URI: kit.neo4j.uri,
      NEO4J_USERNAME: kit.neo4j.username,
      NEO4J_PASSWORD: kit.neo4j.password,
    }),
    cypher: (text, params) => api.graph.write('test', text, params, 60_000),
  }
}
