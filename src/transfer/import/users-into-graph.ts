// Imports users into the graph, batch by batch, while the service goes on.

import { wallClock } from '../../clock.ts'
import { failureKind } from '../../graph/failures.ts'
import { isoTextOfMs } from '../../graph/values.ts'
import type { Parts } from '../../parts.ts'
import { nodeProperties, type Profile, profileOf } from '../../users/profile.ts'
import type { UserRecord } from '../user.ts'
import { freeNames, ownersOf, renamed } from './names.ts'
import { type ImportCounts, type ImportOptions, TIMEOUT_MS } from './options.ts'
import { refuse } from './positions.ts'
import { nameTaken } from './reasons.ts'

// Rows in one transaction; the service's writers wait for one such transaction at most.
const USERS_PER_BATCH = 1_000
type Row = { record: UserRecord; profile: Profile; made: boolean; row: Record<string, unknown> }

/** Writes users. Fields that the file gives replace the stored ones; others keep their values (not with `replace`) or get defaults. */
export async function importUsers(
  parts: Parts,
  file: string,
  records: AsyncIterable<UserRecord[]>,
  options: ImportOptions,
  counts: ImportCounts,
): Promise<void> {
  const now = options.now ?? wallClock
  const text = (name: string) => parts.queries.get(`transfer/${name}`).statement

  async function write(batch: UserRecord[]): Promise<void> {
    const last = new Map(batch.map((record) => [record.id, record]))
    const stored = new Map<bigint, Record<string, unknown> | null>()
    for (const [id, properties] of await parts.graph.read('transfer/stored-users', text('stored-users'), {
      ids: [...last.keys()],
    })) {
      stored.set(id as bigint, properties as Record<string, unknown> | null)
    }
    const profiles = [...last.values()].map((record) => {
      const before = stored.get(record.id) ?? null
      const kept: Partial<Profile> = before === null ? {} : profileOf(before)
      // Even `replace` keeps the stored created_at if the file has none.
      const profile: Profile =
        options.replace === true
          ? { ...(kept.created_at === undefined ? {} : { created_at: kept.created_at }), ...record }
          : { ...kept, ...record }
      profile.created_at ??= isoTextOfMs(now())
      return { record, before, profile }
    })
    const named = profiles.flatMap(({ profile }) => profile.username ?? [])
    const owners = await ownersOf(parts, named)
    const unnamed = profiles.flatMap(({ profile }) => (profile.username === undefined ? [profile.id] : []))
    const names = await freeNames(parts, unnamed)
    const rows: Row[] = []
    for (const { record, before, profile } of profiles) {
      let wanted = profile.username ?? (names.get(record.id) as string)
      // Another user of this batch may have got the name just before.
      if (profile.username === undefined && owners.has(wanted))
        wanted = (await freeNames(parts, [record.id], owners)).get(record.id) as string
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
      const created_at = parts.graph.dateTime(profile.created_at as string)
      rows.push({ record, profile, made, row: { id: record.id, properties, created_at } })
    }
    if (rows.length > 0 && options.dryRun !== true) await put(rows)
  }

  async function put(rows: Row[]): Promise<void> {
    await options.changing()
    try {
      await parts.graph.write(
        'transfer/users',
        text('users'),
        { rows: rows.map(({ row }) => row) },
        TIMEOUT_MS,
      )
    } catch (error) {
      if (failureKind(error) !== 'conflict') throw error
      // Another client has taken one of these names since the check, or two users of the batch swap names.
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
    for (let at = 0; at < batch.length; at += USERS_PER_BATCH)
      await write(batch.slice(at, at + USERS_PER_BATCH))
  }
}
