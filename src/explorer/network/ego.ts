// Reads the network around a user: whom the user follows, and who follows whom among them.
import type { FollowGraphClient, User } from '../../client/client.ts'
import { type Asking, createAsking, groupsOf, inParallel, isError } from './asking.ts'

/** The most people of a network; their number is also about the number of calls. */
export const MOST_PEOPLE = 2_000
/** How many are read at first: the newest. */
export const FIRST_PEOPLE = 200

const USERS_A_CALL = 200
const TARGETS_A_CALL = 200
const IDS_A_CALL = 5_000
// Browsers open up to six connections to a service.
const AT_ONCE = 6

export type Person = { id: string; username: string; name: string; followers: number; following: number }
/** The people whom the user followed last come first. A follow is two indexes: who follows, who is followed. */
export type Network = { people: Person[]; follows: (readonly [number, number])[] }
export type Progress = { done: number; of: number; requests: number }

export type Ego = {
  owner: User
  /** How many people the network can have: those whom the user follows, up to MOST_PEOPLE. */
  available: number
  /**
   * The network of the newest `count` people. Whom they follow is read once: a second call with a larger count reads what is
   * missing, and a call after a failure goes on where the failed one stopped.
   */
  read(
    count: number,
    options: { signal: AbortSignal; onProgress?: (progress: Progress) => void },
  ): Promise<Network>
}

/** Reads the user and the ids of whom the user follows. A user who hides lists is a FollowGraphError `list-hidden`. */
export async function openEgo(client: FollowGraphClient, userId: string, signal: AbortSignal): Promise<Ego> {
  const asking = createAsking(client)
  const { data: owner } = await asking.call('user', { user_id: userId }, signal)
  const newest = { user_id: userId, count: MOST_PEOPLE }
  const { data: order } = await asking.call('followingIds', newest, signal)
  const known = new Set(order)
  const people = new Map<string, Person & { hidesLists: boolean }>()
  const follows = new Map<string, string[]>()

  async function readPeople(ids: string[], options: { signal: AbortSignal }): Promise<void> {
    const missing = ids.filter((id) => !people.has(id))
    await inParallel(groupsOf(missing, USERS_A_CALL), AT_ONCE, async (group) => {
      const { data } = await asking.call('users', { ids: group, include_html: 0 }, options.signal)
      for (const user of data) people.set(user.id, personOf(user))
    })
  }

  return {
    owner,
    available: order.length,
    async read(count, { signal, onProgress = () => undefined }) {
      const ids = order.slice(0, count)
      const progress = () => {
        const done = ids.filter((id) => follows.has(id)).length
        onProgress({ done, of: ids.length, requests: asking.requests() })
      }
      progress()
      await readPeople(ids, { signal })
      // Users who were deleted in the meantime are in no answer; nothing is left to read of them.
      for (const id of ids) if (!people.has(id)) follows.set(id, [])
      const there = ids.flatMap((id) => people.get(id) ?? [])
      const missing = there.filter(({ id }) => !follows.has(id))
      await inParallel(missing, AT_ONCE, async (person) => {
        const found = await followedAmong(asking, person, order, known, signal)
        follows.set(person.id, found)
        progress()
      })
      return networkOf(there, follows)
    },
  }
}

const personOf = (user: User) => ({
  id: user.id,
  username: user.username,
  name: user.name,
  followers: user.counts.followers,
  following: user.counts.following,
  hidesLists: user.hides_lists === true,
})

// Whom a person follows among `order`, in as few calls as possible: one for each 5,000 whom the person follows, or one for each 200
// of `order`. The second also works where the person hides lists.
async function followedAmong(
  asking: Asking,
  person: Person & { hidesLists: boolean },
  order: readonly string[],
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string[]> {
  if (person.following === 0) return []
  const callsByLists = Math.ceil(person.following / IDS_A_CALL)
  const callsByTargets = Math.ceil(order.length / TARGETS_A_CALL)
  try {
    if (!person.hidesLists && callsByLists <= callsByTargets)
      return await byLists(asking, person.id, known, signal).catch((error: unknown) => {
        // The person began to hide lists in the meantime.
        if (isError(error, 'list-hidden')) return byTargets(asking, person.id, order, signal)
        throw error
      })
    return await byTargets(asking, person.id, order, signal)
  } catch (error) {
    // The person was deleted in the meantime.
    if (isError(error, 'not-found')) return []
    throw error
  }
}

async function byTargets(
  asking: Asking,
  userId: string,
  order: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const found: string[] = []
  for (const targets of groupsOf(order, TARGETS_A_CALL)) {
    const { data } = await asking.call('relationships', { source: userId, targets }, signal)
    for (const relation of data) if ('following' in relation && relation.following) found.push(relation.id)
  }
  return found
}

async function byLists(
  asking: Asking,
  userId: string,
  known: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<string[]> {
  const found: string[] = []
  for (let before: { before_id?: string } = {}; ; ) {
    const params = { user_id: userId, count: IDS_A_CALL, ...before }
    const { data, meta } = await asking.call('followingIds', params, signal)
    for (const id of data) if (known.has(id)) found.push(id)
    if (meta.more !== true || meta.min_id === undefined) return found
    before = { before_id: meta.min_id }
  }
}

function networkOf(people: readonly Person[], follows: ReadonlyMap<string, readonly string[]>): Network {
  const place = new Map(people.map(({ id }, index) => [id, index]))
  return {
    people: people.map(({ id, username, name, followers, following }) => ({
      id,
      username,
      name,
      followers,
      following,
    })),
    follows: people.flatMap(({ id }, from) =>
      (follows.get(id) ?? []).flatMap((other) => {
        const to = place.get(other)
        return to === undefined ? [] : [[from, to] as const]
      }),
    ),
  }
}
