// One database for the whole run. Where NEO4J_URI is set, the kit in each test file uses that one.
import { startFollowGraph } from 'follow-graph/testing'

export default async function setup() {
  const graph = await startFollowGraph()
  const { NEO4J_URI, NEO4J_PASSWORD } = process.env
  globalThis.followGraph = { graph, before: { NEO4J_URI, NEO4J_PASSWORD } }
  process.env.NEO4J_URI = graph.neo4j.uri
  process.env.NEO4J_PASSWORD = graph.neo4j.password
}
