// Reads the lists that Mastodon exports for one account (`Account address,…`); the name before the @ is looked up among our users.
import type { Parts } from '../../parts.ts'
import { REQUESTS, type RelationKind } from '../../relations/kinds.ts'
import type { RelationRecord } from '../relation.ts'
import { shown } from '../shown.ts'
import { wordIn } from './fields.ts'
import type { Kind } from './kind.ts'
import type { ReadListener } from './lines.ts'
import type { ImportOptions } from './options.ts'
import { copyPosition, refuse } from './positions.ts'
import { readRecords } from './records.ts'

type Address = { username: string }

const COLUMN = 'account address'
// An address with any name, even one that is not a valid username here.
const LIKE_ADDRESS = /^@?[^\s@,;]+(@[^\s@,;]+)?$/
const ADDRESS = /^@?([A-Za-z0-9_]{1,20})(@[^\s@]+)?$/

const ADDRESSES: Kind<Address> = {
  columns: [COLUMN],
  required: [COLUMN],
  ids: [],
  aliases: { acct: COLUMN, account: COLUMN, address: COLUMN },
  // Lists of blocks and mutes have no header.
  unnamed: ([first = '']) => (LIKE_ADDRESS.test(first.trim()) ? [{ name: COLUMN, at: 0 }] : undefined),
  convert(cells, faults) {
    const text = wordIn(cells, COLUMN)
    const username = typeof text === 'string' ? ADDRESS.exec(text)?.[1] : undefined
    if (username !== undefined) return { username }
    faults.push(
      `the account address is ${shown(text ?? null)}: write name@host with a name of 1 to 20 of a-z, 0-9 and _`,
    )
    return undefined
  },
}

/** The addresses in a file that Mastodon exported (`-` is stdin), with a header or without one. */
export const readAddresses = (path: string, on: ReadListener): AsyncGenerator<Address[]> =>
  readRecords(path, ADDRESSES, on)

/**
 * The relationships of user `as` from a file that Mastodon exported (`-` is stdin). An address whose name no user has is
 * a bad line; no user is created for it, because its id is unknown. The host is ignored.
 */
export async function* readMastodon(
  parts: Parts,
  path: string,
  kind: RelationKind,
  as: bigint,
  listener: ReadListener,
  options: ImportOptions,
): AsyncGenerator<RelationRecord[]> {
  const find = parts.queries.get('transfer/usernames').statement
  for await (const batch of readAddresses(path, listener)) {
    const usernames = batch.map(({ username }) => username.toLowerCase())
    const ids = (await parts.graph.read('transfer/usernames', find, { usernames })).map(
      ([, id]) => id as bigint | null,
    )
    yield batch.flatMap((address, n) => {
      const id = ids[n] ?? null
      if (id === null || id === as) {
        const reason =
          id === null
            ? `nobody is called ${address.username} here: import that user first`
            : `user ${as} cannot name itself: remove the line`
        refuse(options, path, address, reason)
        return []
      }
      const record: RelationRecord = { [kind.from]: as, [kind.to]: id }
      copyPosition(record, address)
      return [record]
    })
  }
}

/**
 * The follows without those of locked users who do not follow back. Those are added to `requests`, because a list of Mastodon says whom its
 * user would like to follow.
 */
export async function* withoutLocked(
  parts: Parts,
  follows: AsyncIterable<RelationRecord[]>,
  requests: RelationRecord[],
): AsyncGenerator<RelationRecord[]> {
  const { statement } = parts.queries.get('transfer/asks-first')
  for await (const batch of follows) {
    const params = {
      from: batch.map(({ follower_id }) => follower_id),
      to: batch.map(({ followee_id }) => followee_id),
    }
    const rows = await parts.graph.read('transfer/asks-first', statement, params)
    const asking = new Set(rows.map(([n]) => Number(n)))
    yield batch.filter((record, n) => {
      if (!asking.has(n)) return true
      const request: RelationRecord = {
        [REQUESTS.from]: record.follower_id,
        [REQUESTS.to]: record.followee_id,
      }
      copyPosition(request, record)
      requests.push(request)
      return false
    })
  }
}
