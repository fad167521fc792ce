// Reads all users in order of id, and all relationships of a kind in order of (user, id), page by page, while the service goes on writing.

import { descending, type Query } from '../graph/queries.ts'
import { retryUntilComplete } from '../graph/retry-until-complete.ts'
import type { Row } from '../graph/values.ts'
import type { Parts } from '../parts.ts'
import type { RelationKind } from '../relations/kinds.ts'
import { statementOf } from './relation.ts'
import { PAGE_MS } from './timeouts.ts'

// Lists of 10,000 ids instead of one id a record: 1.65 s for a million ids instead of 4.96 s.
const RELATIONS_PER_PAGE = 10_000n
const USERS_PER_PAGE = 1_000n

type Page = { from: bigint[]; to: unknown[]; ids: unknown[]; dates: unknown[] }
const hasRows = (page: Page): boolean => page.from.length > 0

/** The rows of a query that takes $after and $limit; `idOf` finds the user's id in a row. Users whose id is not a whole number are left out. */
export async function* userPages(
  parts: Parts,
  name: `transfer/${string}`,
  idOf: (row: Row) => unknown,
): AsyncGenerator<Row[]> {
  const { statement } = parts.queries.get(name)
  for (let after = 0n; ; ) {
    const rows = await parts.graph.read(name, statement, { after, limit: USERS_PER_PAGE }, PAGE_MS)
    const users = rows.filter((row) => typeof idOf(row) === 'bigint')
    yield users
    if (BigInt(rows.length) < USERS_PER_PAGE) return
    const last = users.at(-1)
    if (last === undefined)
      throw new Error(
        `A thousand users after id ${after} have ids that are not whole numbers: run audit --repair.`,
      )
    after = idOf(last) as bigint
  }
}

/**
 * The pages, each with one list per column. A date is in seconds (bigint), or of another type if there is none.
 * A concurrent unfollow can make a page end too early (docs/decisions/009). So an empty page counts as the end only if reading
 * backwards from the other end finds nothing either.
 */
export async function* relationPages(parts: Parts, kind: RelationKind): AsyncGenerator<Page> {
  const pages = (name: string) => {
    const query = parts.queries.get(`transfer/export-${name}`)
    const read = async ({ statement }: Query, params: Record<string, unknown>): Promise<Page> => {
      const [row] = await parts.graph.read(
        `transfer/export-${kind.plural}`,
        statementOf(kind, statement),
        params,
        PAGE_MS,
      )
      const [from, to, ids, dates] = row as [bigint[], unknown[], unknown[], unknown[]]
      return { from, to, ids, dates }
    }
    return (params: Record<string, unknown>): Promise<Page> =>
      retryUntilComplete(
        async () => {
          const page = await read(query, { ...params, limit: RELATIONS_PER_PAGE })
          const cut = !hasRows(page) && hasRows(await read(descending(query), { ...params, limit: 1n }))
          return { ...page, cut }
        },
        ({ cut }) => !cut,
      )
  }
  const [next, rest] = [pages('relations'), pages('rest')]
  for (let after = 0n; ; ) {
    let page = await next({ after })
    if (!hasRows(page)) return
    // The page may have ended in the middle of one user's relationships: read the rest of them first.
    after = page.from.at(-1) as bigint
    while (hasRows(page)) {
      yield page
      page = await rest({ from_id: after, after: page.ids.at(-1) })
    }
  }
}
