// Reads users: finds the id of a reference, and reads users by id.
import { createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import { ApiError, notFound, unauthorized } from '../http/errors.ts'
import {
  type Item,
  type ItemForm,
  itemExpression,
  viewerClause,
  viewerFlagsExpression,
  withViewerFlags,
} from './item.ts'
import { createLink, type Link } from './mentions.ts'
import { parseReference } from './reference.ts'

export type Users = {
  /**
   * The id of a reference. Whether a numeric id exists is not checked. Errors: 404 if there is no such username or the reference is
   * invalid, 401 for `me` without a token, 403 for `me` with an app token.
   */
  resolve(reference: string, token: { user: { id: bigint } | null } | null): Promise<bigint>
  /** The id of a username (in lower case); null if nobody has it. */
  findByUsername(username: string): Promise<bigint | null>
  /** The users with these ids, in this order; unknown ids are skipped. */
  fetch(ids: bigint[], viewerId: bigint | null, form: ItemForm): Promise<Item[]>
}

export type GraphUsers = Users & {
  /** As `fetch`, but without the ids of mentioned users. */
  read: Users['fetch']
  /** Adds the ids of mentioned users to items that were read elsewhere. */
  link: Link
}

type FetchRequest = { ids: bigint[]; viewerId: bigint | null; form: ItemForm }

/** The statement that reads users by id for several requests at once. */
export function usersStatement(viewer: boolean): string {
  return `UNWIND $batch.rows AS row
${viewerClause(viewer, 'row')}
CALL (row) {
  UNWIND row.ids AS id
  MATCH (user:User {id: id})
  RETURN collect(${itemExpression}) AS users
}
RETURN row.n AS n, users, ${viewerFlagsExpression(viewer, 'row.ids')} AS flags`
}

export function createUsers(graph: Pick<Graph, 'read'>, queries: Queries): GraphUsers {
  const find = queries.get('users/find').statement
  const byUsername = createBatch<string[], (bigint | null)[]>({
    size: 256,
    inFlight: 2,
    waiting: 2_000,
    weight: (usernames) => usernames.length,
    async run(requests) {
      const rows = await graph.read('users/find', find, { batch: { usernames: requests.flat() } })
      const ids: (bigint | null)[] = []
      // Cypher promises no order of rows.
      for (const [n, id] of rows) ids[Number(n)] = id as bigint | null
      return requests.map((usernames) => ids.splice(0, usernames.length))
    },
  })
  const link = createLink((usernames) => byUsername.add(usernames))
  const findByUsername = async (username: string) => (await byUsername.add([username]))[0] ?? null
  const fetches = createBatch<FetchRequest, Item[]>({
    size: 200,
    inFlight: 4,
    waiting: 2_000,
    key: ({ form }) => `${form.viewer} ${form.annotations}`,
    weight: ({ ids }) => ids.length,
    async run(requests) {
      const rows = requests.map(({ ids, viewerId }, n) => ({ n: BigInt(n), ids, viewer_id: viewerId }))
      const { viewer, annotations } = (requests[0] as FetchRequest).form
      const results: Item[][] = requests.map(() => [])
      const answer = await graph.read('users/fetch', usersStatement(viewer), { batch: { rows, annotations } })
      for (const [n, users, flags] of answer) results[Number(n)] = withViewerFlags(users as Item[], flags)
      return results
    },
  })
  const read: Users['fetch'] = (ids, viewerId, form) => fetches.add({ ids, viewerId, form })
  return {
    async resolve(text, token) {
      const reference = parseReference(text)
      if (reference === 'me') {
        if (token === null)
          throw unauthorized(
            'unauthorized',
            '"me" needs a token: send "Authorization: Bearer" and the token.',
          )
        if (token.user === null)
          throw new ApiError('wrong-token', 'Forbidden: "me" needs a user token; this is an app token.')
        return token.user.id
      }
      if (reference === null) throw noSuchUser()
      if ('id' in reference) return reference.id
      const id = await findByUsername(reference.username)
      if (id === null) throw noSuchUser()
      return id
    },
    findByUsername,
    fetch: async (...request) => {
      const items = await read(...request)
      return link(items, items)
    },
    read,
    link,
  }
}

/** The 404 for a user that does not exist. */
export const noSuchUser = () => notFound('There is no such user.')
