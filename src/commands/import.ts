// Knows the command `import`: files in, counts out, bad lines on stderr, progress for people.
import type { Api } from '../api.ts'
import type { Config } from '../config.ts'
import { readFollows } from '../transfer/follows-file.ts'
import { createIntake, type ImportCounts, type ImportOptions, importFollows, importUsers } from '../transfer/into-graph.ts'
import type { Bad } from '../transfer/lines.ts'
import { progressBar } from '../transfer/progress.ts'
import { readUsers } from '../transfer/users-file.ts'
import { say } from './connect.ts'
import { print, withApi } from './with-api.ts'

export type ImportCommand = { users?: string; follows?: string; data: string; strict?: boolean; knownUsers?: boolean }

class FirstBadLine extends Error {}

/** Answers 0 when every line went in or was reported, 1 where --strict stopped. */
export async function importFiles(config: Config, command: ImportCommand): Promise<number> {
  return withApi(config, command.data, async (api) => {
    const counts: ImportCounts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
    const options: ImportOptions = {
      knownUsers: command.knownUsers === true,
      bad(bad: Bad) {
        counts.bad += 1
        say(`${bad.file}:${bad.line}: ${bad.reason}`)
        if (command.strict === true) throw new FirstBadLine(`Stopped at the first bad line (--strict): ${bad.file}:${bad.line}. Mend it and run the import again; what went in stays.`)
      },
    }
    try {
      if (command.users !== undefined) await oneFile(config, api, 'users', command.users, options, counts)
      if (command.follows !== undefined) await oneFile(config, api, 'follows', command.follows, options, counts)
    } catch (error) {
      if (!(error instanceof FirstBadLine)) throw error
      say(error.message)
      print(counts)
      return 1
    }
    print(counts)
    return 0
  })
}

async function oneFile(config: Config, api: Api, kind: 'users' | 'follows', file: string, options: ImportOptions, counts: ImportCounts): Promise<void> {
  let bar: ReturnType<typeof progressBar> | undefined
  const intake = createIntake(options.bad, (read, total) => {
    bar ??= progressBar(`import ${kind}`, { ...(total === undefined ? {} : { total }), stderrIsTty: config.stderrIsTty })
    bar.update(read, `${kind === 'users' ? counts.users : counts.follows} ${kind}`)
  })
  try {
    if (kind === 'users') await importUsers(api, file, readUsers(file, intake.listener), intake, options, counts)
    else await importFollows(api, file, readFollows(file, intake.listener), intake, options, counts)
  } finally {
    bar?.stop()
  }
}
