// Knows how users and relationships of the graph become records of files, page by page in order of id, beside a service that goes on.
import type { Api } from '../api.ts'
import { type Query, turned } from '../graph/queries.ts'
import { isoText } from '../graph/values.ts'
import { uncut } from '../relations/cut.ts'
import { profileOf } from '../users/profile.ts'
import { type RelationKind, type RelationRecord, statementOf } from './relation.ts'
import type { UserRecord } from './users-file.ts'

const USERS_A_PAGE = 1_000n
// Lists of 10,000 took a third of the time of one row a record (DESIGN.md section 1).
const RELATIONS_A_PAGE = 10_000n
const TIMEOUT_MS = 120_000
const WALK_MS = 3_600_000

/** All users in order of id; what an import would refuse of a user that was made by hand is left out and told to `say`. */
export async function* exportUsers(api: Api, say: (line: string) => void): AsyncGenerator<UserRecord[]> {
  const { statement } = api.queries.get('transfer/export-users')
  for (let after = 0n; ; ) {
    const rows = await api.graph.read(
      'transfer/export-users',
      statement,
      { after, limit: USERS_A_PAGE },
      TIMEOUT_MS,
    )
    const users = rows
      .map(([properties]) => properties as Record<string, unknown>)
      .filter(({ id }) => typeof id === 'bigint')
    yield users.map((properties) => userRecord(properties, say))
    if (BigInt(rows.length) < USERS_A_PAGE) return
    const last = users.at(-1)?.id
    if (last === undefined)
      throw new Error(
        `A thousand users behind id ${after} have ids that are no whole numbers: run audit --repair.`,
      )
    after = last as bigint
  }
}

function userRecord(properties: Record<string, unknown>, say: (line: string) => void): UserRecord {
  const record: UserRecord = profileOf(properties)
  const drop = (key: keyof UserRecord, why: string) => {
    delete record[key]
    say(`user ${record.id}: ${why}; left out of the export. Mend it with audit --repair, or by hand.`)
  }
  if (record.username === undefined || !/^[A-Za-z0-9_]{1,20}$/.test(record.username)) {
    if (record.username !== undefined) drop('username', 'its username is none (1 to 20 of a-z, 0-9 and _)')
    else say(`user ${record.id} has no username: an import will call it u${record.id}.`)
  }
  if (record.created_at === undefined)
    say(`user ${record.id} has no created_at: an import will give it its own date.`)
  for (const key of ['avatar_image', 'cover_image'] as const) {
    const image = record[key]
    if (
      image !== undefined &&
      !(/^https?:\/\//i.test(image.url) && URL.canParse(image.url) && image.width > 0 && image.height > 0)
    )
      drop(key, `its ${key} lacks a web address, a width or a height`)
  }
  return record
}

type Page = { from: bigint[]; to: unknown[]; ids: unknown[]; dates: unknown[] }
const something = (page: Page): boolean => page.from.length > 0

/** All relationships of a kind in order of (whose it is, id). Those without an id are not among them: see `leftOut`. */
export async function* exportRelations(api: Api, kind: RelationKind): AsyncGenerator<RelationRecord[]> {
  for await (const { from, to, ids, dates } of relationPages(api, kind)) {
    const records: RelationRecord[] = []
    from.forEach((fromId, n) => {
      const [toId, id, date] = [to[n], ids[n], dates[n]]
      if (typeof fromId !== 'bigint' || typeof toId !== 'bigint' || toId < 1n || typeof id !== 'bigint')
        return
      const record: RelationRecord = { [kind.from]: fromId, [kind.to]: toId }
      if (typeof date === 'bigint') record[kind.at] = isoText(date)
      record.id = id
      records.push(record)
    })
    yield records
  }
}

/**
 * The pages that `exportRelations` makes records of, a list a column; a date is in seconds, or something else where there is none.
 * A page may come short beside an unfollow (docs/decisions/009): only an empty one behind which nothing is found from the
 * other end is the end.
 */
export async function* relationPages(api: Api, kind: RelationKind): AsyncGenerator<Page> {
  const pages = (name: string) => {
    const query = api.queries.get(`transfer/export-${name}`)
    const read = async ({ statement }: Query, params: Record<string, unknown>): Promise<Page> => {
      const [row] = await api.graph.read(
        `transfer/export-${kind.plural}`,
        statementOf(kind, statement),
        params,
        TIMEOUT_MS,
      )
      const [from, to, ids, dates] = row as [bigint[], unknown[], unknown[], unknown[]]
      return { from, to, ids, dates }
    }
    return (params: Record<string, unknown>): Promise<Page> =>
      uncut(async () => {
        const page = await read(query, { ...params, limit: RELATIONS_A_PAGE })
        const cut = !something(page) && something(await read(turned(query), { ...params, limit: 1n }))
        return { ...page, cut }
      })
  }
  const [next, rest] = [pages('relations'), pages('rest')]
  for (let after = 0n; ; ) {
    let page = await next({ after })
    if (!something(page)) return
    // The page may have ended among the follows of one user; finish that one first.
    after = page.from.at(-1) as bigint
    while (something(page)) {
      yield page
      page = await rest({ from_id: after, after: page.ids.at(-1) })
    }
  }
}

/** How many users, or relationships of a kind, no export can hold, because they lack what a file needs. */
export async function leftOut(api: Api, kind: RelationKind | 'users'): Promise<bigint> {
  const text = (name: string) => api.queries.get(`transfer/${name}`).statement
  const statement = kind === 'users' ? text('left-out-users') : statementOf(kind, text('left-out'))
  const [row] = await api.graph.read('transfer/left-out', statement, {}, WALK_MS)
  return row?.[0] as bigint
}
