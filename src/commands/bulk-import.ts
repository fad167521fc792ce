// The bulk import: writes files for Neo4j's loader, which fills an empty database before that is started.

import { statSync } from 'node:fs'
import { monotonic } from '../clock.ts'
import { type Config, ownDatabaseSettings } from '../config.ts'
import { claimForBulk } from '../database/bulk.ts'
import { readMigrations } from '../graph/schema.ts'
import type { Parts } from '../parts.ts'
import { FOLLOWS, type RelationKind } from '../relations/kinds.ts'
import { createBulkFiles } from '../transfer/import/bulk-files.ts'
import type { ReadListener } from '../transfer/import/lines.ts'
import type { BulkOptions, ImportCounts } from '../transfer/import/options.ts'
import type { RelationRecord } from '../transfer/relation.ts'
import type { UserRecord } from '../transfer/user.ts'
import { say } from './connect.ts'

/** A file to be imported. */
export type Source = {
  what: 'users' | RelationKind
  file: string
  listener: ReadListener
  /** The batches that are not imported yet; undefined if all are. */
  batches: AsyncIterable<object[]> | undefined
  /** Ends its progress bar. */
  end(): void
}

/** For fewer bytes starting the loader takes longer than it saves. */
export const BULK_BYTES = 3_000_000

/** Whether the files have at least `least` bytes. The size of a pipe is unknown, so it counts as long. */
export function areLong(files: string[], least: number): boolean {
  let bytes = 0
  for (const file of files) {
    const found = file === '-' ? undefined : statSync(file, { throwIfNoEntry: false })
    if (found === undefined ? file === '-' : !found.isFile()) return true
    bytes += (found?.size ?? 0) * (file.endsWith('.gz') ? 4 : 1)
  }
  return bytes >= least
}

/** Whether the graph has only what our schema creates, and no other indexes: then the loader may replace it. */
export async function isEmpty(parts: Parts): Promise<boolean> {
  const { statement } = parts.queries.get('transfer/anything')
  const [any] = await parts.graph.read('transfer/anything', statement, {}, 60_000)
  if (any?.[0] !== false) return false
  const schema = readMigrations()
    .flatMap(({ statements }) => statements)
    .join('\n')
  const ours = new Set([
    'migration_number',
    ...[...schema.matchAll(/\b(?:CONSTRAINT|INDEX) (\w+)/g)].map((m) => m[1]),
  ])
  const indexes = await parts.graph.read(
    'transfer/indexes',
    "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name",
  )
  return indexes.every(([name]) => ours.has(name as string))
}

/**
 * Loads users and follows into the empty, stopped database of the folder `data`: as many batches, from the first on, as can be loaded
 * with the same result as a regular import. The others stay in the sources. Resolves with undefined, or with the reason why
 * nothing was loaded, as a clause of a sentence.
 */
export async function bulkImport(
  config: Config,
  data: string,
  sources: Source[],
  options: BulkOptions,
  counts: ImportCounts,
  run: string,
): Promise<string | undefined> {
  const began = monotonic()
  const bulk = await claimForBulk({ data, say, ...ownDatabaseSettings(config) })
  if ('why' in bulk) return bulk.why
  try {
    options.began = 0n
    const files = createBulkFiles(bulk.files, options, counts, run)
    const left = await fill(sources, files)
    const paths = files.end()
    for (const source of sources) source.end()
    if (counts.made_users === 0) return 'the loader can take nothing of the files'
    const read = monotonic()
    say(`Loading ${counts.made_users} users and ${counts.made_follows} follows …`)
    await bulk.load(paths)
    const ended = monotonic()
    const rate = Math.round(counts.made_follows / ((ended - began) / 1000))
    const seconds = (ms: number) => (ms / 1000).toFixed(1)
    say(`Read in ${seconds(read - began)} s, loaded in ${seconds(ended - read)} s: ${rate} follows/s.`)
    if (left !== undefined)
      say(
        `The rest of ${left.file} goes through the database: it has a user that occurs twice or is very long, or the files are too long for the loader.`,
      )
    return undefined
  } catch (error) {
    counts.made_users = 0
    counts.made_follows = 0
    throw error
  } finally {
    bulk.end()
  }
}

// Returns the source with the first batch that only a regular import can handle; undefined if there is none.
async function fill(
  sources: Source[],
  files: ReturnType<typeof createBulkFiles>,
): Promise<Source | undefined> {
  for (const source of sources) {
    if ((source.what !== 'users' && source.what !== FOLLOWS) || source.batches === undefined) return undefined
    const batches = source.batches[Symbol.asyncIterator]()
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
      const added =
        source.what === 'users'
          ? files.users(next.value as UserRecord[], source.file)
          : files.follows(next.value as RelationRecord[], source.file)
      if (added) continue
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
