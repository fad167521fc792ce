// Reads the graph of follows as nodes and edges, page by page, while the service goes on writing.
import type { Parts } from '../../parts.ts'
import { FOLLOWS } from '../../relations/kinds.ts'
import { exportRelations } from './from-graph.ts'

export type GraphNode = { id: bigint; username: string; name: string; following: bigint; followers: bigint }
export type GraphEdge = { id: bigint; source: bigint; target: bigint; madeAt: string | undefined }

const USERS_PER_PAGE = 1_000n
const TIMEOUT_MS = 120_000

/** All users in order of id. */
export async function* graphNodes(parts: Parts): AsyncGenerator<GraphNode[]> {
  const { statement } = parts.queries.get('transfer/graph-users')
  for (let after = 0n; ; ) {
    const params = { after, limit: USERS_PER_PAGE }
    const rows = await parts.graph.read('transfer/graph-users', statement, params, TIMEOUT_MS)
    const nodes = rows
      .filter(([id]) => typeof id === 'bigint')
      .map(
        ([id, username, name, following, followers]) =>
          ({ id, username, name, following, followers }) as GraphNode,
      )
    yield nodes
    if (BigInt(rows.length) < USERS_PER_PAGE) return
    const last = nodes.at(-1)?.id
    if (last === undefined)
      throw new Error(
        `A thousand users after id ${after} have ids that are not whole numbers: run audit --repair.`,
      )
    after = last
  }
}

/**
 * The highest id of a relationship now. Edges up to it join users who were there before it was read: so no edge of a file leads to a
 * user who was created after the nodes were read.
 */
export async function newestEdge(parts: Parts): Promise<bigint> {
  const { statement } = parts.queries.get('audit/sequence')
  const [row] = await parts.graph.read('transfer/sequence', statement)
  return row?.[0] as bigint
}

/** All follows with ids up to `newest`, in order of (follower, id). */
export async function* graphEdges(parts: Parts, newest: bigint): AsyncGenerator<GraphEdge[]> {
  for await (const follows of exportRelations(parts, FOLLOWS))
    yield follows
      .map(({ id, follower_id, followee_id, followed_at }) => {
        return { id, source: follower_id, target: followee_id, madeAt: followed_at } as GraphEdge
      })
      .filter(({ id }) => id <= newest)
}
