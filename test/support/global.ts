// Knows the one database of a test run: NEO4J_URI if set, else one of our own in a temporary folder.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ownDatabaseSettings, readConfig } from '../../src/config.ts'
import { startOwnDatabase } from '../../src/database/own.ts'
import { migrate } from '../../src/graph/schema.ts'
import { planAhead } from '../../src/plan-ahead.ts'
import { createApi } from '../../src/service.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    neo4j: { uri: string; username: string; password: string; database: string }
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const config = readConfig()
  if (config.neo4j !== null) {
    project.provide('neo4j', config.neo4j)
    return async () => undefined
  }
  const data = mkdtempSync(join(tmpdir(), 'follow-graph-test-'))
  const remove = () => rmSync(data, { recursive: true, force: true, maxRetries: 5 })
  try {
    const own = await startOwnDatabase({
      data,
      say: (line) => process.stderr.write(`${line}\n`),
      ...ownDatabaseSettings(config),
    })
    const connection = { uri: own.uri, username: own.username, password: own.password, database: 'neo4j' }
    const api = createApi(connection, config)
    await migrate(api.graph)
    // A cold planner takes seconds for a large statement: beside a machine full of tests its caller would get a 503.
    let planned = false
    await (await planAhead(api, () => planned)).all
    planned = true
    await api.graph.close()
    project.provide('neo4j', connection)
    return async () => {
      await own.stop()
      remove()
    }
  } catch (error) {
    remove()
    throw error
  }
}
