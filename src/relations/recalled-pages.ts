// Knows when a page is told from memory: where all of it is remembered, and a look at the graph says that nothing was changed.
import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import type { Standing } from '../graph/standing.ts'
import type { ProofColumns } from '../tokens/recall.ts'
import { type Sight, seen } from '../users/item.ts'
import type { createProfileMemory } from '../users/remembered-profiles.ts'
import type { Change, ChangeKind, Done } from './changes.ts'
import { type createFollowsMemory, idsOf, type KnownFollows } from './known-follows.ts'
import type { FetchedPage, PageRow, PageWish } from './lists.ts'
import { COMMON_LISTS, type PageColumns } from './page-statement.ts'
import type { Move } from './page-store.ts'
import { createPageMemory, type Moved, type Taking } from './remembered-pages.ts'

// A change of ours takes some 10 ms; one that waits for an import takes longer, and pages are read meanwhile.
const SETTLE_MS = 100

// What they move is known when they are over; a block may end follows both ways.
const MOVES: ChangeKind[] = ['follow', 'unfollow', 'remove-follower']

const remembers = ({ list, form }: PageWish): boolean => COMMON_LISTS.includes(list) && !form.annotations

/** The memory of pages with what asks it: docs/decisions/013. */
export function createRecall(
  graph: Pick<Graph, 'read'>,
  standing: Standing,
  profiles: Pick<ReturnType<typeof createProfileMemory>, 'recall'>,
  follows: Pick<ReturnType<typeof createFollowsMemory>, 'kept' | 'move'>,
  options: {
    /** How many bytes of pages may be remembered, about. */
    most: number
    /** Told for how many pages each look at the graph was. */
    observe?: ((pages: number) => void) | undefined
  },
) {
  const pages = createPageMemory(standing, profiles.recall, options.most)
  // All who ask while one look is under way share the next.
  const looks: Batch<null, boolean> = createBatch({
    size: 256,
    inFlight: 1,
    waiting: 2_000,
    async run(items, leftMs) {
      // Its bookmark is what is looked for (graph/standing.ts).
      await graph.read('lists/standing', 'RETURN 1', {}, leftMs)
      const settled = await standing.settled(SETTLE_MS)
      return items.map(() => settled)
    },
    ...(options.observe === undefined ? {} : { observe: options.observe }),
  })

  function provenFollows(viewerId: bigint): KnownFollows | undefined {
    const known = follows.kept(viewerId)
    return known !== undefined && pages.proven(viewerId, known) ? known : undefined
  }

  // The rows as the viewer sees them; undefined where any of it is not remembered, the token included.
  function remembered(wish: PageWish): PageRow[] | undefined {
    const { viewerId, proof } = wish
    const known = viewerId === null ? undefined : provenFollows(viewerId)
    if (viewerId !== null && known === undefined) return undefined
    if (proof != null && pages.token(proof.hash) === undefined) return undefined
    const rows = pages.rows(wish)
    if (rows === undefined || known === undefined) return rows
    const items = rows.map(([item]) => item)
    seen(items, [null, null, null], idsOf(known))
    return rows
  }

  return {
    /** The page from memory; undefined where it has to be read. Rejects with GraphUnavailable. */
    async page(wish: PageWish): Promise<FetchedPage | undefined> {
      if (!remembers(wish)) return undefined
      const before = pages.version
      let rows = remembered(wish)
      if (rows === undefined) return undefined
      if (!(await looks.add(null))) return undefined
      if (pages.version !== before) rows = remembered(wish)
      const token = wish.proof == null ? null : pages.token(wish.proof.hash)
      if (rows === undefined || token === undefined) return undefined
      if (token !== null) wish.proof?.check(token)
      return { rows, total: null, cut: false }
    },
    /** To be called before a query of pages is sent; it goes with the bookmark. */
    taking: pages.taking,
    /** Takes what a query told for a wish: of its token, of its page (null where there is none, or it was cut), of its viewer. */
    take(
      wish: PageWish,
      told: { proof: ProofColumns; page: PageColumns[] | null; sight: Sight },
      taking: Taking,
    ): void {
      const { proof, viewerId, known } = wish
      if (proof?.holds) pages.putToken(proof.hash, told.proof, taking)
      if (told.page === null || !remembers(wish)) return
      pages.put(wish, told.page, taking)
      // One with mutes or blocks has each page looked through for them.
      if (viewerId !== null && known !== undefined && told.sight?.[2] === null)
        pages.putViewer(viewerId, known, taking)
    },
    /** Requests that wait for a look. */
    get waiting() {
      return looks.length
    },
    /** A transaction of ours is sent; what it gives is to be called when it is over, with what it came to; null where it was not answered. */
    changing(changes: Change[]): (done: Done[] | null) => void {
      const userIds = changes.flatMap(({ viewerId, targetId }) => [viewerId, targetId ?? 0n])
      const { age } = standing
      const proven = new Map<bigint, KnownFollows>()
      for (const userId of userIds) {
        const known = provenFollows(userId)
        if (known !== undefined) proven.set(userId, known)
      }
      const over = pages.changing(userIds)
      const written = standing.writing()
      return (done) => {
        written(done !== null)
        const moved = done && movedBy(done)
        over(moved)
        for (const move of moved?.moves ?? []) follows.move(move)
        if (moved === null || standing.age !== age) return
        for (const userId of moved.others) proven.delete(userId)
        for (const [userId, known] of proven) if (follows.kept(userId) === known) pages.prove(known)
      }
    },
  }
}

function movedBy(done: Done[]): Moved {
  const moves: Move[] = []
  const others: bigint[] = []
  for (const { kind, viewerId, targetId, id, made } of done) {
    if (targetId === null) continue
    const [followerId, followeeId] = kind === 'remove-follower' ? [targetId, viewerId] : [viewerId, targetId]
    if (!MOVES.includes(kind)) others.push(viewerId, targetId)
    else if (made) moves.push({ followerId, followeeId, by: kind === 'follow' ? 1n : -1n, id })
  }
  return { moves, others }
}
