// Knows how users of files become users of the graph, batch by batch, beside a service that goes on.
import type { Api } from '../api.ts'
import { nodeProperties, type Profile, profileOf } from '../users/profile.ts'
import type { FollowRecord } from './follows-file.ts'
import type { Bad, Listener, Raw } from './lines.ts'
import { FOLLOWS, type RelationRecord } from './relation.ts'
import { importRelations } from './relations-into-graph.ts'
import type { UserRecord } from './users-file.ts'

/** Lines that were good, what was made of them, and bad lines; `replaced_…` only with `replace`. */
export type ImportCounts = {
  users: number
  follows: number
  made_users: number
  made_follows: number
  bad: number
} & {
  [count in
    | 'mutes'
    | 'blocks'
    | 'made_mutes'
    | 'made_blocks'
    | 'replaced_follows'
    | 'replaced_mutes'
    | 'replaced_blocks']?: number
}

export type ImportOptions = {
  /** Refuse follows of ids that are no users, instead of making them. */
  knownUsers: boolean
  /** Hears of lines that do not go in; may throw to stop. */
  bad(bad: Bad, raw?: Raw): void
  /** Count what would be written, and write nothing. */
  dryRun?: boolean
  /** With `dryRun`: users that an earlier file of the same run would have made. */
  supposed?: Set<bigint>
  /** What the file says of a user or a pair wins as a whole; what it does not say of a user is its default again. */
  replace?: boolean
  now?: () => number
}

// Rows in one transaction: what the service's own writers wait for at most is one of these.
const USERS_A_BATCH = 1_000
export const TIMEOUT_MS = 120_000

/** Where a record stood; `raw` only where the lines are kept. */
type Place = { line: number; raw?: string }

/** What takes the records of one file; `places` remembers where each record stood, for what only the graph can refuse. */
export type Intake = { listener: Listener; places: WeakMap<object, Place> }

/** `keep`: the text of each line, too, for a file of rejects; `header` hears of a CSV file's first line. */
export function createIntake(
  bad: ImportOptions['bad'],
  progress?: Listener['progress'],
  keep = false,
  header?: Listener['header'],
): Intake {
  const places = new WeakMap<object, Place>()
  const listener: Listener = {
    bad,
    found: (record, line, raw) => void places.set(record, keep ? { line, raw: raw() } : { line }),
  }
  if (progress !== undefined) listener.progress = progress
  if (header !== undefined) listener.header = header
  return { listener, places }
}

/** Tells of a record that only the graph can refuse. */
export function refuse(
  options: ImportOptions,
  intake: Intake,
  file: string,
  record: object,
  reason: string,
): void {
  const place = intake.places.get(record)
  options.bad({ file, line: place?.line ?? 0, reason }, place?.raw)
}

/** Writes users. A field that the file gives wins over what is stored; what it does not give stays (not with `replace`), or gets its default. */
export async function importUsers(
  api: Api,
  file: string,
  records: AsyncIterable<UserRecord[]>,
  intake: Intake,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<void> {
  const now = options.now ?? Date.now
  const text = (name: string) => api.queries.get(`transfer/${name}`).statement
  const find = api.queries.get('transfer/usernames').statement

  async function write(batch: UserRecord[]): Promise<void> {
    const last = new Map(batch.map((record) => [record.id, record]))
    const stored = new Map<bigint, Record<string, unknown> | null>()
    for (const [id, properties] of await api.graph.read('transfer/stored-users', text('stored-users'), {
      ids: [...last.keys()],
    })) {
      stored.set(id as bigint, properties as Record<string, unknown> | null)
    }
    const owners = new Map<string, bigint>()
    const keys = [...last.values()].map((record) => (record.username ?? '').toLowerCase())
    const found = await api.graph.read('transfer/usernames', find, { usernames: keys })
    for (const [n, id] of found) if (id !== null) owners.set(keys[Number(n)] as string, id as bigint)
    const rows: Record<string, unknown>[] = []
    for (const record of last.values()) {
      const before = stored.get(record.id) ?? null
      const kept: Partial<Profile> = before === null ? {} : profileOf(before)
      // Not even a replacement makes a user younger.
      const profile: Profile =
        options.replace === true
          ? { ...(kept.created_at === undefined ? {} : { created_at: kept.created_at }), ...record }
          : { ...kept, ...record }
      profile.created_at ??= `${new Date(now()).toISOString().slice(0, 19)}Z`
      const properties = nodeProperties(profile)
      const key = properties.username_key as string
      const owner = owners.get(key) ?? record.id
      if (owner !== record.id) {
        refuse(
          options,
          intake,
          file,
          record,
          `the username ${profile.username} belongs to user ${owner}: choose another`,
        )
        continue
      }
      owners.set(key, record.id)
      counts.users += 1
      if (
        before !== null &&
        before.rendered === properties.rendered &&
        (before.annotations ?? null) === properties.annotations
      )
        continue
      if (before === null) {
        counts.made_users += 1
        options.supposed?.add(record.id)
      }
      rows.push({ id: record.id, properties, created_at: api.graph.dateTime(profile.created_at) })
    }
    if (rows.length > 0 && options.dryRun !== true)
      await api.graph.write('transfer/users', text('users'), { rows }, TIMEOUT_MS)
  }

  for await (const batch of records) {
    for (let at = 0; at < batch.length; at += USERS_A_BATCH) await write(batch.slice(at, at + USERS_A_BATCH))
  }
}

/** Writes follows as `importRelations` does. */
export const importFollows = (
  api: Api,
  file: string,
  follows: AsyncIterable<FollowRecord[]>,
  intake: Intake,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<void> =>
  importRelations(
    api,
    FOLLOWS,
    file,
    follows as AsyncIterable<unknown[]> as AsyncIterable<RelationRecord[]>,
    intake,
    options,
    counts,
  )
