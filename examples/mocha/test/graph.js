// Loaded by mocha before the test files: one service for the whole run, an empty graph before each test.
import { startFollowGraph } from 'follow-graph/testing'

/** The service; test files import it. */
export let graph

export const mochaHooks = {
  async beforeAll() {
    // The first start on a machine also fetches Neo4j.
    this.timeout(300_000)
    graph = await startFollowGraph()
  },
  beforeEach: () => graph.reset(),
  afterAll: () => graph?.stop(),
}
