// Knows how users of files become users of the graph, batch by batch, beside a service that goes on.
import type { Api } from '../api.ts'
import { failureKind } from '../graph/failures.ts'
import { isoTextOfMs } from '../graph/values.ts'
import { nodeProperties, type Profile, profileOf } from '../users/profile.ts'
import type { FollowRecord } from './follows-file.ts'
import type { Bad, Listener, Raw } from './lines.ts'
import { freeNames, ownersOf, renamed } from './names.ts'
import { nameTaken } from './reasons.ts'
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
  /** Hears of what went in otherwise than one might think, a sentence each. */
  say?(line: string): void
  /** Count what would be written, and write nothing. */
  dryRun?: boolean
  /** With `dryRun`: users that an earlier file of the same run would have made. */
  supposed?: Set<bigint>
  /** What the file says of a user or a pair wins as a whole; what it does not say of a user is its default again. */
  replace?: boolean
  /** The highest id that was given when the import began; found out if absent. */
  began?: bigint
  now?: () => number
}

// Rows in one transaction: what the service's own writers wait for at most is one of these.
const USERS_A_BATCH = 1_000
export const TIMEOUT_MS = 120_000

/** Where a record stood: its line, with its text where the lines are kept. */
type Place = number | { line: number; raw: string }

// On the record itself: a WeakMap took a third of the time of reading.
const PLACE = Symbol('place')
type Placed = { [PLACE]?: Place }

/** Lets a record that was made of another stand where that one stood. */
export function standsLike(made: object, record: object): void {
  const place = (record as Placed)[PLACE]
  if (place !== undefined) (made as Placed)[PLACE] = place
}

/**
 * What takes the records of one file, and remembers where each stood, for what only the graph can refuse. `keep`: with the
 * text of each line, for a file of rejects; `header` hears of a CSV file's first line.
 */
export function createListener(
  bad: ImportOptions['bad'],
  progress?: Listener['progress'],
  keep = false,
  header?: Listener['header'],
): Listener {
  const listener: Listener = {
    bad,
    found(record, line, raw) {
      ;(record as Placed)[PLACE] = keep ? { line, raw: raw() } : line
    },
  }
  if (progress !== undefined) listener.progress = progress
  if (header !== undefined) listener.header = header
  return listener
}

/** Tells of a record that only the graph can refuse. */
export function refuse(options: ImportOptions, file: string, record: object, reason: string): void {
  const place = (record as Placed)[PLACE] ?? 0
  if (typeof place === 'number') options.bad({ file, line: place, reason })
  else options.bad({ file, line: place.line, reason }, place.raw)
}

type Row = { record: UserRecord; profile: Profile; made: boolean; row: Record<string, unknown> }

/** Writes users. A field that the file gives wins over what is stored; what it does not give stays (not with `replace`), or gets its default. */
export async function importUsers(
  api: Api,
  file: string,
  records: AsyncIterable<UserRecord[]>,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<void> {
  const now = options.now ?? Date.now
  const text = (name: string) => api.queries.get(`transfer/${name}`).statement

  async function write(batch: UserRecord[]): Promise<void> {
    const last = new Map(batch.map((record) => [record.id, record]))
    const stored = new Map<bigint, Record<string, unknown> | null>()
    for (const [id, properties] of await api.graph.read('transfer/stored-users', text('stored-users'), {
      ids: [...last.keys()],
    })) {
      stored.set(id as bigint, properties as Record<string, unknown> | null)
    }
    const profiles = [...last.values()].map((record) => {
      const before = stored.get(record.id) ?? null
      const kept: Partial<Profile> = before === null ? {} : profileOf(before)
      // Not even a replacement makes a user younger.
      const profile: Profile =
        options.replace === true
          ? { ...(kept.created_at === undefined ? {} : { created_at: kept.created_at }), ...record }
          : { ...kept, ...record }
      profile.created_at ??= isoTextOfMs(now())
      return { record, before, profile }
    })
    const named = profiles.flatMap(({ profile }) => profile.username ?? [])
    const owners = await ownersOf(api, named)
    const unnamed = profiles.flatMap(({ profile }) => (profile.username === undefined ? [profile.id] : []))
    const names = await freeNames(api, unnamed)
    const rows: Row[] = []
    for (const { record, before, profile } of profiles) {
      let wanted = profile.username ?? (names.get(record.id) as string)
      // One of this batch may have just got it.
      if (profile.username === undefined && owners.has(wanted))
        wanted = (await freeNames(api, [record.id], owners)).get(record.id) as string
      const owner = owners.get(wanted.toLowerCase()) ?? record.id
      if (owner !== record.id) {
        refuse(options, file, record, nameTaken(wanted, owner))
        continue
      }
      owners.set(wanted.toLowerCase(), record.id)
      if (profile.username === undefined && wanted !== `u${record.id}`)
        options.say?.(renamed(record.id, wanted))
      profile.username = wanted
      const properties = nodeProperties(profile)
      counts.users += 1
      if (
        before !== null &&
        before.rendered === properties.rendered &&
        (before.annotations ?? null) === properties.annotations
      )
        continue
      const made = before === null
      if (made) {
        counts.made_users += 1
        options.supposed?.add(record.id)
      }
      const created_at = api.graph.dateTime(profile.created_at as string)
      rows.push({ record, profile, made, row: { id: record.id, properties, created_at } })
    }
    if (rows.length > 0 && options.dryRun !== true) await put(rows)
  }

  async function put(rows: Row[]): Promise<void> {
    try {
      await api.graph.write('transfer/users', text('users'), { rows: rows.map(({ row }) => row) }, TIMEOUT_MS)
    } catch (error) {
      if (failureKind(error) !== 'conflict') throw error
      // Somebody took one of these names since they were looked for, or two users of the batch change names with each other.
      if (rows.length > 1) for (const row of rows) await put([row])
      else
        for (const { record, profile, made } of rows) {
          counts.users -= 1
          if (made) counts.made_users -= 1
          refuse(options, file, record, nameTaken(profile.username as string, undefined))
        }
    }
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
  options: ImportOptions,
  counts: ImportCounts,
): Promise<void> =>
  importRelations(
    api,
    FOLLOWS,
    file,
    follows as AsyncIterable<unknown[]> as AsyncIterable<RelationRecord[]>,
    options,
    counts,
  )
