// Options and counts of an import.
import type { Run } from '../../events/runs.ts'
import type { RelationKind } from '../../relations/kinds.ts'
import type { Bad, Raw } from './lines.ts'
import type { Pace } from './pace.ts'

type Plural = RelationKind['plural']

/** Numbers of good lines, of created users and relationships (`made_…`), and of bad lines; `replaced_…` only with `replace`. */
export type ImportCounts = {
  users: number
  follows: number
  made_users: number
  made_follows: number
  bad: number
} & {
  [count in Plural | `made_${Plural}` | `replaced_${Plural}`]?: number
}

export type ImportOptions = {
  /** Refuse follows whose users do not exist, instead of creating the users. */
  knownUsers: boolean
  /** Must be awaited before anything is written (events/runs.ts). */
  changing: Run['changing']
  /** Called for each line that is not imported; may throw to stop. */
  bad(bad: Bad, raw?: Raw): void
  /** Called with a sentence for each line that was imported with a surprising result. */
  say?(line: string): void
  /** Count what would be written, and write nothing. */
  dryRun?: boolean
  /** With `dryRun`: users that an earlier file of the same command would have created. */
  supposed?: Set<bigint>
  /** The file replaces a stored user or pair as a whole; fields of a user that it does not give get their defaults. */
  replace?: boolean
  /** The sequence when the import began; read from the graph if absent. */
  began?: bigint
  now?: () => number
  /** How fast to write; as fast as the database can if absent. */
  pace?: Pace
}

/** The options of a bulk import; it needs no `changing`, because nobody reads the database meanwhile. */
export type BulkOptions = Omit<ImportOptions, 'changing'>

/** The timeout of one statement of an import. */
export const TIMEOUT_MS = 120_000
