// Knows whom viewers follow and who follows them, as last read, and what proves that it still stands.

import type { Move } from './page-store.ts'
import { eraAfterEnd, eraExpression, REREAD_MS } from './remembered.ts'

/** One direction of a viewer's follows. */
type Side = { ids: Set<string>; newest: bigint }

/** All follows of a viewer, both ways, and the age (graph/standing.ts) in which they were read whole. */
export type KnownFollows = { era: string; followed: Side; followers: Side; until: number; age: number }

/** What a query tells of a viewer's follows: `proofOfFollows` makes it; `fresh` is what is newer than what is known. */
export type FollowsColumns = [
  era: string,
  followed: [count: bigint, fresh: Fresh],
  followers: [count: bigint, fresh: Fresh],
]
type Fresh = [id: bigint, userId: bigint][]

// A viewer with more of either is looked at by seeks.
const MOST_A_SIDE = 2_000
// More new ones than this since the last page of the same viewer are not put in one by one.
const MOST_FRESH = 100
// What two sets take beside their ids, in ids.
const BESIDE = 10
const LOADS = 2
const TRIES = 3

/**
 * The Cypher expression of FollowsColumns for a variable `viewer`, whose era is the expression `era`; `above` gives the expression
 * of the id above which a side is read. The limit makes a list that is cut short, so that it does not agree with its count.
 */
function followsExpression(
  era: string,
  above: (side: 'followed' | 'followers') => string,
  most: number,
): string {
  const side = (own: string, other: string, from: string) =>
    `COLLECT { MATCH ()-[x:FOLLOWS]->() USING INDEX SEEK x:FOLLOWS(${own}, id) WHERE x.${own} = viewer.id AND x.id > ${from} RETURN [x.id, x.${other}] LIMIT ${most} }`
  return `[${era},
  [COUNT { (viewer)-[:FOLLOWS]->() }, ${side('follower_id', 'followee_id', above('followed'))}],
  [COUNT { (viewer)<-[:FOLLOWS]-() }, ${side('followee_id', 'follower_id', above('followers'))}]]`
}

/** Of a row that says what is known of its viewer, by `knownParameters`; `graph_era` is GRAPH_ERA, asked for once a query. */
export const proofOfFollows = followsExpression(
  eraExpression('viewer', 'graph_era'),
  (side) => `row.${side}_above`,
  MOST_FRESH + 1,
)

/** What a row of a query needs for `proofOfFollows`. */
export const knownParameters = ({ followed, followers }: KnownFollows) => ({
  followed_above: followed.newest,
  followers_above: followers.newest,
})

/** The statement that reads all of a viewer's follows. The era is read before the walk: what ends meanwhile ends it as well. */
export const loadStatement = `MATCH (viewer:User {id: $viewer_id})
WHERE COUNT { (viewer)-[:FOLLOWS]->() } <= ${MOST_A_SIDE} AND COUNT { (viewer)<-[:FOLLOWS]-() } <= ${MOST_A_SIDE}
WITH viewer, ${eraExpression('viewer')} AS era
RETURN ${followsExpression('era', () => '0', MOST_A_SIDE + 1)} AS follows`

/**
 * The follows of viewers who come again: the second page of a viewer has them loaded, beside what is asked for.
 * @param load gives the column of `loadStatement`, null where it has no row
 * @param age gives another number after anything was committed that is not ours; in one age they need not be read anew
 * @param most as many ids may be remembered, some 60 bytes each
 */
export function createFollowsMemory(
  load: (viewerId: bigint) => Promise<FollowsColumns | null>,
  age: () => number,
  most: number,
) {
  // A number says how often loading is still to be tried.
  const known = new Map<bigint, KnownFollows | number>()
  let size = 0
  let loading = 0

  function put(viewerId: bigint, one: KnownFollows | number): void {
    size -= sizeOf(known.get(viewerId))
    known.delete(viewerId)
    known.set(viewerId, one)
    size += sizeOf(one)
    for (const [oldest, other] of known) {
      if (size <= most) break
      known.delete(oldest)
      size -= sizeOf(other)
    }
  }

  async function learn(viewerId: bigint, tries: number): Promise<void> {
    loading += 1
    const now = age()
    try {
      const follows = await load(viewerId)
      put(viewerId, follows === null ? 0 : (whole(follows, now) ?? tries - 1))
    } catch {
      // The page is answered without; another one tries again.
      put(viewerId, tries)
    } finally {
      loading -= 1
    }
  }

  function moveSide(viewerId: bigint, side: 'followed' | 'followers', otherId: bigint, by: bigint): void {
    const one = known.get(viewerId)
    if (typeof one !== 'object') return
    const { ids } = one[side]
    const before = ids.size
    if (by > 0n) ids.add(String(otherId))
    else {
      ids.delete(String(otherId))
      one.era = eraAfterEnd(one.era)
    }
    size += ids.size - before
    if (ids.size > MOST_A_SIDE) put(viewerId, 0)
  }

  const old = (one: KnownFollows) => one.until < performance.now() && one.age !== age()

  /** What is known of a viewer and need not be read anew yet; it counts as asked for. */
  function kept(viewerId: bigint): KnownFollows | undefined {
    const one = known.get(viewerId)
    if (typeof one !== 'object' || old(one)) return undefined
    put(viewerId, one)
    return one
  }

  return {
    kept,
    /** What is known of a viewer; undefined where nothing is yet, and then it is read where the viewer came before. */
    get(viewerId: bigint): KnownFollows | undefined {
      const one = kept(viewerId)
      if (one !== undefined) return one
      const before = known.get(viewerId)
      const tries = typeof before === 'object' ? TRIES : before
      put(viewerId, tries ?? TRIES)
      if (tries !== undefined && tries > 0 && loading < LOADS) {
        put(viewerId, 0)
        void learn(viewerId, tries)
      }
      return undefined
    },
    /** Puts in what is new; false, and forgets the viewer, where what is known does not hold any more. */
    holds(viewerId: bigint, one: KnownFollows, [era, followed, followers]: FollowsColumns): boolean {
      const before = sizeOf(one)
      const held = era === one.era && renew(one.followed, ...followed) && renew(one.followers, ...followers)
      if (known.get(viewerId) === one) {
        size += sizeOf(one) - before
        if (!held) put(viewerId, TRIES)
      }
      return held
    },
    /** Puts in a follow that a change of ours made (1) or ended (-1); what the graph says of it next holds then. */
    move({ followerId, followeeId, by }: Move): void {
      moveSide(followerId, 'followed', followeeId, by)
      moveSide(followeeId, 'followers', followerId, by)
    },
  }
}

/** The two sides as `seen` takes them. */
export const idsOf = ({ followed, followers }: KnownFollows) => ({
  followed: followed.ids,
  followers: followers.ids,
})

const sizeOf = (one: KnownFollows | number | undefined): number =>
  one === undefined
    ? 0
    : typeof one === 'number'
      ? 2
      : BESIDE + one.followed.ids.size + one.followers.ids.size

// Another page may have put in the same ones meanwhile.
function renew(side: Side, count: bigint, fresh: Fresh): boolean {
  for (const [id, userId] of fresh) if (id > side.newest) side.ids.add(String(userId))
  for (const [id] of fresh) if (id > side.newest) side.newest = id
  return side.ids.size === Number(count) && side.ids.size <= MOST_A_SIDE
}

function whole([era, ...sides]: FollowsColumns, age: number): KnownFollows | null {
  const [followed, followers] = sides.map(([count, fresh]): Side | null => {
    const side: Side = { ids: new Set(), newest: 0n }
    return renew(side, count, fresh) ? side : null
  })
  return followed && followers
    ? { era, followed, followers, until: performance.now() + REREAD_MS, age }
    : null
}
