// One database for the whole run; the test files start their services on it.
import { type FollowGraph, startFollowGraph } from 'follow-graph/testing'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    neo4j: FollowGraph['neo4j']
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const graph = await startFollowGraph()
  project.provide('neo4j', graph.neo4j)
  return () => graph.stop()
}
