// Knows the command `import`: files in, counts out, bad lines on stderr and into a file of rejects, progress for people.
import { closeSync, openSync, writeSync } from 'node:fs'
import type { Api } from '../api.ts'
import type { Config } from '../config.ts'
import { createIntake, type ImportCounts, type ImportOptions, importUsers } from '../transfer/into-graph.ts'
import type { Raw } from '../transfer/lines.ts'
import { readMastodon } from '../transfer/mastodon-file.ts'
import { progressBar } from '../transfer/progress.ts'
import { RELATION_KINDS, type RelationKind } from '../transfer/relation.ts'
import { readRelations } from '../transfer/relations-file.ts'
import { importRelations } from '../transfer/relations-into-graph.ts'
import { readUsers } from '../transfer/users-file.ts'
import { parseReference } from '../users/reference.ts'
import { UsageError } from './accounts.ts'
import { say } from './connect.ts'
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

/** Answers 0 when every line went in or was reported, 1 where --strict stopped. */
export async function importFiles(config: Config, command: ImportCommand): Promise<number> {
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

  return withApi(config, command.data, async (api) => {
    const counts: ImportCounts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
    const rejects = command.reject === undefined ? undefined : rejectFile(command.reject)
    const options: ImportOptions = {
      knownUsers: command.knownUsers === true,
      ...(command.dryRun === true ? { dryRun: true, supposed: new Set<bigint>() } : {}),
      replace: command.replace === true,
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
    try {
      const asId = as === undefined ? undefined : await api.users.resolve(command.as as string, null)
      if (
        asId !== undefined &&
        (await api.users.fetch([asId], null, { viewer: false, annotations: false })).length === 0
      )
        throw new Error(`There is no user ${command.as}: create it first.`)
      if (command.users !== undefined)
        await oneFile(config, api, 'users', command.users, undefined, options, counts, rejects)
      for (const kind of kinds)
        await oneFile(config, api, kind, command[kind.plural] as string, asId, options, counts, rejects)
    } catch (error) {
      if (!(error instanceof FirstBadLine)) throw error
      say(error.message)
      print(counts)
      return 1
    } finally {
      rejects?.close()
    }
    print(command.dryRun === true ? { dry_run: true, ...counts } : counts)
    return 0
  })
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

async function oneFile(
  config: Config,
  api: Api,
  what: 'users' | RelationKind,
  file: string,
  as: bigint | undefined,
  options: ImportOptions,
  counts: ImportCounts,
  rejects: Rejects | undefined,
): Promise<void> {
  const plural = what === 'users' ? what : what.plural
  let bar: ReturnType<typeof progressBar> | undefined
  const progress = (read: number, total: number | undefined) => {
    bar ??= progressBar(`import ${plural}`, {
      ...(total === undefined ? {} : { total }),
      stderrIsTty: config.stderrIsTty,
    })
    bar.update(read, `${counts[plural] ?? 0} ${plural}`)
  }
  const intake = createIntake(options.bad, progress, rejects !== undefined, rejects?.header)
  try {
    if (what === 'users')
      await importUsers(api, file, readUsers(file, intake.listener), intake, options, counts)
    else {
      const records =
        as === undefined
          ? readRelations(file, what, intake.listener)
          : readMastodon(api, file, what, as, intake, options)
      await importRelations(api, what, file, records, intake, options, counts)
    }
  } finally {
    bar?.stop()
  }
}
