// Finds a path between two users along follows, from both ends at once and with a limited number of calls.
import type { FollowGraphClient, User } from '../../client/client.ts'
import { type Asking, createAsking, groupsOf, isError } from './asking.ts'

/** How many calls a search makes at most. */
export const MOST_CALLS = 60

const IDS_A_CALL = 5_000
const TARGETS_A_CALL = 200
// The newest 20,000 of a list: whoever follows more, or is followed by more, is read in part.
const PAGES_OF_ONE = 4
const AT_ONCE = 4
/** From this number of people on, one call for their counts pays: who has the longest lists is read first. */
const WORTH_SORTING = 8

/**
 * `found`: each of `people` follows the next; `shortest` is false if lists were read in part, so that there may be a shorter path.
 * `none`: all who can be reached from one of the two were reached, and the other is not among them.
 * `gave-up`: the calls are used up, or lists that could connect the two are hidden or too long.
 * `unknown`: there is no such user.
 */
export type PathResult = { requests: number } & (
  | { kind: 'found'; people: User[]; shortest: boolean }
  | { kind: 'none' }
  | { kind: 'unknown'; who: string }
  | { kind: 'gave-up'; why: 'calls' | 'lists'; reached: number }
)
export type PathOptions = {
  signal: AbortSignal
  calls?: number
  onProgress?: (progress: { requests: number; of: number; reached: number }) => void
}

// One end of the search. `parents` has everyone who was reached, with the one from whom; `frontier` are those whose list was not read
// yet; within `depth` steps of the end everyone was reached.
type Side = {
  list: 'followingIds' | 'followersIds'
  end: User
  parents: Map<string, string | null>
  frontier: string[]
  depth: number
  /** False once a list was not read as a whole. */
  complete: boolean
}

class OutOfCalls extends Error {}

/** Searches for the shortest path along follows from one user to another; each is an id, `@username` or `me`. */
export async function findPath(
  client: FollowGraphClient,
  from: string,
  to: string,
  { signal, calls = MOST_CALLS, onProgress = () => undefined }: PathOptions,
): Promise<PathResult> {
  const asking = createAsking(client)
  const ends: User[] = []
  for (const who of [from, to]) {
    const user = await userOf(asking, who, signal)
    if (user === null) return { kind: 'unknown', who, requests: asking.requests() }
    ends.push(user)
  }
  const [source, target] = ends as [User, User]
  const forward = sideOf(source, 'followingIds')
  const backward = sideOf(target, 'followersIds')
  const reached = () => forward.parents.size + backward.parents.size
  const search: Search = {
    asking,
    signal,
    excluded: 0,
    // One call is kept for the people of the path.
    left: () => calls - 1 - asking.requests(),
    report: () => onProgress({ requests: asking.requests(), of: calls, reached: reached() }),
  }
  search.report()
  const finish = async (meeting: string): Promise<PathResult> => {
    const ids = [...chain(forward, meeting).reverse(), ...chain(backward, meeting).slice(1)]
    const { data } = await asking.call('users', { ids, include_html: 0 }, signal)
    search.report()
    const shortest = ids.length - 1 <= search.excluded + 1
    return { kind: 'found', people: [...data], shortest, requests: asking.requests() }
  }
  if (source.id === target.id) return finish(source.id)
  let why: 'calls' | 'lists' = 'lists'
  try {
    // A side can have nobody left because lists are hidden; the lists of the other side may still lead to it.
    while (![forward, backward].some(isExhausted) && forward.frontier.length + backward.frontier.length > 0) {
      const sides = costOf(forward) <= costOf(backward) ? [forward, backward] : [backward, forward]
      const [side, other] = sides as [Side, Side]
      const meeting =
        (await probe(search, side, other)) ??
        (await probe(search, other, side)) ??
        (await expand(search, side, other))
      if (meeting !== null) return await finish(meeting)
    }
  } catch (error) {
    if (!(error instanceof OutOfCalls)) throw error
    why = 'calls'
  }
  const requests = asking.requests()
  return [forward, backward].some(isExhausted)
    ? { kind: 'none', requests }
    : { kind: 'gave-up', why, reached: reached(), requests }
}

type Search = {
  asking: Asking
  signal: AbortSignal
  /** There is no path with so many steps, or fewer. */
  excluded: number
  left: () => number
  report: () => void
}

async function userOf(asking: Asking, who: string, signal: AbortSignal): Promise<User | null> {
  try {
    return (await asking.call('user', { user_id: who }, signal)).data
  } catch (error) {
    if (isError(error, 'not-found')) return null
    throw error
  }
}

const sideOf = (end: User, list: Side['list']): Side => ({
  list,
  end,
  parents: new Map([[end.id, null]]),
  frontier: [end.id],
  depth: 0,
  complete: true,
})

/** Whether everyone who can be reached from its end was reached. */
const isExhausted = (side: Side) => side.complete && side.frontier.length === 0

const lengthOf = (user: User, side: Side) =>
  side.list === 'followingIds' ? user.counts.following : user.counts.followers

/** How many calls the next step of a side takes, as far as is known. */
function costOf(side: Side): number {
  if (side.frontier.length === 0) return Number.POSITIVE_INFINITY
  if (side.frontier[0] === side.end.id) return Math.ceil(lengthOf(side.end, side) / IDS_A_CALL)
  return side.frontier.length
}

const chain = (side: Side, meeting: string): string[] => {
  const ids: string[] = []
  for (let id: string | null | undefined = meeting; id != null; id = side.parents.get(id)) ids.push(id)
  return ids
}

// Whether somebody of the frontier is directly connected with the other end, if that takes fewer calls than its list: a path over one
// person to a user with a million followers takes one call instead of two hundred.
async function probe(search: Search, side: Side, other: Side): Promise<string | null> {
  if (other.frontier[0] !== other.end.id) return null
  const groups = groupsOf(side.frontier, TARGETS_A_CALL)
  if (groups.length >= costOf(other)) return null
  for (const targets of groups) {
    if (search.left() < 1) throw new OutOfCalls()
    const { data } = await search.asking.call(
      'relationships',
      { source: other.end.id, targets },
      search.signal,
    )
    search.report()
    const connected = other.list === 'followersIds' ? 'followed_by' : 'following'
    for (const relation of data) {
      if (!('following' in relation) || !relation[connected]) continue
      other.parents.set(relation.id, other.end.id)
      return relation.id
    }
  }
  if (side.complete) search.excluded = Math.max(search.excluded, side.depth + 1)
  return null
}

// Reads the lists of the whole frontier; the people in them are the next one. Returns who was reached from both ends, if somebody was.
async function expand(search: Search, side: Side, other: Side): Promise<string | null> {
  const next: string[] = []
  for (const group of groupsOf(await longestFirst(search, side), AT_ONCE)) {
    // The first page of each; what is left is for further pages.
    const granted = group.slice(0, Math.max(0, search.left()))
    const lists = await Promise.all(granted.map((id) => listOf(search, side, id, granted.length)))
    for (const [n, ids] of lists.entries()) {
      for (const id of ids) {
        if (side.parents.has(id)) continue
        side.parents.set(id, granted[n] as string)
        next.push(id)
      }
    }
    search.report()
    const meeting = lists.flat().find((id) => other.parents.has(id))
    if (meeting !== undefined) return meeting
    if (granted.length < group.length) throw new OutOfCalls()
  }
  side.frontier = next
  if (side.complete) side.depth += 1
  search.excluded = Math.max(search.excluded, side.depth + other.depth)
  return null
}

// People with long lists first, as each of them takes one call all the same; people with empty lists are left out.
async function longestFirst(search: Search, side: Side): Promise<string[]> {
  const ids = side.frontier
  if (ids.length < WORTH_SORTING || search.left() < 2) return ids
  const first = ids.slice(0, TARGETS_A_CALL)
  const { data } = await search.asking.call('users', { ids: first, include_html: 0 }, search.signal)
  const sorted = data
    .filter((user) => lengthOf(user, side) > 0)
    .sort((a, b) => lengthOf(b, side) - lengthOf(a, side))
  return [...sorted.map(({ id }) => id), ...ids.slice(TARGETS_A_CALL)]
}

async function listOf(search: Search, side: Side, userId: string, beside: number): Promise<string[]> {
  const found: string[] = []
  try {
    for (let page = 1, before: { before_id?: string } = {}; ; page += 1) {
      const params = { user_id: userId, count: IDS_A_CALL, ...before }
      const { data, meta } = await search.asking.call(side.list, params, search.signal)
      found.push(...data)
      if (meta.more !== true || meta.min_id === undefined) return found
      before = { before_id: meta.min_id }
      if (page >= PAGES_OF_ONE || search.left() < beside) break
    }
  } catch (error) {
    if (isError(error, 'not-found')) return found
    if (!isError(error, 'list-hidden')) throw error
  }
  side.complete = false
  return found
}
