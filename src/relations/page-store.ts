// Knows pages of lists with the numbers of their users, as they were put in, and makes room; it knows nothing of whether they still hold.
import type { RememberedProfile } from '../users/remembered-profiles.ts'
import { makeRoom } from '../users/second-chance.ts'
import type { PageRow } from './lists.ts'
import type { PageRequest } from './page.ts'
import type { PageColumns } from './page-statement.ts'

/** Which page of which list, whoever looks. */
export type PageKey = { list: string; userId: bigint; request: PageRequest }

/** One follow that a change of ours has made (1), with its id, or ended (-1). */
export type Move = { followerId: bigint; followeeId: bigint; by: 1n | -1n; id: bigint }

// `shown` counts the pages in which the user stands; without numbers where they are not known any more.
type User = {
  id: bigint
  profile: RememberedProfile
  following: bigint
  followers: bigint
  holds: boolean
  shown: number
}
// Of each row the id of the relationship and when it was made, two numbers a row. All ids are below `before`. `again`: told since it was last looked at for room.
type Page = {
  key: string
  list: string
  owner: bigint
  users: User[]
  numbers: BigInt64Array
  before: bigint
  again: boolean
}

const NEVER = -(2n ** 63n)
// In bytes, about: of a page beside its rows, of a row, of a user who stands in any number of pages, without the text.
const PAGE = 400
const ROW = 24
const USER = 200

/**
 * @param profile gives the profile of a user with such a hash, where it is remembered
 * @param most as many bytes may be remembered, about
 */
export function createPageStore(
  profile: (userId: bigint, hash: bigint) => RememberedProfile | undefined,
  most: number,
) {
  // The oldest first, but for those told again.
  let pages = new Map<string, Page>()
  let owners = new Map<bigint, Set<Page>>()
  let users = new Map<bigint, User>()
  let size = 0

  function drop(page: Page): void {
    pages.delete(page.key)
    const others = owners.get(page.owner)
    others?.delete(page)
    if (others?.size === 0) owners.delete(page.owner)
    size -= sizeOf(page)
    for (const user of page.users) {
      user.shown -= 1
      if (user.shown > 0) continue
      users.delete(user.id)
      size -= USER
    }
  }

  function forget(userId: bigint): void {
    for (const page of owners.get(userId) ?? []) drop(page)
    const user = users.get(userId)
    if (user !== undefined) user.holds = false
  }

  // What is new stands only where a list goes up to its id; what ended may have stood anywhere.
  function forgetList(userId: bigint, list: string, { by, id }: Move): void {
    for (const page of owners.get(userId) ?? []) {
      const stays = page.list !== list || (by > 0n && page.before <= id)
      if (!stays) drop(page)
    }
  }

  // The numbers are of now, for every page in which the user stands.
  function userOf([id, hash, , following, followers]: PageColumns): User | undefined {
    const now = profile(id, hash as bigint)
    if (now === undefined) return undefined
    let user = users.get(id)
    if (user === undefined) {
      user = { id, profile: now, following, followers, holds: true, shown: 0 }
      users.set(id, user)
      size += USER
    } else {
      user.profile = now
      user.following = following
      user.followers = followers
      user.holds = true
    }
    return user
  }

  function moveOf(userId: bigint, following: bigint, followers: bigint): void {
    const user = users.get(userId)
    if (user === undefined) return
    user.following += following
    user.followers += followers
  }

  const keyOf = ({ list, userId, request }: PageKey): string =>
    `${userId} ${list} ${request.before} ${request.since} ${request.count}`

  return {
    /** Puts a page in as a query told it: ids and hashes are integers. */
    put(place: PageKey, columns: PageColumns[]): void {
      const { list, userId: owner } = place
      const key = keyOf(place)
      // Of its exact length: one that grows takes twice as much.
      const shown: User[] = new Array(columns.length)
      const numbers = new BigInt64Array(2 * columns.length)
      const { before } = place.request
      const page = { key, list, owner, users: shown, numbers, before, again: false }
      for (const [n, row] of columns.entries()) {
        const user = userOf(row)
        if (user === undefined) {
          shown.length = n
          break
        }
        shown[n] = user
        user.shown += 1
        numbers[2 * n] = row[5]
        numbers[2 * n + 1] = row[6] ?? NEVER
      }
      const old = pages.get(key)
      if (old !== undefined) drop(old)
      pages.set(key, page)
      const others = owners.get(owner)
      if (others === undefined) owners.set(owner, new Set([page]))
      else others.add(page)
      size += sizeOf(page)
      // Not whole: somebody's text is not remembered.
      if (shown.length < columns.length) drop(page)
      makeRoom(
        pages,
        () => size > most,
        (_, oldest) => drop(oldest),
      )
    },
    /** The rows of a page; undefined where any of it is not there. */
    rows(place: PageKey): PageRow[] | undefined {
      const page = pages.get(keyOf(place))
      if (page === undefined) return undefined
      const { users, numbers } = page
      const found: PageRow[] = new Array(users.length)
      for (let n = 0; n < users.length; n += 1) {
        const { profile, following, followers, holds } = users[n] as User
        const { told } = profile
        if (!holds || told === null) return undefined
        profile.again = true
        const madeAt = numbers[2 * n + 1] as bigint
        found[n] = [
          [told[0], following, followers, told[1], null],
          numbers[2 * n] as bigint,
          madeAt === NEVER ? null : madeAt,
        ]
      }
      page.again = true
      return found
    },
    /** What a follow that is made or ended does: to the numbers of both, and to the lists in which a row comes or goes. */
    move(move: Move): void {
      const { followerId, followeeId, by } = move
      moveOf(followerId, by, 0n)
      moveOf(followeeId, 0n, by)
      forgetList(followerId, 'following', move)
      forgetList(followeeId, 'followers', move)
    },
    /** A user's lists and numbers. */
    forget,
    forgetAll(): void {
      if (size === 0) return
      pages = new Map()
      owners = new Map()
      users = new Map()
      size = 0
    },
  }
}

const sizeOf = ({ users }: Page): number => PAGE + ROW * users.length
