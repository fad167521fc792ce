// The command `import`: imports files, prints counts as JSON, and reports bad lines on stderr and in a file of rejects.
import { randomUUID } from 'node:crypto'
import type { Config } from '../config.ts'
import { stateOf } from '../database/bulk.ts'
import { asRun } from '../events/runs.ts'
import { patientGraph } from '../graph/patient.ts'
import type { Parts } from '../parts.ts'
import { FOLLOWS, RELATION_KINDS, REQUESTS, type RelationKind } from '../relations/kinds.ts'
import { isReadOnce } from '../transfer/import/bytes.ts'
import { readAddresses, readMastodon, withoutLocked } from '../transfer/import/mastodon-file.ts'
import { sayWhoMovedToNobody } from '../transfer/import/moved-to.ts'
import type { BulkOptions, ImportCounts, ImportOptions } from '../transfer/import/options.ts'
import { paceOf } from '../transfer/import/pace.ts'
import { createListener } from '../transfer/import/positions.ts'
import { readRelations } from '../transfer/import/relations-file.ts'
import { importRelations } from '../transfer/import/relations-into-graph.ts'
import { readUsers } from '../transfer/import/users-file.ts'
import { importUsers } from '../transfer/import/users-into-graph.ts'
import { progressBar } from '../transfer/progress.ts'
import { FILE_OPTIONS, type RelationRecord } from '../transfer/relation.ts'
import type { UserRecord } from '../transfer/user.ts'
import { parseReference } from '../users/reference.ts'
import { UsageError } from './accounts.ts'
import { areLong, BULK_BYTES, bulkImport, isEmpty, type Source } from './bulk-import.ts'
import { say } from './connect.ts'
import { type Rejects, rejectFile } from './rejects.ts'
import { isSameFile } from './same-file.ts'
import { print, withParts } from './with-parts.ts'

export type ImportCommand = { [plural in RelationKind['plural']]?: string } & {
  users?: string
  as?: string
  reject?: string
  data: string
  strict?: boolean
  knownUsers?: boolean
  dryRun?: boolean
  replace?: boolean
  pace?: string
}

export const IMPORT_HELP = `
CSV in UTF-8: lines end with LF, CRLF or CR; fields are separated by commas, semicolons, tabs or |; the first line names the columns (Mastodon's
lists need no such line). Short rows and blank lines are fine; spaces around ids, dates and types are ignored.
Dates: 2012-12-31T13:22:55Z, 2024-05-01 12:00:00+02, 2024-05-01 12:00:00.5 UTC and the like; they must exist.
Text inside quotes is never read as a record: a refused record ends where its quotes end.
Bad lines are reported with file and line number, all others are imported, exit status 0. A file that cannot be read, is empty, lacks a column or
is not UTF-8 text (zip, spreadsheets, UTF-16, Latin-1) ends the import with one sentence and status 1. Wrong usage: status 2. More in docs/files.md.`

const MAX_PACE = 1_000_000

class FirstBadLine extends Error {}

/**
 * Resolves with 0 if every line was imported or reported, and with 1 if --strict stopped it. Files of at least `bulkBytes` are
 * imported in bulk if the database is one that this program runs itself and is empty.
 */
export async function importFiles(
  config: Config,
  command: ImportCommand,
  bulkBytes = BULK_BYTES,
): Promise<number> {
  const kinds = RELATION_KINDS.filter(({ plural }) => command[plural] !== undefined)
  const files = [command.users, ...kinds.map(({ plural }) => command[plural])].filter(
    (path) => path !== undefined,
  )
  if (files.length === 0) throw new UsageError(`Nothing to import: name ${FILE_OPTIONS}.`)
  if (files.filter((path) => path === '-').length > 1) throw new UsageError('Only one file can be stdin (-).')
  if (command.reject !== undefined && files.length > 1)
    throw new UsageError('--reject takes the bad lines of one file: import one file at a time.')
  const as = command.as === undefined ? undefined : parseReference(command.as)
  if (as === null || as === 'me') throw new UsageError('--as must be an id or @username.')
  if (command.reject !== undefined && files.some((path) => isSameFile(path, command.reject as string)))
    throw new UsageError(`--reject would overwrite the file that is imported: name another one.`)
  for (const what of ['users', ...kinds] as const) await checkReadable(command, what)

  const pace = command.pace === undefined ? undefined : Number(command.pace)
  if (pace !== undefined && !(Number.isInteger(pace) && pace >= 1 && pace <= MAX_PACE))
    throw new UsageError(`--pace must be a whole number from 1 to ${MAX_PACE}, not ${command.pace}.`)

  const counts: ImportCounts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
  const rejects = command.reject === undefined ? undefined : rejectFile(command.reject)
  const options: BulkOptions = {
    knownUsers: command.knownUsers === true,
    ...(command.dryRun === true ? { dryRun: true, supposed: new Set<bigint>() } : {}),
    replace: command.replace === true,
    ...(pace === undefined ? {} : { pace: paceOf(pace) }),
    say,
    bad(bad, raw) {
      counts.bad += 1
      rejects?.add(raw)
      say(`${bad.file}:${bad.line}: ${bad.reason}`)
      if (command.strict === true)
        throw new FirstBadLine(
          `Stopped at the first bad line (--strict): ${bad.file}:${bad.line}. Fix it and run the import again; what is imported already stays, and does no harm then.`,
        )
    },
  }
  const sources = (['users', ...RELATION_KINDS] as const).flatMap((what) => {
    const file = command[what === 'users' ? what : what.plural]
    return file === undefined ? [] : [sourceOf(config, what, file, options, counts, rejects)]
  })
  const regular = (given: Parts, run?: string) => {
    const parts = { ...given, graph: patientGraph(given.graph, say) }
    return asRun(
      parts,
      'import',
      ({ changing }) =>
        intoGraph(parts, sources, command, as !== undefined, { ...options, changing }, counts),
      run,
    )
  }
  try {
    if (!mayBulkImport(config, command, bulkBytes))
      await withParts(config, command.data, (parts) => regular(parts))
    else await inBulkIfPossible(config, command.data, sources, options, counts, regular)
  } catch (error) {
    if (!(error instanceof FirstBadLine)) throw error
    say(error.message)
    print(counts)
    return 1
  } finally {
    for (const source of sources) source.end()
    rejects?.close()
  }
  print(command.dryRun === true ? { dry_run: true, ...counts } : counts)
  return 0
}

// Reads the first records of a file, so that an unreadable one is reported before a database is started or another file is imported.
async function checkReadable(command: ImportCommand, what: Source['what']): Promise<void> {
  const file = command[what === 'users' ? what : what.plural]
  if (file === undefined || (await isReadOnce(file))) return
  const silent = { bad: () => undefined }
  const batches =
    what === 'users'
      ? readUsers(file, silent)
      : command.as === undefined
        ? readRelations(file, what, silent)
        : readAddresses(file, silent)
  for await (const _ of batches as AsyncIterable<object[]>) return
}

function mayBulkImport(config: Config, command: ImportCommand, bulkBytes: number): boolean {
  const files = [command.users, command.follows].filter((path) => path !== undefined)
  if (config.neo4j !== null || command.dryRun === true || command.as !== undefined) return false
  if (files.length === 0 || !areLong(files, bulkBytes)) return false
  if (command.replace === true) say(notInBulk('--replace compares with what is stored'))
  return command.replace !== true
}

const notInBulk = (why: string) =>
  `The files go through the database, because ${why} (Neo4j's loader fills an empty database faster, if that is not running).`

// Imports in bulk what the loader can take, if the database is empty and not running, and the rest regularly.
async function inBulkIfPossible(
  config: Config,
  data: string,
  sources: Source[],
  options: BulkOptions,
  counts: ImportCounts,
  regular: (parts: Parts, run?: string) => Promise<void>,
): Promise<void> {
  const state = await stateOf(data, say)
  if (state === 'used') {
    const done = await withParts(config, data, async (parts) => {
      if (await isEmpty(parts)) return false
      say(notInBulk('it is not empty'))
      await regular(parts)
      return true
    })
    if (done) return
  }
  const run = randomUUID()
  const why =
    state === 'running' ? 'it is running' : await bulkImport(config, data, sources, options, counts, run)
  if (why !== undefined) say(notInBulk(why))
  await withParts(config, data, (parts) => regular(parts, why === undefined ? run : undefined))
}

// The regular import of everything that the sources still have.
async function intoGraph(
  parts: Parts,
  sources: Source[],
  command: ImportCommand,
  byMastodon: boolean,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<void> {
  const asId = byMastodon ? await parts.users.resolve(command.as as string, null) : undefined
  if (
    asId !== undefined &&
    (await parts.users.fetch([asId], null, { viewer: false, annotations: false })).length === 0
  )
    throw new Error(`There is no user ${command.as}: create it first.`)
  for (const { what, file, listener, batches, end } of sources) {
    if (batches === undefined) continue
    if (what === 'users')
      await importUsers(parts, file, batches as AsyncIterable<UserRecord[]>, options, counts)
    else {
      const records =
        asId === undefined
          ? (batches as AsyncIterable<RelationRecord[]>)
          : readMastodon(parts, file, what, asId, listener, options)
      const requests: RelationRecord[] = []
      const follows = what === FOLLOWS && asId !== undefined
      const some = follows ? withoutLocked(parts, records, requests) : records
      await importRelations(parts, what, file, some, options, counts)
      if (requests.length > 0) {
        say(`${requests.length} of the accounts are locked: user ${asId} requests to follow them.`)
        await importRelations(parts, REQUESTS, file, oneBatch(requests), options, counts)
      }
    }
    end()
  }
  // Last, because a file of relationships may create the users.
  if (command.users !== undefined && options.dryRun !== true) await sayWhoMovedToNobody(parts, say)
}

async function* oneBatch<Record>(records: Record[]): AsyncGenerator<Record[]> {
  yield records
}

function sourceOf(
  config: Config,
  what: Source['what'],
  file: string,
  options: BulkOptions,
  counts: ImportCounts,
  rejects: Rejects | undefined,
): Source {
  const plural = what === 'users' ? what : what.plural
  let bar: ReturnType<typeof progressBar> | undefined
  const progress = (read: number, total: number | undefined) => {
    bar ??= progressBar(`import ${plural}`, {
      ...(total === undefined ? {} : { total }),
      stderrIsTty: config.stderrIsTty,
    })
    bar.update(read, `${counts[plural] ?? 0} ${plural}`)
  }
  const listener = createListener(options.bad, progress, rejects !== undefined, rejects?.header)
  const batches = what === 'users' ? readUsers(file, listener) : readRelations(file, what, listener)
  return { what, file, listener, batches, end: () => bar?.stop() }
}
