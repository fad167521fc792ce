// Knows pages of lists as they were last read, with the numbers of their users, for as long as nobody has committed anything that is not ours.
import type { Standing } from '../graph/standing.ts'
import type { ProofColumns } from '../tokens/recall.ts'
import type { RememberedProfile } from '../users/remembered-profiles.ts'
import type { KnownFollows } from './known-follows.ts'
import type { PageRow } from './lists.ts'
import type { PageColumns } from './page-statement.ts'
import { createPageStore, type Move, type PageKey } from './page-store.ts'

/** What was the case when a query was sent whose answer is to be remembered. */
export type Taking = { age: number; stamp: number; bookmark: string | undefined }

/** What a transaction of ours came to: the follows it moved, in their order, and of whom more has changed than that. */
export type Moved = { moves: Move[]; others: bigint[] }

const MOST_TOKENS = 20_000
// Where others write all the time nothing is put in that goes at once; and no page waits, for its bookmark, until a big import's
// transaction, which is committed but still being applied, may be seen.
const QUIET_MS = 500
// A change is looked up here by queries that were sent before it, which take five seconds at most.
const MOST_CHANGED = 10_000

/**
 * What is remembered holds as long as `standing.age` stays. What our own changes concern is not taken from an answer that may be older,
 * and what they move is put into what is remembered when they are over (docs/decisions/013).
 * @param profile gives the profile of a user with such a hash, where it is remembered
 * @param most as many bytes may be remembered, about
 */
export function createPageMemory(
  standing: Pick<Standing, 'age' | 'bookmark'>,
  profile: (userId: bigint, hash: bigint) => RememberedProfile | undefined,
  most: number,
) {
  const store = createPageStore(profile, most)
  // With the stamp of the query that proved them. Weak: the memory of follows says how many are kept.
  let viewers = new WeakMap<KnownFollows, number>()
  let tokens = new Map<string, ProofColumns>()
  let of = standing.age
  let forgotten = Number.NEGATIVE_INFINITY
  let stamp = 0
  // Of queries sent before this it is not known any more what was changed since.
  let knownSince = 0
  const changing = new Set<bigint>()
  const changed = new Map<bigint, number>()

  function forgetAll(): void {
    store.forgetAll()
    viewers = new WeakMap()
    if (tokens.size > 0) tokens = new Map()
    of = standing.age
    forgotten = performance.now()
  }

  function check(): void {
    if (of !== standing.age) forgetAll()
  }

  const mayTake = (userId: bigint, taking: Pick<Taking, 'stamp'>): boolean =>
    taking.stamp >= knownSince && !changing.has(userId) && (changed.get(userId) ?? 0) <= taking.stamp

  const mayTakeRow = ([id, hash, , , , paginationId]: PageColumns, taking: Taking): boolean =>
    // What was written by hand may be anything.
    [id, hash, paginationId].every((value) => typeof value === 'bigint') && mayTake(id, taking)

  return {
    /** To be called before a query is sent; the query goes with its bookmark, if there is one: else its answer is not taken. */
    taking(): Taking {
      check()
      const quiet = performance.now() - forgotten > QUIET_MS
      return { age: of, stamp, bookmark: quiet && most > 0 ? standing.bookmark : undefined }
    },
    /** Remembers a page as a query told it. */
    put(place: PageKey, columns: PageColumns[], taking: Taking): void {
      check()
      if (taking.bookmark === undefined || taking.age !== of || !mayTake(place.userId, taking)) return
      if (!columns.every((row) => mayTakeRow(row, taking))) return
      store.put(place, columns)
    },
    /** Remembers whom a viewer follows who mutes, blocks and is blocked by nobody. */
    putViewer(viewerId: bigint, known: KnownFollows, taking: Taking): void {
      check()
      if (taking.bookmark !== undefined && taking.age === of && mayTake(viewerId, taking))
        viewers.set(known, taking.stamp)
    },
    /** Remembers what the graph says of a token. */
    putToken(hash: string, columns: ProofColumns, taking: Taking): void {
      check()
      if (taking.bookmark === undefined || taking.age !== of) return
      if (tokens.size >= MOST_TOKENS) tokens = new Map()
      tokens.set(hash, columns)
    },
    /** Whether what is known of a viewer's follows was proven, and nothing of it changed since. */
    proven(viewerId: bigint, known: KnownFollows): boolean {
      check()
      const stamp = viewers.get(known)
      return stamp !== undefined && mayTake(viewerId, { stamp })
    },
    /** What was proven of a viewer before a change of ours, which is over and has been put in, still is. */
    prove(known: KnownFollows): void {
      check()
      viewers.set(known, stamp)
    },
    token(hash: string): ProofColumns | undefined {
      check()
      return tokens.get(hash)
    },
    /** The rows of a page; undefined where any of it is not remembered. */
    rows(place: PageKey): PageRow[] | undefined {
      check()
      return store.rows(place)
    },
    /** Another one after anything was committed that may change what is remembered. */
    get version(): string {
      return `${standing.age} ${stamp}`
    },
    /** A change of ours of such users is sent; to be called again, as what it gives, when it is over, with what it came to; null where that is not known. */
    changing(userIds: bigint[]): (moved: Moved | null) => void {
      const note = () => {
        stamp += 1
        for (const userId of userIds) changed.set(userId, stamp)
      }
      note()
      for (const userId of userIds) changing.add(userId)
      return (moved) => {
        check()
        changing.clear()
        note()
        for (const move of moved?.moves ?? []) store.move(move)
        for (const userId of moved?.others ?? userIds) store.forget(userId)
        if (changed.size <= MOST_CHANGED) return
        changed.clear()
        knownSince = stamp
      }
    },
  }
}
