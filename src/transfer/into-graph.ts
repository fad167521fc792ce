// Knows how records of files become users and follows of the graph, batch by batch, beside a service that goes on.
import type { Api } from '../api.ts'
import { nodeProperties, type Profile, profileOf } from '../users/profile.ts'
import type { FollowRecord } from './follows-file.ts'
import type { Bad, Listener } from './lines.ts'
import type { UserRecord } from './users-file.ts'

export type ImportCounts = { users: number; follows: number; made_users: number; made_follows: number; bad: number }

export type ImportOptions = {
  /** Refuse follows of ids that are no users, instead of making them. */
  knownUsers: boolean
  /** Hears of lines that do not go in; may throw to stop. */
  bad(bad: Bad): void
  now?: () => number
}

// Rows in one transaction: what the service's own writers wait for at most is one of these.
const USERS_A_BATCH = 1_000
const FOLLOWS_A_BATCH = 5_000
const TIMEOUT_MS = 120_000

/** What takes the records of one file; `lines` remembers where each record stood, for what only the graph can refuse. */
export type Intake = { listener: Listener; lines: WeakMap<object, number> }

export function createIntake(bad: (bad: Bad) => void, progress?: Listener['progress']): Intake {
  const lines = new WeakMap<object, number>()
  const listener: Listener = { bad, found: (record, line) => void lines.set(record, line) }
  if (progress !== undefined) listener.progress = progress
  return { listener, lines }
}

/** Writes users. A field that the file gives wins over what is stored; what it does not give stays, or gets its default. */
export async function importUsers(api: Api, file: string, records: AsyncIterable<UserRecord[]>, intake: Intake, options: ImportOptions, counts: ImportCounts): Promise<void> {
  const now = options.now ?? Date.now
  const text = (name: string) => api.queries.get(`transfer/${name}`).statement
  const find = api.queries.get('users/find').statement

  async function write(batch: UserRecord[]): Promise<void> {
    const last = new Map(batch.map((record) => [record.id, record]))
    const stored = new Map<bigint, Record<string, unknown> | null>()
    for (const [id, properties] of await api.graph.read('transfer/stored-users', text('stored-users'), { ids: [...last.keys()] })) {
      stored.set(id as bigint, properties as Record<string, unknown> | null)
    }
    const owners = new Map<string, bigint>()
    const keys = [...last.values()].map((record) => (record.username ?? '').toLowerCase())
    const found = await api.graph.read('users/find', find, { usernames: keys })
    for (const [n, id] of found) if (id !== null) owners.set(keys[Number(n)] as string, id as bigint)
    const rows: Record<string, unknown>[] = []
    for (const record of last.values()) {
      const before = stored.get(record.id) ?? null
      const profile: Profile = { ...(before === null ? {} : profileOf(before)), ...record }
      profile.created_at ??= `${new Date(now()).toISOString().slice(0, 19)}Z`
      const properties = nodeProperties(profile)
      const key = properties.username_key as string
      const owner = owners.get(key) ?? record.id
      if (owner !== record.id) {
        options.bad({ file, line: intake.lines.get(record) ?? 0, reason: `the username ${profile.username} belongs to user ${owner}: choose another` })
        continue
      }
      owners.set(key, record.id)
      counts.users += 1
      if (before !== null && before.rendered === properties.rendered && (before.annotations ?? null) === properties.annotations) continue
      if (before === null) counts.made_users += 1
      rows.push({ id: record.id, properties, created_at: api.graph.dateTime(profile.created_at) })
    }
    if (rows.length > 0) await api.graph.write('transfer/users', text('users'), { rows }, TIMEOUT_MS)
  }

  for await (const batch of records) {
    for (let at = 0; at < batch.length; at += USERS_A_BATCH) await write(batch.slice(at, at + USERS_A_BATCH))
  }
}

/** Writes follows that are not there yet. Users that nobody knows are made with defaults, or their lines refused. */
export async function importFollows(api: Api, file: string, records: AsyncIterable<FollowRecord[]>, intake: Intake, options: ImportOptions, counts: ImportCounts): Promise<void> {
  const now = options.now ?? Date.now
  const text = (name: string) => api.queries.get(`transfer/${name}`).statement
  const known = new Set<bigint>()

  async function learn(batch: FollowRecord[]): Promise<void> {
    const ids = [...new Set(batch.flatMap((record) => [record.follower_id, record.followee_id]))].filter((id) => !known.has(id))
    if (ids.length === 0) return
    for (const [id] of await api.graph.read('transfer/known', text('known'), { ids })) known.add(id as bigint)
    const missing = ids.filter((id) => !known.has(id))
    if (missing.length === 0 || options.knownUsers) return
    const created = `${new Date(now()).toISOString().slice(0, 19)}Z`
    const createdAt = api.graph.dateTime(created)
    const rows = missing.map((id) => ({ id, properties: nodeProperties({ id, created_at: created }), created_at: createdAt }))
    await api.graph.write('transfer/users', text('users'), { rows }, TIMEOUT_MS)
    counts.made_users += missing.length
    for (const id of missing) known.add(id)
  }

  async function write(batch: FollowRecord[]): Promise<void> {
    await learn(batch)
    const rows: unknown[] = []
    let highest = 0n
    for (const record of batch) {
      const stranger = [record.follower_id, record.followee_id].find((id) => !known.has(id))
      if (stranger !== undefined) {
        options.bad({ file, line: intake.lines.get(record) ?? 0, reason: `user ${stranger} is not known: import the user first, or leave --known-users out` })
        continue
      }
      counts.follows += 1
      if (record.id !== undefined && record.id > highest) highest = record.id
      rows.push([record.follower_id, record.followee_id, record.id ?? null, record.followed_at === undefined ? null : api.graph.dateTime(record.followed_at)])
    }
    if (rows.length === 0) return
    const nowText = `${new Date(now()).toISOString().slice(0, 19)}Z`
    const params = { rows, highest, now: api.graph.dateTime(nowText) }
    const [made] = await api.graph.write('transfer/follows', text('follows'), params, TIMEOUT_MS)
    counts.made_follows += Number((made?.[0] as bigint | undefined) ?? 0n)
  }

  for await (const batch of records) {
    for (let at = 0; at < batch.length; at += FOLLOWS_A_BATCH) await write(batch.slice(at, at + FOLLOWS_A_BATCH))
  }
}
