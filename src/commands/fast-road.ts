// Knows the fast road of `import`: files for Neo4j's own loader, which fills an empty database of our own before it starts.
import { statSync } from 'node:fs'
import type { Api } from '../api.ts'
import { type Config, ownDatabaseSettings } from '../config.ts'
import { claimForBulk } from '../database/bulk.ts'
import { readMigrations } from '../graph/schema.ts'
import { createBulkFiles } from '../transfer/bulk-files.ts'
import type { ImportCounts, ImportOptions } from '../transfer/into-graph.ts'
import type { Listener } from '../transfer/lines.ts'
import { FOLLOWS, type RelationKind, type RelationRecord } from '../transfer/relation.ts'
import type { UserRecord } from '../transfer/users-file.ts'
import { say } from './connect.ts'

/** A file that is to be imported. */
export type Source = {
  what: 'users' | RelationKind
  file: string
  listener: Listener
  /** What of it has not gone in; undefined where all has. */
  batches: AsyncIterable<object[]> | undefined
  /** Ends what shows its progress. */
  end(): void
}

/** Below so many bytes the loader's own start costs more than it saves. */
export const FAST_BYTES = 3_000_000

/** Are the files long enough for the loader? Of a pipe nobody knows, so it counts as long. */
export function areLong(files: string[], least: number): boolean {
  let bytes = 0
  for (const file of files) {
    const found = file === '-' ? undefined : statSync(file, { throwIfNoEntry: false })
    if (found === undefined ? file === '-' : !found.isFile()) return true
    bytes += (found?.size ?? 0) * (file.endsWith('.gz') ? 4 : 1)
  }
  return bytes >= least
}

/** Has the graph nothing but what our schema puts there, no index of somebody's either? Then the loader may replace it. */
export async function isEmpty(api: Api): Promise<boolean> {
  const { statement } = api.queries.get('transfer/anything')
  const [any] = await api.graph.read('transfer/anything', statement, {}, 60_000)
  if (any?.[0] !== false) return false
  const schema = readMigrations()
    .flatMap(({ statements }) => statements)
    .join('\n')
  const ours = new Set([
    'migration_number',
    ...[...schema.matchAll(/\b(?:CONSTRAINT|INDEX) (\w+)/g)].map((m) => m[1]),
  ])
  const indexes = await api.graph.read(
    'transfer/indexes',
    "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name",
  )
  return indexes.every(([name]) => ours.has(name as string))
}

/**
 * Loads users and follows into the empty, stopped database of the folder `data`: as much of the sources, from the first
 * on, as the loader can take with the live road's result. What is left stays in the sources. Answers a clause that says
 * why, where nothing went in.
 */
export async function fastRoad(
  config: Config,
  data: string,
  sources: Source[],
  options: ImportOptions,
  counts: ImportCounts,
): Promise<string | undefined> {
  const began = performance.now()
  const bulk = await claimForBulk({ data, say, ...ownDatabaseSettings(config) })
  if ('why' in bulk) return bulk.why
  try {
    options.began = 0n
    const files = createBulkFiles(bulk.files, options, counts)
    const left = await fill(sources, files)
    const paths = files.end()
    for (const source of sources) source.end()
    if (counts.made_users === 0) return 'nothing of the files is for the loader'
    const read = performance.now()
    say(`Loading ${counts.made_users} users and ${counts.made_follows} follows …`)
    await bulk.load(paths)
    const ended = performance.now()
    const rate = Math.round(counts.made_follows / ((ended - began) / 1000))
    const seconds = (ms: number) => (ms / 1000).toFixed(1)
    say(`Read in ${seconds(read - began)} s, loaded in ${seconds(ended - read)} s: ${rate} follows/s.`)
    if (left !== undefined)
      say(`The rest of ${left.file} goes through the database: it names a user again, or is very long.`)
    return undefined
  } catch (error) {
    counts.made_users = 0
    counts.made_follows = 0
    throw error
  } finally {
    bulk.end()
  }
}

// Answers the source in which there was something that only the live road can do.
async function fill(
  sources: Source[],
  files: ReturnType<typeof createBulkFiles>,
): Promise<Source | undefined> {
  for (const source of sources) {
    if ((source.what !== 'users' && source.what !== FOLLOWS) || source.batches === undefined) return undefined
    const batches = source.batches[Symbol.asyncIterator]()
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
      const taken =
        source.what === 'users'
          ? files.users(next.value as UserRecord[], source.file)
          : files.follows(next.value as RelationRecord[], source.file)
      if (taken) continue
      source.batches = startingWith(next.value, batches)
      return source
    }
    source.batches = undefined
  }
  return undefined
}

async function* startingWith(first: object[], rest: AsyncIterator<object[]>): AsyncGenerator<object[]> {
  yield first
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}
