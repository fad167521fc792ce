// Knows the lists that Mastodon exports for one account: `Account address,…`, each address a user of ours by its first part.
import type { Api } from '../api.ts'
import { shown, textIn } from './fields.ts'
import { type ImportOptions, refuse, standsLike } from './into-graph.ts'
import type { Listener } from './lines.ts'
import { type Kind, readRecords } from './records.ts'
import type { RelationKind, RelationRecord } from './relation.ts'

type Address = { username: string }

const COLUMN = 'account address'
const ADDRESS = /^@?([A-Za-z0-9_]{1,20})(@[^\s@]+)?$/

const ADDRESSES: Kind<Address> = {
  columns: [COLUMN],
  required: [COLUMN],
  ids: [],
  convert(cells, faults) {
    const text = textIn(cells, COLUMN, faults)?.trim()
    const username = text === undefined ? undefined : ADDRESS.exec(text)?.[1]
    if (username !== undefined) return { username }
    faults.push(
      `the account address is ${shown(text ?? null)}: write name@host with a name of 1 to 20 of a-z, 0-9 and _`,
    )
    return undefined
  },
}

/**
 * The relationships of user `as` that a file of Mastodon's lists (`-` is stdin). An address whose name nobody has here is
 * a bad line: who it is cannot be known, so no user is made for it. The host is not looked at.
 */
export async function* readMastodon(
  api: Api,
  path: string,
  kind: RelationKind,
  as: bigint,
  listener: Listener,
  options: ImportOptions,
): AsyncGenerator<RelationRecord[]> {
  const find = api.queries.get('transfer/usernames').statement
  for await (const batch of readRecords(path, ADDRESSES, listener)) {
    const usernames = batch.map(({ username }) => username.toLowerCase())
    const ids = (await api.graph.read('transfer/usernames', find, { usernames })).map(
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
      standsLike(record, address)
      return [record]
    })
  }
}
