// Provides the database of a test run: NEO4J_URI if set, or one in a temporary folder.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { importFiles } from '../../src/commands/import.ts'
import { ownDatabaseSettings, readConfig } from '../../src/config.ts'
import { createParts } from '../../src/create-parts.ts'
import { startOwnDatabase } from '../../src/database/own.ts'
import { migrate } from '../../src/graph/schema.ts'
import { planAhead } from '../../src/startup/plan-ahead.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    neo4j: { uri: string; username: string; password: string; database: string }
    /** Whether all statements are planned on it once for the whole run. */
    planned: boolean
  }
}

const FIRST = 700_000_000_000_000_000n
const USERS = 1_700
const QUIET = 150

/** Imports users with a follow each, some with a mute, a block and a request, so that the planner sees one size of the graph during the whole run. */
async function crowd(settings: Record<string, string>, folder: string): Promise<void> {
  const id = (n: number) => FIRST + BigInt(n % USERS)
  const file = (name: string, header: string, rows: string[]) => {
    const path = join(folder, name)
    writeFileSync(path, `${[header, ...rows].join('\n')}\n`)
    return path
  }
  const all = Array.from({ length: USERS }, (_, n) => n)
  const pairs = (distance: number) => all.slice(0, QUIET).map((n) => `${id(n)},${id(n + distance)}`)
  const apart = pairs(USERS / 2)
  await importFiles(readConfig(settings), {
    data: 'unused',
    users: file(
      'users.csv',
      'id,username',
      all.map((n) => `${id(n)},crowd${n}`),
    ),
    follows: file(
      'follows.csv',
      'follower_id,followee_id',
      all.map((n) => `${id(n)},${id(n + 1)}`),
    ),
    mutes: file('mutes.csv', 'muter_id,muted_id', apart),
    blocks: file('blocks.csv', 'blocker_id,blocked_id', apart),
    requests: file('requests.csv', 'requester_id,requested_id', pairs(USERS / 4)),
  })
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const config = readConfig()
  if (config.neo4j !== null) {
    project.provide('neo4j', config.neo4j)
    project.provide('planned', false)
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
    const parts = createParts(connection, config)
    await migrate(parts.graph)
    await crowd({ NEO4J_URI: own.uri, NEO4J_PASSWORD: own.password }, data)
    // Planning a large statement takes seconds in a new database, and beside other tests its caller would get a 503. So statements are planned
    // once here, not by the service of each test file (a quarter of the run's processor time).
    let ending = false
    await (await planAhead(parts, () => ending)).all
    project.provide('neo4j', connection)
    project.provide('planned', true)
    return async () => {
      ending = true
      await parts.graph.close()
      await own.stop()
      remove()
    }
  } catch (error) {
    remove()
    throw error
  }
}
