// Gives every test file a service on the run's database, as the global `graph`. Jest loads an environment as Node does: the
// kit is an ES module, which a test file could load only under --experimental-vm-modules.
import { startFollowGraph } from 'follow-graph/testing'
import { TestEnvironment } from 'jest-environment-node'

export default class extends TestEnvironment {
  async setup() {
    await super.setup()
    this.global.graph = await startFollowGraph()
  }

  async teardown() {
    await this.global.graph?.stop()
    await super.teardown()
  }
}
