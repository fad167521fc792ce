// What a page shows of its viewer: whom the viewer follows, mutes and blocks, read whole the second time that a viewer comes.
import type { Graph } from '../graph/graph.ts'
import { FOLLOWS, RELATION_KINDS } from '../relations/kinds.ts'
import type { Item } from '../users/item.ts'
import { type Cache, HEADS, type HeadName, type KeptUser } from './cache.ts'
import { Head, type HeadRow, MAX_ROWS } from './head.ts'

// Follows come by their index, newest last; of mutes and blocks a user has few, in any order, and nobody asks for their pages.
const follows = (own: string, other: string): string =>
  `COLLECT { MATCH ()-[x:FOLLOWS]->() USING INDEX SEEK x:FOLLOWS(${own}, id) WHERE x.${own} = viewer.id AND x.id > 0
    WITH x ORDER BY x.${own}, x.id RETURN [x.id, x.${other}, CASE WHEN x.followed_at IS :: ZONED DATETIME THEN x.followed_at.epochSeconds END] }`
const others = (pattern: string, other: string): string =>
  `COLLECT { MATCH ${pattern} RETURN [x.id, x.${other}, null] }`

// One for each of HEADS, in the same order.
const READS = RELATION_KINDS.flatMap(({ type, from, to, heads }) => {
  const rows = (pattern: string, own: string, other: string) =>
    type === FOLLOWS.type ? follows(own, other) : others(pattern, other)
  return [
    { name: heads.from, count: `(viewer)-[:${type}]->()`, rows: rows(`(viewer)-[x:${type}]->()`, from, to) },
    { name: heads.to, count: `(viewer)<-[:${type}]-()`, rows: rows(`(viewer)<-[x:${type}]-()`, to, from) },
  ]
}).filter(({ name }) => name !== null)

/** The statement that reads all heads of a user; without a row where there is no such user, or one with longer lists than are kept. */
export const headsStatement = `MATCH (viewer:User {id: $viewer_id})
WHERE ${READS.map(({ count }) => `COUNT { ${count} } <= ${MAX_ROWS}`).join(' AND ')}
RETURN ${READS.map(({ name, count, rows }) => `[COUNT { ${count} }, ${rows}] AS ${name}`).join(',\n  ')}`

/**
 * All heads of a user; null where they may not be kept: too long, or with a relation that was made by hand and lacks its id or a user's,
 * so that it stands in no list but is counted.
 */
async function readHeads(graph: Pick<Graph, 'read'>, viewerId: bigint): Promise<Map<HeadName, Head> | null> {
  const [row] = await graph.read('memory/heads', headsStatement, { viewer_id: viewerId })
  if (row === undefined) return null
  const heads = new Map<HeadName, Head>()
  for (const [n, [count, rows]] of (row as [count: bigint, rows: HeadRow[]][]).entries()) {
    if (BigInt(rows.length) !== count || !rows.every(isWhole)) return null
    heads.set(HEADS[n] as HeadName, new Head(rows, 0n))
  }
  return heads
}

/** Whether a row has what is kept of it: what was written by hand may be anything. */
export const isWhole = ([id, other, madeAt]: HeadRow): boolean =>
  typeof id === 'bigint' && typeof other === 'bigint' && (madeAt === null || typeof madeAt === 'bigint')

/** A viewer's own heads in the order of HEADS, all whole; the first five are following, followers, muted, blocked, blockers. */
export type ViewerHeads = [Head, Head, Head, Head, Head, ...Head[]]

// Heads of so many viewers are read at once, beside what is asked for.
const LOADS = 2

/** `graph`: see Memory. */
export function createViewers(graph: Pick<Graph, 'read'>, cache: Cache) {
  const loading = new Set<bigint>()

  function visit(userId: bigint): void {
    const visits = cache.visits(userId)
    if (visits === undefined) cache.putVisits(userId, 'once')
    if (visits === undefined || visits === 'long' || loading.has(userId) || loading.size >= LOADS) return
    loading.add(userId)
    const ticket = cache.ticket()
    readHeads(graph, userId)
      .then((heads) =>
        cache.keep(ticket, (unchanged) => {
          if (!unchanged(userId)) return
          for (const [name, head] of heads ?? []) cache.putHead(name, userId, () => head, unchanged)
          cache.putVisits(userId, heads === null ? 'long' : 'read')
        }),
      )
      // The page is answered without; another one tries again.
      .catch(() => undefined)
      .finally(() => loading.delete(userId))
  }

  return {
    /** Notes that a user's own lists were asked for; at the second time they are read. */
    visit,
    /** The viewer's heads; null where nobody looks, undefined where they are not kept, and then the viewer is noted. */
    headsOf(viewerId: bigint | null): ViewerHeads | null | undefined {
      if (viewerId === null) return null
      if (cache.visits(viewerId) === 'read') {
        const heads = HEADS.map((name) => cache.head(name, viewerId))
        if (heads.every((head) => head?.isWhole)) return heads as ViewerHeads
      }
      visit(viewerId)
      return undefined
    },
  }
}

/** A user as the viewer with these heads sees it. */
export function itemOf(id: bigint, user: KeptUser, heads: ViewerHeads | null): Item {
  const item: Item = [user.profile, user.following, user.followers, user.names, null]
  if (heads === null) return item
  const [following, followers, muted, blocked, blockers] = heads
  const alone = muted.isEmpty && blocked.isEmpty && blockers.isEmpty
  item[5] = following.has(id)
  item[6] = followers.has(id)
  item[7] = alone ? null : [muted.has(id), blocked.has(id), blockers.has(id)]
  return item
}
