// The command `export`: writes users and relationships to files that `import` reads, and reports on stderr what it leaves out.
import type { Config } from '../config.ts'
import { FOLLOWS, RELATION_KINDS, type RelationKind } from '../relations/kinds.ts'
import { exportRelations, exportUsers, leftOut, upTo } from '../transfer/export/from-graph.ts'
import { graphFilesOf, graphRefusalOf, writeGraph } from '../transfer/export/graph-file.ts'
import { graphEdges, graphNodes } from '../transfer/export/graph-records.ts'
import { refusalOf } from '../transfer/export/output.ts'
import { writeRelations } from '../transfer/export/relations-file.ts'
import { writeUsers } from '../transfer/export/users-file.ts'
import { progressBar } from '../transfer/progress.ts'
import { FILE_OPTIONS } from '../transfer/relation.ts'
import { highestAssigned } from '../transfer/sequence.ts'
import { UsageError } from './accounts.ts'
import { say } from './connect.ts'
import { placeOf } from './same-file.ts'
import { withParts } from './with-parts.ts'

export type ExportCommand = { [plural in RelationKind['plural']]?: string } & {
  users?: string
  graph?: string
  data: string
}

/** Writes the files and prints the counts as JSON: on stdout, or on stderr if one of the files is stdout. */
export async function exportFiles(config: Config, command: ExportCommand): Promise<number> {
  const tables = [command.users, ...RELATION_KINDS.map(({ plural }) => command[plural])].filter(
    (path) => path !== undefined,
  )
  const graphFiles = command.graph === undefined ? [] : graphFilesOf(command.graph)
  const paths = [...tables, ...graphFiles]
  if (paths.length === 0) throw new UsageError(`Nothing to export: name ${FILE_OPTIONS}, or --graph FILE.`)
  if (paths.filter((path) => path === '-').length > 1)
    throw new UsageError('Only one file can be stdout (-).')
  const refusals = [
    ...tables.map(refusalOf),
    command.graph === undefined ? undefined : graphRefusalOf(command.graph),
  ]
  const refusal = refusals.find((sentence) => sentence !== undefined)
  if (refusal !== undefined) throw new UsageError(refusal)
  const places = paths.map(placeOf)
  const twice = paths.find((_, at) => places.indexOf(places[at] as string) !== at)
  if (twice !== undefined)
    throw new UsageError(`${twice} is named twice: give each export a file of its own.`)
  return withParts(config, command.data, async (parts) => {
    const counts: Record<string, number | object> = {}
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
    const reportLeftOut = async (kind: 'users' | RelationKind) => {
      const left = await leftOut(parts, kind)
      if (left > 0n)
        say(
          `${left} ${kind === 'users' ? kind : kind.plural} lack an id or one of its ends as a whole number above zero and were left out: run audit --repair, and export again.`,
        )
    }
    // A relationship that is made during the export may be one of a user who is not in the file of users, of whom an import would make a bare one.
    const before = command.users === undefined ? undefined : await highestAssigned(parts)
    if (command.users !== undefined) {
      counts.users = await writeUsers(command.users, counted('users', exportUsers(parts, say)))
      await reportLeftOut('users')
    }
    for (const kind of RELATION_KINDS) {
      const path = command[kind.plural]
      if (path === undefined) continue
      let newer = 0
      const all = exportRelations(parts, kind)
      const highest = () => highestAssigned(parts)
      const some = before === undefined ? all : upTo(before, all, (count) => (newer += count), highest)
      counts[kind.plural] = await writeRelations(path, kind, counted(kind.plural, some))
      if (newer > 0)
        say(
          `${newer} ${kind.plural} have ids that were given after the export began, and were left out (if some were written by hand, run audit --repair, and export again).`,
        )
      await reportLeftOut(kind)
    }
    if (command.graph !== undefined) {
      const found = { users: 0, follows: 0 }
      const summed = async function* <R>(what: 'users' | 'follows', batches: AsyncIterable<R[]>) {
        for await (const batch of counted(`${what} of the graph`, batches)) {
          found[what] += batch.length
          yield batch
        }
      }
      const newest = await highestAssigned(parts)
      let above = 0
      const edges = graphEdges(parts, newest, (follows) => {
        above += follows
      })
      await writeGraph(command.graph, summed('users', graphNodes(parts)), summed('follows', edges))
      if (above > 0)
        say(
          `${above} follows have ids above ${newest}, the newest when the export began, and were left out: they were made since then, or written by hand (then run audit --repair, and export again).`,
        )
      await reportLeftOut('users')
      await reportLeftOut(FOLLOWS)
      counts.graph = { ...found, files: graphFiles }
    }
    const line = JSON.stringify(counts)
    if (paths.includes('-')) say(line)
    else process.stdout.write(`${line}\n`)
    return 0
  })
}
