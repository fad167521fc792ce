// Knows pages of lists as they were last read, with the numbers of their users, for as long as nobody has committed anything that is not ours.
import type { Standing } from '../graph/standing.ts'
import type { ProofColumns } from '../tokens/recall.ts'
import type { Told } from '../users/remembered-profiles.ts'
import type { KnownFollows } from './known-follows.ts'
import type { PageRow } from './lists.ts'
import type { PageColumns } from './page-statement.ts'

/** Which page of which list, whoever looks. */
export type PageKey = { userId: bigint; page: string }

/** What was the case when a query was sent whose answer is to be remembered. */
export type Taking = { age: number; stamp: number; bookmark: string | undefined }

type Known = { id: bigint; hash: bigint; following: bigint; followers: bigint; holds: boolean }
// Of each row the id of the relationship and when it was made, two numbers a row.
type Page = { page: string; users: Known[]; numbers: BigInt64Array }

const NEVER = -(2n ** 63n)
// Users that a page shows are kept without its text: some 200 bytes each; a row of a page takes 24, and a page 400 beside.
const BESIDE = 16
const MOST_TOKENS = 20_000
// Where others write all the time nothing is put in that goes at once; and no page waits, for its bookmark, until a big import's
// transaction, which is committed but still being applied, may be seen.
const QUIET_MS = 500
// Of one user, beside the one read last.
const MOST_PAGES = 7
// A change is looked up here by queries that were sent before it, which take five seconds at most.
const MOST_CHANGED = 10_000

/**
 * What is remembered holds as long as `standing.age` stays; what our own changes concern is forgotten when they are sent, and not
 * taken from an answer that may be older (docs/decisions/013).
 * @param profile gives the text of a user's profile with such a hash, where it is remembered
 * @param most as many rows of pages may be remembered, and a fifth as many users
 */
export function createPageMemory(
  standing: Pick<Standing, 'age' | 'bookmark'>,
  profile: (userId: bigint, hash: bigint) => Told | undefined,
  most: number,
) {
  let owners = new Map<bigint, Page[]>()
  let users = new Map<bigint, Known>()
  // With the stamp of the query that proved them. Weak: the memory of follows says how many are kept.
  let viewers = new WeakMap<KnownFollows, number>()
  let tokens = new Map<string, ProofColumns>()
  let rows = 0
  let of = standing.age
  let forgotten = Number.NEGATIVE_INFINITY
  let stamp = 0
  // Of queries sent before this it is not known any more what was changed since.
  let knownSince = 0
  const changing = new Set<bigint>()
  const changed = new Map<bigint, number>()

  function forgetAll(): void {
    if (rows > 0) owners = new Map()
    if (users.size > 0) users = new Map()
    viewers = new WeakMap()
    if (tokens.size > 0) tokens = new Map()
    rows = 0
    of = standing.age
    forgotten = performance.now()
  }

  function check(): void {
    if (of !== standing.age) forgetAll()
  }

  function forgetPages(userId: bigint): void {
    for (const one of owners.get(userId) ?? []) rows -= sizeOf(one)
    owners.delete(userId)
  }

  function forget(userId: bigint): void {
    forgetPages(userId)
    const user = users.get(userId)
    if (user !== undefined) user.holds = false
    users.delete(userId)
  }

  const mayTake = (userId: bigint, taking: Pick<Taking, 'stamp'>): boolean =>
    taking.stamp >= knownSince && !changing.has(userId) && (changed.get(userId) ?? 0) <= taking.stamp

  function userOf(row: PageColumns, taking: Taking): Known | null {
    const [id, hash, , following, followers, paginationId] = row
    // What was written by hand may be anything.
    if ([id, hash, paginationId].some((value) => typeof value !== 'bigint') || !mayTake(id, taking))
      return null
    const known = users.get(id)
    if (known?.hash === hash && known.following === following && known.followers === followers) return known
    if (known !== undefined) known.holds = false
    const user = { id, hash: hash as bigint, following, followers, holds: true }
    users.set(id, user)
    return user
  }

  return {
    /** To be called before a query is sent; the query goes with its bookmark, if there is one: else its answer is not taken. */
    taking(): Taking {
      check()
      const quiet = performance.now() - forgotten > QUIET_MS
      return { age: of, stamp, bookmark: quiet && most > 0 ? standing.bookmark : undefined }
    },
    /** Remembers a page as a query told it. */
    put({ userId, page }: PageKey, columns: PageColumns[], taking: Taking): void {
      check()
      // Counted before: one whose pages are not taken may have been put in all the same.
      if (users.size > most / 5) forgetAll()
      if (taking.bookmark === undefined || taking.age !== of || !mayTake(userId, taking)) return
      // Of its exact length: one that grows takes twice as much.
      const shown: Known[] = new Array(columns.length)
      const numbers = new BigInt64Array(2 * columns.length)
      for (const [n, row] of columns.entries()) {
        const user = userOf(row, taking)
        if (user === null) return
        shown[n] = user
        numbers[2 * n] = row[5]
        numbers[2 * n + 1] = row[6] ?? NEVER
      }
      const others = (owners.get(userId) ?? []).filter((one) => one.page !== page)
      const remembered = { page, users: shown, numbers }
      forgetPages(userId)
      // The oldest go with a user whose list is read to its end.
      const kept = [...others.slice(-MOST_PAGES), remembered]
      owners.set(userId, kept)
      for (const one of kept) rows += sizeOf(one)
      for (const oldest of owners.keys()) {
        if (rows <= most) break
        forgetPages(oldest)
      }
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
    token(hash: string): ProofColumns | undefined {
      check()
      return tokens.get(hash)
    },
    /** The rows of a page; undefined where any of it is not remembered. */
    rows({ userId, page }: PageKey): PageRow[] | undefined {
      check()
      const pages = owners.get(userId)
      const remembered = pages?.find((one) => one.page === page)
      if (pages === undefined || remembered === undefined) return undefined
      const found: PageRow[] = []
      for (const [n, { id, hash, following, followers, holds }] of remembered.users.entries()) {
        const told = holds ? profile(id, hash) : undefined
        if (told === undefined) return undefined
        const madeAt = remembered.numbers[2 * n + 1] as bigint
        found.push([
          [told[0], following, followers, told[1], null],
          remembered.numbers[2 * n] as bigint,
          madeAt === NEVER ? null : madeAt,
        ])
      }
      owners.delete(userId)
      owners.set(userId, pages)
      return found
    },
    /** Another one after anything was committed that may change what is remembered. */
    get version(): string {
      return `${standing.age} ${stamp}`
    },
    /** A change of ours of such users is sent; to be called again, as what it gives, when it is over. */
    changing(userIds: bigint[]): () => void {
      const note = () => {
        stamp += 1
        for (const userId of userIds) {
          changed.set(userId, stamp)
          forget(userId)
        }
      }
      note()
      for (const userId of userIds) changing.add(userId)
      return () => {
        changing.clear()
        note()
        if (changed.size <= MOST_CHANGED) return
        changed.clear()
        knownSince = stamp
      }
    },
  }
}

const sizeOf = ({ users }: Page): number => BESIDE + users.length
