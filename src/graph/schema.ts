// Knows the schema: numbered files applied once and in order, with a ledger in the graph; never what they mean.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Graph } from './graph.ts'
import { CYPHER_FOLDER } from './queries.ts'

export type Migration = { number: number; name: string; checksum: string; statements: string[] }

/** The graph is of a newer release than this one, or a released file was edited. */
export class SchemaError extends Error {}

/** The migrations that this release knows, in order. */
export function readMigrations(folder = `${CYPHER_FOLDER}schema/`): Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.cypher'))
    .sort()
  return files.map((file, index) => {
    const number = Number(file.slice(0, 3))
    if (number !== index + 1)
      throw new SchemaError(
        `cypher/schema/${file}: migrations are numbered without gaps; this should be ${index + 1}.`,
      )
    const text = readFileSync(folder + file, 'utf8')
    const statements = text
      .replace(/^\/\/.*$/gm, '')
      .split(/;\s*$/m)
      .map((part) => part.trim())
      .filter((part) => part !== '')
    return {
      number,
      name: file.replace(/\.cypher$/, ''),
      checksum: createHash('sha256').update(text).digest('hex'),
      statements,
    }
  })
}

const LEDGER = 'CREATE CONSTRAINT migration_number IF NOT EXISTS FOR (m:Migration) REQUIRE m.number IS UNIQUE'

/**
 * Brings the graph to this release's schema; answers the names of what it applied. Every statement bears being run
 * again, so that a migration cut short is finished by the next start, and two services starting at once are harmless.
 * Throws SchemaError where the graph is newer than the code.
 */
export async function migrate(graph: Graph, migrations: Migration[] = readMigrations()): Promise<string[]> {
  await graph.write('schema/ledger', LEDGER, {}, 60_000)
  const rows = await graph.read(
    'schema/applied',
    'MATCH (m:Migration) RETURN m.number, m.name, m.checksum ORDER BY m.number',
  )
  for (const [number, name, checksum] of rows) {
    const known = migrations[Number(number) - 1]
    if (known === undefined) {
      throw new SchemaError(
        `The graph has the migration ${name}, which this release does not know: it was written by a newer release. Run that one, or restore an older export.`,
      )
    }
    if (known.checksum !== checksum)
      throw new SchemaError(
        `The migration ${name} differs from the one that was applied to this graph: released migrations are never edited.`,
      )
  }
  const applied: string[] = []
  for (const migration of migrations.slice(rows.length)) {
    for (const statement of migration.statements) await graph.write('schema/migrate', statement, {}, 600_000)
    const params = { number: BigInt(migration.number), name: migration.name, checksum: migration.checksum }
    await graph.write(
      'schema/applied',
      "MERGE (m:Migration {number: $number}) ON CREATE SET m.name = $name, m.checksum = $checksum, m.applied_at = datetime.truncate('second')",
      params,
    )
    applied.push(migration.name)
  }
  if (applied.length > 0) await graph.read('schema/indexes', 'CALL db.awaitIndexes(600)', {}, 610_000)
  return applied
}
