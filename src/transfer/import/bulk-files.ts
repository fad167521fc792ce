// Writes records as files for Neo4j's bulk loader; loading them gives the same graph as a regular import into an empty one.

import { join } from 'node:path'
import { wallClock } from '../../clock.ts'
import { isoTextOfMs } from '../../graph/values.ts'
import { defaultName } from '../../users/default-name.ts'
import { nodeProperties, type Profile } from '../../users/profile.ts'
import type { RelationRecord } from '../relation.ts'
import { createTable } from '../table.ts'
import type { UserRecord } from '../user.ts'
import { assignedIds } from './assigned-ids.ts'
import { decimal, FOLLOW_COLUMNS, field, isLong, lines, USER_COLUMNS } from './bulk-lines.ts'
import { pack, split } from './keys.ts'
import { renamed } from './names.ts'
import type { BulkOptions, ImportCounts } from './options.ts'
import { refuse } from './positions.ts'
import { idTaken, nameTaken, notKnown } from './reasons.ts'

export type BulkFiles = {
  /** Adds a batch of users. Returns false and adds none if a user occurs twice or is very long, or a table is full. */
  users(batch: UserRecord[], file: string): boolean
  /** Adds a batch of follows. Returns false and adds none if a table is full. */
  follows(batch: RelationRecord[], file: string): boolean
  /** Closes the files and returns the loader's arguments for them. */
  end(): string[]
}

// The tables take 12 to 36 bytes per user (24 to 72 if its name is not the default), and 8 to 24 per follow. These limits keep
// memory below two gigabytes however long the files are; a regular import does the rest.
const MAX_USERS = 20_000_000
const MAX_FOLLOWS = 60_000_000
const NAMED = 0x8000_0000

/**
 * Creates the files in `folder`. Bad lines are reported to `options.bad`; what was added is counted as if it were in the graph.
 * `run` is the id of the run (events/runs.ts) that the loaded graph contains; the caller ends it later.
 */
export function createBulkFiles(
  folder: string,
  options: BulkOptions,
  counts: ImportCounts,
  run: string,
): BulkFiles {
  const now = options.now ?? wallClock
  const ids = createTable(2, 1, MAX_USERS)
  const names = createTable(4, 2, MAX_USERS)
  const pairs = createTable(2, 0, MAX_FOLLOWS)
  const assigned = assignedIds()
  let sequence = 0n
  // Until the file gives its first id, all ids up to the sequence are assigned, and recording each is not necessary.
  let assignedUpTo = 0n
  let hasIds = false
  const userLines = lines(join(folder, 'users.csv'), USER_COLUMNS.map(({ name, type }) => name + type).join())
  const followLines = lines(join(folder, 'follows.csv'), FOLLOW_COLUMNS)
  let multiline = false

  const find = (id: bigint): boolean => {
    split(id, ids.entry, 0)
    return ids.find()
  }
  // The user's number in the loader's files, counted from 1; 0 if it was not added.
  const numberOf = (id: bigint): number => (find(id) ? ((ids.entry[2] as number) & ~NAMED) >>> 0 : 0)

  /** The owner of a name, which is in lower case. */
  function ownerOf(name: string): bigint | undefined {
    pack(name, names.entry)
    if (names.find()) return (BigInt(names.entry[4] as number) << 32n) | BigInt(names.entry[5] as number)
    const own = /^u([1-9]\d{0,18})$/.exec(name)?.[1]
    if (own === undefined || !find(BigInt(own)) || ((ids.entry[2] as number) & NAMED) !== 0) return undefined
    return BigInt(own)
  }

  function put(profile: Profile): void {
    const { id } = profile
    const properties = nodeProperties(profile)
    const key = properties.username_key as string
    const named = key !== `u${id}`
    if (named) {
      pack(key, names.entry)
      split(id, names.entry, 4)
      names.add()
    }
    find(id)
    ids.entry[2] = (ids.size + 1) | (named ? NAMED : 0)
    ids.add()
    properties.created_at = profile.created_at
    properties[''] = ids.size
    const line = USER_COLUMNS.map(({ name }) => field(properties[name])).join()
    multiline ||= /[\r\n]/.test(line)
    userLines.add(line)
  }

  function freeName(id: bigint): string {
    for (let n = 0; ; n += 1) {
      const name = defaultName(id, n)
      if (ownerOf(name) !== undefined) continue
      if (n > 0) options.say?.(renamed(id, name))
      return name
    }
  }

  // Creates a user that only the follows name. Returns its number, or 0 if that is not allowed.
  function createMissing(id: bigint, created_at: string): number {
    if (options.knownUsers) return 0
    put({ id, username: freeName(id), created_at })
    counts.made_users += 1
    return ids.size
  }

  function writeOneLine(name: string, header: string, line: string): void {
    const file = lines(join(folder, name), header)
    file.add(line)
    file.end()
  }

  return {
    users(batch, file) {
      if (!ids.room(batch.length) || new Set(batch.map(({ id }) => id)).size < batch.length) return false
      if (batch.some((record) => numberOf(record.id) !== 0 || isLong(record))) return false
      for (const record of batch) {
        const { id } = record
        const username = record.username ?? freeName(id)
        const owner = ownerOf(username.toLowerCase())
        if (owner !== undefined) {
          refuse(options, file, record, nameTaken(username, owner))
          continue
        }
        put({ ...record, username, created_at: record.created_at ?? isoTextOfMs(now()) })
        counts.users += 1
        counts.made_users += 1
      }
      return true
    },

    follows(batch, file) {
      if (!ids.room(2 * batch.length) || !pairs.room(batch.length)) return false
      const date = isoTextOfMs(now())
      const made: { record: RelationRecord; ends: string }[] = []
      let highest = 0n
      let someWithoutId = false
      for (const record of batch) {
        const [a, b] = [record.follower_id as bigint, record.followee_id as bigint]
        const follower = numberOf(a) || createMissing(a, date)
        const followee = numberOf(b) || createMissing(b, date)
        if (follower === 0 || followee === 0) {
          refuse(options, file, record, notKnown(follower === 0 ? a : b))
          continue
        }
        counts.follows += 1
        pairs.entry[0] = follower
        pairs.entry[1] = followee
        const id = record.id as bigint | undefined
        // A later line of the same pair is skipped, unless this one is refused for its id.
        if (id === undefined ? !pairs.add() : pairs.find()) continue
        hasIds ||= id !== undefined
        if (id === undefined) someWithoutId = true
        else if (id <= assignedUpTo || !assigned.claim(id)) {
          counts.follows -= 1
          refuse(options, file, record, idTaken(id, 'follows'))
          continue
        } else {
          pairs.add()
          if (id > highest) highest = id
        }
        made.push({ record, ends: `${follower},${followee}` })
      }
      // The same ids as in a regular import, gaps included.
      const base = highest > sequence ? highest : sequence
      for (const [n, { record, ends }] of made.entries()) {
        const own = record.id as bigint | undefined
        const id = own ?? base + BigInt(n) + 1n
        if (own === undefined && hasIds) assigned.claim(id)
        const [a, b] = [decimal(record.follower_id as bigint), decimal(record.followee_id as bigint)]
        followLines.add(`${ends},${decimal(id)},${a},${b},${record.followed_at ?? date}`)
      }
      sequence = base + (someWithoutId ? BigInt(made.length) : 0n)
      if (!hasIds) assignedUpTo = sequence
      counts.made_follows += made.length
      return true
    },

    end() {
      // The new graph's log begins with one entry without events; the end of the run writes the event.
      writeOneLine('sequence.csv', 'name,value:long,ordinal:long,events:long', `relations,${sequence},1,0`)
      writeOneLine(
        'log.csv',
        'ordinal:long,first:long,last:long,total:long,at:long',
        `1,1,${sequence},0,${now()}`,
      )
      writeOneLine('run.csv', 'id,reason,at:long', `${run},import,${now()}`)
      userLines.end()
      followLines.end()
      // Relative to the loader's working folder: the loader splits paths at commas.
      return [
        '--nodes=User=./users.csv',
        '--nodes=Sequence=./sequence.csv',
        '--nodes=Log=./log.csv',
        '--nodes=Run=./run.csv',
        '--relationships=FOLLOWS=./follows.csv',
        // Not always set, because with it each file is read by one thread.
        ...(multiline ? ['--multiline-fields=true'] : []),
      ]
    },
  }
}
