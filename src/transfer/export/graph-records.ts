// Reads the graph of follows as nodes and edges, page by page, while the service goes on writing.
import type { Parts } from '../../parts.ts'
import { FOLLOWS } from '../../relations/kinds.ts'
import { userPages } from '../walk.ts'
import { exportRelations, upTo } from './from-graph.ts'

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

/** All follows with ids up to `newest`, in order of (follower, id); see `upTo`. */
export async function* graphEdges(
  parts: Parts,
  newest: bigint,
  left: (follows: number) => void,
): AsyncGenerator<GraphEdge[]> {
  for await (const follows of upTo(newest, exportRelations(parts, FOLLOWS), left))
    yield follows.map(({ id, follower_id, followee_id, followed_at }) => {
      return { id, source: follower_id, target: followee_id, madeAt: followed_at } as GraphEdge
    })
}
