// Knows how records become the files of Neo4j's loader, with the very result that the live road (into-graph.ts) has on an empty graph.
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { isoTextOfMs } from '../graph/values.ts'
import { nodeProperties, type Profile } from '../users/profile.ts'
import { givenIds } from './given-ids.ts'
import { type ImportCounts, type ImportOptions, refuse } from './into-graph.ts'
import { defaultName, renamed } from './names.ts'
import { idTaken, nameTaken, notKnown } from './reasons.ts'
import type { RelationRecord } from './relation.ts'
import { createTable } from './table.ts'
import type { UserRecord } from './users-file.ts'

export type BulkFiles = {
  /** Takes a batch of users of a file; false, and nothing of it is taken, where only the live road can: a user twice, or no room. */
  users(batch: UserRecord[], file: string): boolean
  /** Takes a batch of follows; false, and nothing of it is taken, where there is no room. */
  follows(batch: RelationRecord[], file: string): boolean
  /** Closes the files; answers how the loader finds them. */
  end(): string[]
}

// What is remembered: 12 to 36 bytes a user, 24 to 72 one with a name of its own, 8 to 24 a follow. With these limits
// memory stays below two gigabytes however long the files are; the live road takes what goes beyond.
const MOST_USERS = 20_000_000
const MOST_FOLLOWS = 60_000_000
const BLOCK = 1 << 15
const NAMED = 0x8000_0000

type Column = { name: string; type: string }
const text = (name: string): Column => ({ name, type: '' })
const USER_COLUMNS: Column[] = [
  // Not the user's own id: the loader takes none above 2^56.
  { name: '', type: ':ID(User){id-type:long}' },
  { name: 'id', type: ':long' },
  ...['username', 'username_key', 'name', 'type', 'timezone', 'locale', 'description', 'verified_domain'].map(
    text,
  ),
  ...['avatar_image', 'cover_image'].flatMap((image) => [
    text(`${image}_url`),
    { name: `${image}_width`, type: ':long' },
    { name: `${image}_height`, type: ':long' },
  ]),
  text('annotations'),
  { name: 'mentions', type: ':string[]' },
  text('rendered'),
  { name: 'rendered_hash', type: ':long' },
  { name: 'created_at', type: ':datetime' },
]
const FOLLOW_COLUMNS =
  ':START_ID(User),:END_ID(User),id:long,follower_id:long,followee_id:long,followed_at:datetime'

/** Files in `folder`; lines that do not go in are told to `options.bad`, what was taken is counted as if it were in the graph. */
export function createBulkFiles(folder: string, options: ImportOptions, counts: ImportCounts): BulkFiles {
  const now = options.now ?? Date.now
  const ids = createTable(2, 1, MOST_USERS)
  const names = createTable(4, 2, MOST_USERS)
  const pairs = createTable(2, 0, MOST_FOLLOWS)
  const given = givenIds()
  let sequence = 0n
  // Until the first id of the file all ids up to the sequence are taken, and nobody needs to note each.
  let dense = 0n
  let numbered = false
  const userLines = lines(join(folder, 'users.csv'), USER_COLUMNS.map(({ name, type }) => name + type).join())
  const followLines = lines(join(folder, 'follows.csv'), FOLLOW_COLUMNS)
  let multiline = false

  const find = (id: bigint): boolean => {
    split(id, ids.entry, 0)
    return ids.find()
  }
  // The number of a user among those taken, 0 where it is none of them.
  const numberOf = (id: bigint): number => (find(id) ? ((ids.entry[2] as number) & ~NAMED) >>> 0 : 0)

  /** Who has this name, in lower case. */
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
    multiline ||= /[\r\n]/.test(profile.description ?? '') || /[\r\n]/.test(profile.name ?? '')
    properties[''] = ids.size
    userLines.add(USER_COLUMNS.map(({ name }) => field(properties[name])).join())
  }

  function freeName(id: bigint): string {
    for (let n = 0; ; n += 1) {
      const name = defaultName(id, n)
      if (ownerOf(name) !== undefined) continue
      if (n > 0) options.say?.(renamed(id, name))
      return name
    }
  }

  function strangerOf(id: bigint, created_at: string): number {
    if (options.knownUsers) return 0
    put({ id, username: freeName(id), created_at })
    counts.made_users += 1
    return ids.size
  }

  return {
    users(batch, file) {
      if (!ids.room(batch.length) || new Set(batch.map(({ id }) => id)).size < batch.length) return false
      if (batch.some(({ id }) => numberOf(id) !== 0)) return false
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
      let unnumbered = false
      for (const record of batch) {
        const [a, b] = [record.follower_id as bigint, record.followee_id as bigint]
        const follower = numberOf(a) || strangerOf(a, date)
        const followee = numberOf(b) || strangerOf(b, date)
        if (follower === 0 || followee === 0) {
          refuse(options, file, record, notKnown(follower === 0 ? a : b))
          continue
        }
        counts.follows += 1
        pairs.entry[0] = follower
        pairs.entry[1] = followee
        // A pair counts as named even where its line is refused for its id.
        if (!pairs.add()) continue
        const id = record.id as bigint | undefined
        numbered ||= id !== undefined
        if (id === undefined) unnumbered = true
        else if (id <= dense || !given.claim(id)) {
          counts.follows -= 1
          refuse(options, file, record, idTaken(id, 'follows'))
          continue
        } else if (id > highest) highest = id
        made.push({ record, ends: `${follower},${followee}` })
      }
      // As the sequence gives them on the live road, gaps included.
      const base = highest > sequence ? highest : sequence
      for (const [n, { record, ends }] of made.entries()) {
        const own = record.id as bigint | undefined
        const id = own ?? base + BigInt(n) + 1n
        if (own === undefined && numbered) given.claim(id)
        const [a, b] = [decimal(record.follower_id as bigint), decimal(record.followee_id as bigint)]
        followLines.add(`${ends},${decimal(id)},${a},${b},${record.followed_at ?? date}`)
      }
      sequence = base + (unnumbered ? BigInt(made.length) : 0n)
      if (!numbered) dense = sequence
      counts.made_follows += made.length
      return true
    },

    end() {
      const sequenceLines = lines(join(folder, 'sequence.csv'), 'name,value:long')
      sequenceLines.add(`relations,${sequence}`)
      sequenceLines.end()
      userLines.end()
      followLines.end()
      return [
        `--nodes=User=${join(folder, 'users.csv')}`,
        `--nodes=Sequence=${join(folder, 'sequence.csv')}`,
        `--relationships=FOLLOWS=${join(folder, 'follows.csv')}`,
        // A whole file must then be read by one thread.
        ...(multiline ? ['--multiline-fields=true'] : []),
      ]
    },
  }
}

function lines(path: string, header: string): { add(line: string): void; end(): void } {
  const file = openSync(path, 'w', 0o600)
  let block = `${header}\n`
  const flush = () => {
    const bytes = Buffer.from(block)
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
    block = ''
  }
  return {
    add(line) {
      block += `${line}\n`
      if (block.length > BLOCK) flush()
    },
    end() {
      flush()
      closeSync(file)
    },
  }
}

// Quoted as soon as it holds anything but plain characters: the loader would trim or split what is bare.
function field(value: unknown): string {
  if (value === null || value === undefined) return ''
  const plain = Array.isArray(value) ? value.join(';') : String(value)
  return /^[\w:.+-]+$/.test(plain) ? plain : `"${plain.replaceAll('"', '""')}"`
}

// Most ids are small: a number is looked at and written several times faster than a bigint.
const decimal = (id: bigint): string => {
  const number = Number(id)
  return number <= Number.MAX_SAFE_INTEGER ? `${number}` : `${id}`
}

function split(id: bigint, into: Uint32Array, at: number): void {
  const number = Number(id)
  const small = number <= Number.MAX_SAFE_INTEGER
  into[at] = small ? Math.floor(number / 0x1_0000_0000) : Number(id >> 32n)
  into[at + 1] = small ? number % 0x1_0000_0000 : Number(id & 0xffff_ffffn)
}

// Twenty characters of 37 kinds, six bits each, five in a word.
function pack(name: string, into: Uint32Array): void {
  into.fill(0)
  for (let n = 0; n < name.length; n += 1) {
    const code = name.charCodeAt(n)
    const digit = code === 95 ? 1 : code < 58 ? code - 46 : code - 85
    const word = Math.floor(n / 5)
    into[word] = (into[word] as number) * 64 + digit
  }
}
