// Knows the command `import`: files in, counts out, bad lines on stderr and into a file of rejects, progress for people.
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Api } from '../api.ts'
import type { Config } from '../config.ts'
import { stateOf } from '../database/bulk.ts'
import { createListener, type ImportCounts, type ImportOptions, importUsers } from '../transfer/into-graph.ts'
import type { Raw } from '../transfer/lines.ts'
import { readMastodon } from '../transfer/mastodon-file.ts'
import { progressBar } from '../transfer/progress.ts'
import { RELATION_KINDS, type RelationRecord } from '../transfer/relation.ts'
import { readRelations } from '../transfer/relations-file.ts'
import { importRelations } from '../transfer/relations-into-graph.ts'
import { readUsers, type UserRecord } from '../transfer/users-file.ts'
import { parseReference } from '../users/reference.ts'
import { UsageError } from './accounts.ts'
import { say } from './connect.ts'
import { areLong, FAST_BYTES, fastRoad, isEmpty, type Source } from './fast-road.ts'
import { print, withApi } from './with-api.ts'

export type ImportCommand = {
  users?: string
  follows?: string
  mutes?: string
  blocks?: string
  as?: string
  reject?: string
  data: string
  strict?: boolean
  knownUsers?: boolean
  dryRun?: boolean
  replace?: boolean
}

class FirstBadLine extends Error {}

/**
 * Answers 0 when every line went in or was reported, 1 where --strict stopped. Files of `fastBytes` and more go into an
 * empty database of our own by the fast road.
 */
export async function importFiles(
  config: Config,
  command: ImportCommand,
  fastBytes = FAST_BYTES,
): Promise<number> {
  const kinds = RELATION_KINDS.filter(({ plural }) => command[plural] !== undefined)
  const files = [command.users, ...kinds.map(({ plural }) => command[plural])].filter(
    (path) => path !== undefined,
  )
  if (files.length === 0)
    throw new UsageError(
      'Nothing to import: name --users FILE, --follows FILE, --mutes FILE or --blocks FILE.',
    )
  if (files.filter((path) => path === '-').length > 1) throw new UsageError('Only one file can be stdin (-).')
  if (command.reject !== undefined && files.length > 1)
    throw new UsageError('--reject takes the bad lines of one file: import one file at a time.')
  const as = command.as === undefined ? undefined : parseReference(command.as)
  if (as === null || as === 'me') throw new UsageError('--as must be an id or @username.')

  const counts: ImportCounts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
  const rejects = command.reject === undefined ? undefined : rejectFile(command.reject)
  const options: ImportOptions = {
    knownUsers: command.knownUsers === true,
    ...(command.dryRun === true ? { dryRun: true, supposed: new Set<bigint>() } : {}),
    replace: command.replace === true,
    say,
    bad(bad, raw) {
      counts.bad += 1
      rejects?.add(raw)
      say(`${bad.file}:${bad.line}: ${bad.reason}`)
      if (command.strict === true)
        throw new FirstBadLine(
          `Stopped at the first bad line (--strict): ${bad.file}:${bad.line}. Mend it and run the import again; what went in stays.`,
        )
    },
  }
  const sources = (['users', ...RELATION_KINDS] as const).flatMap((what) => {
    const file = command[what === 'users' ? what : what.plural]
    return file === undefined ? [] : [sourceOf(config, what, file, options, counts, rejects)]
  })
  const live = (api: Api) => intoGraph(api, sources, command, as !== undefined, options, counts)
  try {
    if (!mayBeFast(config, command, fastBytes)) await withApi(config, command.data, live)
    else await byEitherRoad(config, command.data, sources, options, counts, live)
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

function mayBeFast(config: Config, command: ImportCommand, fastBytes: number): boolean {
  const files = [command.users, command.follows].filter((path) => path !== undefined)
  if (config.neo4j !== null || command.dryRun === true || command.as !== undefined) return false
  if (files.length === 0 || !areLong(files, fastBytes)) return false
  if (command.replace === true) say(slowly('--replace looks at what is stored'))
  return command.replace !== true
}

const slowly = (why: string) =>
  `The files go through the database, for ${why} (an empty one that is not running is filled faster, by Neo4j's loader).`

// By the loader what it can take, if the database is empty and does not run; the rest, or all, through the database.
async function byEitherRoad(
  config: Config,
  data: string,
  sources: Source[],
  options: ImportOptions,
  counts: ImportCounts,
  live: (api: Api) => Promise<void>,
): Promise<void> {
  const state = await stateOf(data, say)
  if (state === 'used') {
    const done = await withApi(config, data, async (api) => {
      if (await isEmpty(api)) return false
      say(slowly('it is not empty'))
      await live(api)
      return true
    })
    if (done) return
  }
  const why = state === 'running' ? 'it is running' : await fastRoad(config, data, sources, options, counts)
  if (why !== undefined) say(slowly(why))
  await withApi(config, data, live)
}

// What of the sources has not gone in yet.
async function intoGraph(
  api: Api,
  sources: Source[],
  command: ImportCommand,
  byMastodon: boolean,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<void> {
  const asId = byMastodon ? await api.users.resolve(command.as as string, null) : undefined
  if (
    asId !== undefined &&
    (await api.users.fetch([asId], null, { viewer: false, annotations: false })).length === 0
  )
    throw new Error(`There is no user ${command.as}: create it first.`)
  for (const { what, file, listener, batches, end } of sources) {
    if (batches === undefined) continue
    if (what === 'users')
      await importUsers(api, file, batches as AsyncIterable<UserRecord[]>, options, counts)
    else {
      const records =
        asId === undefined
          ? (batches as AsyncIterable<RelationRecord[]>)
          : readMastodon(api, file, what, asId, listener, options)
      await importRelations(api, what, file, records, options, counts)
    }
    end()
  }
}

type Rejects = { header(raw: string): void; add(raw: Raw | undefined): void; close(): void }

// The header goes in front, so that the file, once mended, can be imported as it is.
function rejectFile(path: string): Rejects {
  const file = openSync(path, 'w')
  let header: string | undefined
  const line = (raw: Raw) =>
    void writeSync(file, Buffer.concat([Buffer.from(raw as string), Buffer.from('\n')]))
  return {
    header(raw) {
      header = raw
    },
    add(raw) {
      if (raw === undefined) return say(`The next line is too long to go into ${path}.`)
      if (header !== undefined) line(header)
      header = undefined
      line(raw)
    },
    close: () => closeSync(file),
  }
}

function sourceOf(
  config: Config,
  what: Source['what'],
  file: string,
  options: ImportOptions,
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
