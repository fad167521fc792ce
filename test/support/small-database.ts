// A small Neo4j of one test file's own, and a graph on it; both end after the file.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { ownDatabaseSettings, readConfig } from '../../src/config.ts'
import { type OwnDatabase, startOwnDatabase } from '../../src/database/own.ts'
import { type Graph, type GraphObserver, openGraph } from '../../src/graph/graph.ts'

/** `ready` gets both when they have started; `observe` hears of each round trip. */
export function smallDatabase(
  name: string,
  ready: (own: OwnDatabase, graph: Graph) => void,
  observe?: GraphObserver,
): void {
  const data = mkdtempSync(join(tmpdir(), `follow-graph-${name}-`))
  let own: OwnDatabase | undefined
  let graph: Graph | undefined
  beforeAll(async () => {
    own = await startOwnDatabase({
      data,
      ...ownDatabaseSettings(readConfig()),
      say: () => undefined,
      memory: { heap: 256, pageCache: 64 },
    })
    graph = openGraph({ ...own, database: 'neo4j', ...(observe && { observe }) })
    ready(own, graph)
  }, 120_000)
  afterAll(async () => {
    await graph?.close()
    await own?.stop()
    rmSync(data, { recursive: true, force: true, maxRetries: 5 })
  })
}
