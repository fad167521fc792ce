// One database for the whole run. Where NEO4J_URI is set, the kit in each test file uses that one.
import { startFollowGraph } from 'follow-graph/testing'

export default async function setup() {
  const graph = await startFollowGraph()
  globalThis.followGraph = graph
  process.env.NEO4J_URI = graph.neo4j.uri
  process.env.NEO4J_PASSWORD = graph.neo4j.password
}
