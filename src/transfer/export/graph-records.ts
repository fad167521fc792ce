// Reads the graph of follows as nodes and edges, page by page, while the service goes on writing.
import type { Parts } from '../../parts.ts'
import { FOLLOWS } from '../../relations/kinds.ts'
import { userPages } from '../walk.ts'
import { exportRelations } from './from-graph.ts'

export type GraphNode = { id: bigint; username: string; name: string; following: bigint; followers: bigint }
export type GraphEdge = { id: bigint; source: bigint; target: bigint; madeAt: string | undefined }

/** All users in order of id. */
export async function* graphNodes(parts: Parts): AsyncGenerator<GraphNode[]> {
  for await (const rows of userPages(parts, 'transfer/graph-users', ([id]) => id))
    yield rows.map(
      ([id, username, name, following, followers]) =>
        ({ id, username, name, following, followers }) as GraphNode,
    )
}

/**
 * All follows with ids up to `newest`, in order of (follower, id); `left` hears of the others, page by page. With the highest id that was
 * assigned before the nodes were read, no edge of a file leads to a user who was created after that.
 */
export async function* graphEdges(
  parts: Parts,
  newest: bigint,
  left: (follows: number) => void,
): AsyncGenerator<GraphEdge[]> {
  for await (const follows of exportRelations(parts, FOLLOWS)) {
    const edges = follows
      .map(({ id, follower_id, followee_id, followed_at }) => {
        return { id, source: follower_id, target: followee_id, madeAt: followed_at } as GraphEdge
      })
      .filter(({ id }) => id <= newest)
    left(follows.length - edges.length)
    yield edges
  }
}
