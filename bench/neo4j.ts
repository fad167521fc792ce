// Knows the benchmark's Neo4j: started on a folder of its own, filled once by the service's own import, given tokens.
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import neo4j, { type Driver } from 'neo4j-driver'
import { hashSecret, newTokenText } from '../src/tokens/token.ts'
import { javasOf } from './cpu.ts'
import type { Graph } from './graph.ts'
import type { Viewer } from './op.ts'

export type Database = {
  uri: string
  password: string
  version: string
  driver: Driver
  /** The Java process. */
  pids(): number[]
  stop(): Promise<void>
}

export type Imported = { users: number; userSeconds: number; follows: number; followSeconds: number }

/** Starts `follow-graph neo4j --data folder` from the build under test and waits for its line. */
export async function startNeo4j(
  cli: string,
  folder: string,
  say: (line: string) => void,
): Promise<Database> {
  const child = spawn(process.execPath, [cli, 'neo4j', '--data', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (data: Buffer) => {
    errors += data
    say(String(data).trimEnd())
  })
  const line = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (data: Buffer) => {
      text += data
      if (text.includes('\n')) resolve(text)
    })
    child.once('exit', (code) => reject(new Error(`The database ended with status ${code}: ${errors}`)))
  })
  const { uri, password, version } = JSON.parse(line) as { uri: string; password: string; version: string }
  const driver = neo4j.driver(uri, neo4j.auth.basic('neo4j', password), {
    disableLosslessIntegers: false,
    useBigInt: true,
  })
  return {
    uri,
    password,
    version,
    driver,
    pids: () => javasOf(child.pid as number),
    async stop() {
      await driver.close()
      if (child.exitCode !== null) return
      child.kill('SIGTERM')
      await new Promise((resolve) => child.once('exit', resolve))
    },
  }
}

async function program(cli: string, database: Database, args: string[]): Promise<number> {
  const began = performance.now()
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, NEO4J_URI: database.uri, NEO4J_PASSWORD: database.password },
  })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`follow-graph ${args.join(' ')} ended with status ${code}.`)
  return (performance.now() - began) / 1000
}

/** Applies the schema by `follow-graph migrate`; answers the seconds that it took. */
export const migrateNeo4j = (cli: string, database: Database): Promise<number> =>
  program(cli, database, ['migrate'])

/** Fills an empty database by `follow-graph import`; the times of that are a case of their own. */
export async function fill(
  cli: string,
  database: Database,
  graph: Graph,
  folder: string,
): Promise<Imported | null> {
  const done = join(folder, 'imported.json')
  if (existsSync(done)) return null
  const run = (args: string[]) => program(cli, database, args)
  await migrateNeo4j(cli, database)
  const userSeconds = await run(['import', '--users', graph.users])
  const followSeconds = await run(['import', '--known-users', '--follows', graph.follows])
  const imported = { users: graph.facts.users, userSeconds, follows: graph.facts.follows, followSeconds }
  writeFileSync(done, JSON.stringify(imported))
  return imported
}

/** New user tokens for the viewers, in their order; those of earlier runs go. */
export async function giveTokens(database: Database, viewers: string[]): Promise<Viewer[]> {
  const made = viewers.map((id) => ({ id, token: newTokenText('user') }))
  const rows = made.map(({ id, token }) => ({ id: BigInt(id), hash: hashSecret(token) }))
  await database.driver.executeQuery('MATCH (t:Token) DELETE t')
  await database.driver.executeQuery(
    `UNWIND $rows AS row CREATE (:Token {hash: row.hash, kind: 'user', user_id: row.id, client_id: 'follow-graph',
     scopes: ['follow', 'basic'], created_at: datetime()})`,
    { rows },
  )
  return made
}

/** Takes away the follows that earlier runs made, a few users at a time: a transaction's memory is small here. */
export async function tidy(database: Database, viewers: string[], highest: string): Promise<void> {
  for (let at = 0; at < viewers.length; at += 50) {
    await database.driver.executeQuery(
      `UNWIND $ids AS id MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = id AND f.id > $highest DELETE f`,
      { ids: viewers.slice(at, at + 50).map(BigInt), highest: BigInt(highest) },
    )
  }
}
