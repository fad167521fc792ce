// Applies the numbered migrations once and in order, and records them as nodes in the graph.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import type { Graph } from './graph.ts'
import { logged } from './log-entry.ts'
import { CYPHER_FOLDER } from './queries.ts'

export type Migration = { number: number; name: string; checksum: string; statements: string[] }

/** The graph was written by a newer release, or a released migration was edited. */
export class SchemaError extends Error {}

/** The migrations of this release, in order. */
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

// If the graph had users before it had a log, a reset is logged, so that readers begin with the lists.
const APPLIED = logged(
  `MERGE (m:Migration {number: $number})
  ON CREATE SET m.name = $name, m.checksum = $checksum, m.applied_at = datetime.truncate('second')
  RETURN m.number AS number, 'migration' AS about,
    CASE WHEN sequence.ordinal IS NULL AND EXISTS { MATCH (:User) } THEN [['reset', 0, 0, 0]] ELSE [] END AS events`,
  ['number', 'about', 'events'],
)
const LEDGER = 'CREATE CONSTRAINT migration_number IF NOT EXISTS FOR (m:Migration) REQUIRE m.number IS UNIQUE'

// `IF NOT EXISTS` is checked before the statement waits for a concurrent one that creates the same rule; then it fails, which is ignored.
async function define(graph: Graph, name: string, statement: string, timeoutMs: number): Promise<void> {
  try {
    await graph.write(name, statement, {}, timeoutMs)
  } catch (error) {
    if ((error as { code?: string }).code !== 'Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists')
      throw error
  }
}

/**
 * Migrates the graph to this release's schema and resolves with the names of the applied migrations. Every statement is idempotent,
 * so that the next start finishes an interrupted migration, and two services may start at the same time.
 * Throws SchemaError if the graph is newer than the code.
 */
export async function migrate(graph: Graph, migrations: Migration[] = readMigrations()): Promise<string[]> {
  await define(graph, 'schema/ledger', LEDGER, 60_000)
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
    for (const statement of migration.statements) await define(graph, 'schema/migrate', statement, 600_000)
    const params = { number: BigInt(migration.number), name: migration.name, checksum: migration.checksum }
    await graph.write('schema/applied', APPLIED, params, 60_000)
    applied.push(migration.name)
  }
  if (applied.length > 0) await graph.read('schema/indexes', 'CALL db.awaitIndexes(600)', {}, 610_000)
  return applied
}
