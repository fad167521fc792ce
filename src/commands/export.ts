// Knows the command `export`: the graph out, in files that import takes again; what cannot go out on stderr.
import type { Config } from '../config.ts'
import { exportRelations, exportUsers, leftOut } from '../transfer/from-graph.ts'
import { progressBar } from '../transfer/progress.ts'
import { RELATION_KINDS } from '../transfer/relation.ts'
import { writeRelations } from '../transfer/relations-file.ts'
import { writeUsers } from '../transfer/users-file.ts'
import { UsageError } from './accounts.ts'
import { say } from './connect.ts'
import { withApi } from './with-api.ts'

export type ExportCommand = {
  users?: string
  follows?: string
  mutes?: string
  blocks?: string
  data: string
}

/** Writes the files that the command names; the counts go to stdout as JSON, or to stderr where a file is stdout itself. */
export async function exportFiles(config: Config, command: ExportCommand): Promise<number> {
  const places = [command.users, command.follows, command.mutes, command.blocks].filter(
    (path) => path !== undefined,
  )
  if (places.length === 0)
    throw new UsageError(
      'Nothing to export: name --users FILE, --follows FILE, --mutes FILE or --blocks FILE.',
    )
  if (places.filter((path) => path === '-').length > 1)
    throw new UsageError('Only one file can be stdout (-).')
  return withApi(config, command.data, async (api) => {
    const counts: Record<string, number> = {}
    const counted = async function* <R>(what: string, batches: AsyncIterable<R[]>): AsyncGenerator<R[]> {
      const bar = progressBar(`export ${what}`, { stderrIsTty: config.stderrIsTty })
      let done = 0
      try {
        for await (const batch of batches) {
          done += batch.length
          bar.update(done)
          yield batch
        }
      } finally {
        bar.stop()
      }
    }
    const tell = (left: bigint, what: string) => {
      if (left > 0n)
        say(
          `${left} ${what} lack an id or one of its ends as a whole number above zero and were left out: run audit --repair, and export again.`,
        )
    }
    if (command.users !== undefined) {
      counts.users = await writeUsers(command.users, counted('users', exportUsers(api, say)))
      tell(await leftOut(api, 'users'), 'users')
    }
    for (const kind of RELATION_KINDS) {
      const path = command[kind.plural]
      if (path === undefined) continue
      counts[kind.plural] = await writeRelations(path, kind, counted(kind.plural, exportRelations(api, kind)))
      tell(await leftOut(api, kind), kind.plural)
    }
    const line = JSON.stringify(counts)
    if (places.includes('-')) say(line)
    else process.stdout.write(`${line}\n`)
    return 0
  })
}
