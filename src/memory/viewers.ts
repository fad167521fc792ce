// The viewer's own relations, from which pages get their viewer flags: whom the viewer follows, mutes, blocks and has requested, and who follows
// and blocks the viewer. They are read as a whole at the viewer's second request.
import type { Graph } from '../graph/graph.ts'
import { FOLLOWS, RELATION_KINDS } from '../relations/kinds.ts'
import type { Item } from '../users/item.ts'
import { type Cache, HEADS, type HeadName, type KeptUser } from './cache.ts'
import { Head, type HeadRow, MAX_ROWS } from './head.ts'

// Follows are read in the order of their index, newest last. Mutes, blocks and requests of a user are few, and no page of them is served from
// memory, so their order does not matter.
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

/** The statement that reads all heads of a user. It returns no row if there is no such user, or if a list is too long for a head. */
export const headsStatement = `MATCH (viewer:User {id: $viewer_id})
WHERE ${READS.map(({ count }) => `COUNT { ${count} } <= ${MAX_ROWS}`).join(' AND ')}
RETURN viewer.hides_lists = true AS hides,
  ${READS.map(({ name, count, rows }) => `[COUNT { ${count} }, ${rows}] AS \`${name}\``).join(',\n  ')}`

/**
 * All heads of a user; null if they may not be cached: a list is too long, or a relation was made by hand and lacks its id or the id of a
 * user. Such a relation is in no list, but the count includes it.
 */
async function readHeads(
  graph: Pick<Graph, 'read'>,
  viewerId: bigint,
): Promise<{ heads: Map<HeadName, Head>; hides: boolean } | null> {
  const [row] = await graph.read('memory/heads', headsStatement, { viewer_id: viewerId })
  if (row === undefined) return null
  const heads = new Map<HeadName, Head>()
  const [hides, ...columns] = row as [hides: boolean | null, ...columns: [count: bigint, rows: HeadRow[]][]]
  for (const [n, [count, rows]] of columns.entries()) {
    if (BigInt(rows.length) !== count || !rows.every(isValidRow)) return null
    heads.set(HEADS[n] as HeadName, new Head(rows, 0n))
  }
  return { heads, hides: hides === true }
}

/** Whether the values of a row have the right types; those of a relation that was written by hand may have any. */
export const isValidRow = ([id, other, madeAt]: HeadRow): boolean =>
  typeof id === 'bigint' && typeof other === 'bigint' && (madeAt === null || typeof madeAt === 'bigint')

/** A viewer's own heads in the order of HEADS, each with the whole list; the first six are following, followers, muted, blocked, blockers, requests-sent. */
export type ViewerHeads = [Head, Head, Head, Head, Head, Head, ...Head[]]

// The heads of so many viewers are read at the same time, in the background.
const LOADS = 2

/** `graph`: see Memory. */
export function createViewers(graph: Pick<Graph, 'read'>, cache: Cache) {
  const loading = new Set<bigint>()

  function visit(userId: bigint): void {
    const visits = cache.visits(userId)
    if (visits === undefined) cache.putVisits(userId, 'once')
    if (visits === undefined || visits === 'long' || loading.has(userId) || loading.size >= LOADS) return
    loading.add(userId)
    const readPoint = cache.readPoint()
    readHeads(graph, userId)
      .then((read) =>
        cache.keep(readPoint, (unchanged) => {
          if (!unchanged(userId)) return
          for (const [name, head] of read?.heads ?? []) cache.putHead(name, userId, () => head, unchanged)
          if (read !== null) cache.putHides(userId, read.hides, unchanged)
          cache.putVisits(userId, read === null ? 'long' : 'read')
        }),
      )
      // The current page does not need them; a later request tries again.
      .catch(() => undefined)
      .finally(() => loading.delete(userId))
  }

  return {
    /** Notes that a request needs the user's own lists. From the second time on they are read in the background, unless they are too long. */
    visit,
    /** The viewer's heads; null if there is no viewer; undefined if they are not cached, and then `visit` is called. */
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
  const [following, followers, muted, blocked, blockers, requested] = heads
  const alone = [muted, blocked, blockers, requested].every((head) => head.isEmpty)
  item[5] = following.has(id)
  item[6] = followers.has(id)
  item[7] = alone ? null : [muted.has(id), blocked.has(id), blockers.has(id), requested.has(id)]
  return item
}
