// Imports users into the graph, batch by batch, while the service goes on.

import { wallClock } from '../../clock.ts'
import { failureKind } from '../../graph/failures.ts'
import { isoTextOfMs } from '../../graph/values.ts'
import type { Parts } from '../../parts.ts'
import { storedText } from '../../users/accounts.ts'
import { isStored, nodeProperties, type Profile, profileOf } from '../../users/profile.ts'
import type { UserRecord } from '../user.ts'
import { freeNames, ownersOf, renamed } from './names.ts'
import { type ImportCounts, type ImportOptions, TIMEOUT_MS } from './options.ts'
import { refuse } from './positions.ts'
import { busy, nameTaken } from './reasons.ts'

// Rows in one transaction; the service's writers wait for one such transaction at most.
const USERS_PER_BATCH = 1_000
// How often a user is read again who was changed between the read and the write.
const TRIES = 8
type Row = { record: UserRecord; profile: Profile; made: boolean; row: Record<string, unknown> }

// What even `replace` keeps if the file has none: no account system writes it, and without moved_to a move in progress would end.
const lasting = ({ created_at, moved_to }: Partial<UserRecord>): Partial<UserRecord> => ({
  ...(created_at === undefined ? {} : { created_at }),
  ...(moved_to === undefined ? {} : { moved_to }),
})

// The lines of one user in one batch give what they would give in two batches. The position is that of the last one.
function mergedById(batch: UserRecord[], replace: boolean): Map<bigint, UserRecord> {
  const merged = new Map<bigint, UserRecord>()
  for (const record of batch) {
    const earlier = merged.get(record.id)
    const kept = replace && earlier !== undefined ? lasting(earlier) : earlier
    merged.set(record.id, kept === undefined ? record : { ...kept, ...record })
  }
  return merged
}

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

  async function write(batch: UserRecord[], tries = 1): Promise<void> {
    const merged = mergedById(batch, options.replace === true)
    const stored = new Map<bigint, Record<string, unknown> | null>()
    for (const [id, properties] of await parts.graph.read('transfer/stored-users', text('stored-users'), {
      ids: [...merged.keys()],
    })) {
      stored.set(id as bigint, properties as Record<string, unknown> | null)
    }
    const profiles = [...merged.values()].map((record) => {
      const before = stored.get(record.id) ?? null
      const kept: Partial<Profile> = before === null ? {} : profileOf(before)
      const profile: Profile = { ...(options.replace === true ? lasting(kept) : kept), ...record }
      profile.created_at ??= isoTextOfMs(now())
      return { record, before, profile }
    })
    const named = profiles.flatMap(({ profile }) => profile.username ?? [])
    const owners = await ownersOf(parts, named)
    const unnamed = profiles.flatMap(({ profile }) => (profile.username === undefined ? [profile.id] : []))
    const names = await freeNames(parts, unnamed)
    const rows: Row[] = []
    const apart: UserRecord[] = []
    for (const { record, before, profile } of profiles) {
      let wanted = profile.username ?? (names.get(record.id) as string)
      // Another user of this batch may have got the name just before.
      if (profile.username === undefined && owners.has(wanted))
        wanted = (await freeNames(parts, [record.id], owners)).get(record.id) as string
      const owner = owners.get(wanted.toLowerCase()) ?? record.id
      if (owner !== record.id) {
        // Of several lines of the user only one may be bad: then each is written alone.
        const lines = batch.filter(({ id }) => id === record.id)
        if (lines.length > 1) apart.push(...lines)
        else refuse(options, file, record, nameTaken(wanted, owner))
        continue
      }
      // A name that this user gives up is free for the users after it, as it would be in the next batch.
      const former = before?.username_key
      if (typeof former === 'string' && owners.get(former) === record.id) owners.delete(former)
      owners.set(wanted.toLowerCase(), record.id)
      if (profile.username === undefined && wanted !== `u${record.id}`)
        options.say?.(renamed(record.id, wanted))
      profile.username = wanted
      const properties = nodeProperties(profile)
      counts.users += 1
      if (before !== null && isStored(before, properties)) continue
      const made = before === null
      if (made) {
        counts.made_users += 1
        options.supposed?.add(record.id)
      }
      const created_at = parts.graph.dateTime(profile.created_at as string)
      rows.push({
        record,
        profile,
        made,
        row: { id: record.id, properties, created_at, stored: before === null ? '' : storedText(before) },
      })
    }
    if (rows.length > 0 && options.dryRun !== true) {
      await options.pace?.before(rows.length)
      // Users who were changed since they were read are read again, and those who are being deleted are new ones once that is finished.
      const changed = (await put(rows)).map((row) => uncounted(row).record)
      if (changed.length > 0) await parts.accounts.resumeRemovals(new Set(changed.map(({ id }) => id)))
      if (changed.length > 0 && tries < TRIES) await write(changed, tries + 1)
      else for (const record of changed) refuse(options, file, record, busy(record.id))
    }
    for (const record of apart) await write([record])
  }

  function uncounted(row: Row): Row {
    counts.users -= 1
    if (row.made) counts.made_users -= 1
    return row
  }

  /** Resolves with the rows that were not written. */
  async function put(rows: Row[]): Promise<Row[]> {
    await options.changing()
    try {
      const params = { rows: rows.map(({ row }) => row) }
      const written = await parts.graph.write('transfer/users', text('users'), params, TIMEOUT_MS)
      const ids = new Set(written.map(([id]) => id))
      return rows.filter(({ record }) => !ids.has(record.id))
    } catch (error) {
      if (failureKind(error) !== 'conflict') throw error
      // Another client has taken one of these names since the check, or two users of the batch swap names.
      const changed: Row[] = []
      if (rows.length > 1) for (const row of rows) changed.push(...(await put([row])))
      else
        for (const row of rows) {
          const { record, profile } = uncounted(row)
          refuse(options, file, record, nameTaken(profile.username as string, undefined))
        }
      return changed
    }
  }

  const size = Math.min(USERS_PER_BATCH, options.pace?.most ?? USERS_PER_BATCH)
  for await (const batch of records) {
    for (let at = 0; at < batch.length; at += size) await write(batch.slice(at, at + size))
  }
}
