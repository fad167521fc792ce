// Creates, changes and deletes users.
import { monotonic, wallClock } from '../clock.ts'
import { createBatch } from '../graph/batch.ts'
import { failureKind, GraphUnavailable } from '../graph/failures.ts'
import type { Graph, Row } from '../graph/graph.ts'
import { createKeyedQueue } from '../graph/keyed-queue.ts'
import type { Queries } from '../graph/queries.ts'
import { isoTextOfMs } from '../graph/values.ts'
import { badRequest } from '../http/errors.ts'
import { defaultName } from './default-name.ts'
import { isStored, nodeProperties, type Profile, profileOf } from './profile.ts'

/** A profile; without an id it gets the next free one. */
type NewUser = Omit<Profile, 'id'> & { id?: bigint }
/** `written` is false if the deletion of a user with this id is not finished. */
type Creation = { profile: Profile; written: boolean }

export type Accounts = {
  /** Creates a user. Errors: 400 if the id or the username is taken. */
  create(profile: NewUser): Promise<Profile>
  /**
   * Replaces the stored profile with the result of `next`, which is called with the stored profile, or with null if the user does not
   * exist and `create` is true. Resolves with the new profile, or with null if there is no such user and `create` is false.
   * `next` is called again if somebody else changes the user meanwhile. Errors: 400 if another user has the username; not with `keepsName`, which
   * says that `next` leaves the username as it is: by Cypher a user may have got the name of another. Changes of one user are made one after the
   * other; GraphUnavailable if that takes too long, if other instances change the user all the time, or once `until` is over (on the monotonic clock).
   */
  change(
    id: bigint,
    create: boolean,
    next: (stored: Profile | null) => Profile,
    keepsName?: boolean,
    until?: number,
  ): Promise<Profile | null>
  /** Removes the user's `moved_to`, if that still is `to`. */
  forgetMove(id: bigint, to: bigint): Promise<void>
  /** Deletes the user and all its relationships; resolves with false if there is no such user. */
  remove(id: bigint): Promise<boolean>
  /** The users whose deletion was begun and is not finished, with the number of relationships and tokens that are left. */
  unfinishedRemovals(): Promise<Map<bigint, bigint>>
  /**
   * Finishes deletions that were interrupted, for example by a crash: all, or those of the users `only`; resolves with their number. One that fails
   * does not stop the others; rejects at the end then.
   */
  resumeRemovals(only?: ReadonlySet<bigint>): Promise<number>
}

const MAX_TRIES = 8
// A change that has waited longer for those before it is answered 503 soon.
const MOST_WAIT_MS = 2_400
// Tokens or relationships deleted in one transaction, during which other writers wait (about 20 ms).
const PURGE_STEP = 1_000n
// The timeout of one step of a deletion. Only the account system deletes users, so it may wait for the lock longer than other calls.
const DELETION_MS = 10_000
// Users created in one transaction, and the length of the queue.
const CREATE_BATCH = 200
const MAX_WAITING = 10_000

/** The profile with its created_at, and the parameters of the statements that write it. `now` gives milliseconds since 1970. */
export function writtenProfile(graph: Pick<Graph, 'dateTime'>, profile: Profile, now: () => number) {
  const created = profile.created_at ?? isoTextOfMs(now())
  const dated = { ...profile, created_at: created }
  return { dated, params: { properties: nodeProperties(dated), created_at: graph.dateTime(created) } }
}

/**
 * What a change that is not about the username writes: everything but its key. By Cypher a user may have got the name of another, and then the key
 * could not be written. Until the audit mends that, the user keeps the key that it has.
 */
export function profileWithoutKey(
  ...given: Parameters<typeof writtenProfile>
): ReturnType<typeof writtenProfile> {
  const { dated, params } = writtenProfile(...given)
  const { username_key: _, ...properties } = params.properties
  return { dated, params: { ...params, properties } }
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What `users/replace` compares: a user whose text differs was changed since it was read. What Cypher has written that is no text does not count. */
export const storedText = ({ rendered, annotations }: Record<string, unknown>): string =>
  textIn(rendered) + textIn(annotations)

/** `now` gives milliseconds since 1970. */
export function createAccounts(graph: Graph, queries: Queries, now: () => number = wallClock): Accounts {
  const text = (name: string) => queries.get(`users/${name}`).statement
  const read = (name: string, params = {}, timeoutMs?: number): Promise<Row[]> =>
    graph.read(`users/${name}`, text(name), params, timeoutMs)
  const write = (name: string, params: Record<string, unknown>, timeoutMs?: number): Promise<Row[]> =>
    graph.write(`users/${name}`, text(name), params, timeoutMs)

  const prepare = (profile: Profile, written = writtenProfile) => written(graph, profile, now)

  const nextId = async (): Promise<bigint> => ((await read('next-id')) as [[bigint]])[0][0]

  async function insert(users: NewUser[], leftMs: number): Promise<Creation[]> {
    let next = users.every(({ id }) => id !== undefined) ? 0n : await nextId()
    const prepared = users.map((user) => {
      const id = user.id ?? next++
      return prepare({ ...user, id, username: user.username ?? `u${id}` })
    })
    const rows = await write('create', { batch: { users: prepared.map(({ params }) => params) } }, leftMs)
    const written = new Set(rows.map(([id]) => id))
    return prepared.map(({ dated }) => ({ profile: dated, written: written.has(dated.id) }))
  }

  // Account systems create many users at the same time. Transactions run one after the other (the lock of all writers), so users share them.
  const creations = createBatch<NewUser, Creation>({
    run: insert,
    size: CREATE_BATCH,
    inFlight: 1,
    waiting: MAX_WAITING,
    deadlineMs: graph.timeoutMs,
  })

  // A new user must not get the relationships of a deleted one, so the deletion of its namesake by id is finished first.
  async function add(user: NewUser): Promise<Profile> {
    for (;;) {
      const { profile, written } = await creations.add(user)
      if (written) return profile
      await purge(profile.id)
    }
  }

  // The 400 for an id or a username that violates a constraint.
  async function taken(id: bigint, username: string): Promise<Error> {
    const [row] = await read('find', { batch: { usernames: [username.toLowerCase()] } })
    const owner = row?.[1] ?? null
    if (owner !== null && owner !== id)
      return badRequest(
        `the username ${username} is taken by another user; choose another.`,
        'username-taken',
      )
    return badRequest(`the id ${id} is taken; choose another.`)
  }

  async function change(
    id: bigint,
    create: boolean,
    next: (stored: Profile | null) => Profile,
    keepsName = false,
    until = Number.POSITIVE_INFINITY,
  ): Promise<Profile | null> {
    let written = writtenProfile
    // A request that was answered 503 must not write over what its caller has changed since.
    const left = () => {
      const ms = Math.min(graph.timeoutMs, until - monotonic())
      if (ms <= 0) throw new GraphUnavailable('slow')
      return ms
    }
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      const [row] = await read('profile', { id }, left())
      const properties = (row?.[0] ?? null) as Record<string, unknown> | null
      if (properties === null && !create) return null
      const profile = next(properties === null ? null : profileOf(properties))
      try {
        if (properties === null) {
          left()
          return await add(profile)
        }
        const { dated, params } = prepare(profile, written)
        // Writing would add an event although nothing changes.
        if (isStored(properties, params.properties)) return dated
        const stored = storedText(properties)
        if ((await write('replace', { id, stored, ...params }, left())).length > 0) return dated
      } catch (error) {
        if (failureKind(error) !== 'conflict') throw error
        const refusal = await taken(id, profile.username ?? `u${id}`)
        if (!refusal.message.includes('username')) continue
        if (!keepsName || written === profileWithoutKey) throw refusal
        written = profileWithoutKey
      }
    }
    throw new GraphUnavailable('busy')
  }

  async function forgetMove(id: bigint, to: bigint): Promise<void> {
    const next = (stored: Profile | null): Profile => {
      const { moved_to, ...others } = stored as Profile
      return moved_to === to ? others : (stored as Profile)
    }
    await change(id, false, next, true)
  }

  async function purge(id: bigint): Promise<void> {
    for (const step of ['purge-tokens', 'purge'])
      for (let left = true; left; ) {
        const [row] = await write(step, { id, limit: PURGE_STEP }, DELETION_MS)
        left = row?.[0] === PURGE_STEP
      }
    // A profile that cannot be written keeps its moved_to, which the audit finds, and not the user from being deleted.
    for (const [other] of await read('moved-to', { id }))
      await forgetMove(other as bigint, id).catch((error: unknown) => {
        if (failureKind(error) === 'unavailable') throw error
      })
    await write('erase', { id }, DELETION_MS)
  }

  const unfinishedRemovals = async () => new Map((await read('gone')) as [bigint, bigint][])

  // Without this queue, each change of a user fails all others that were read before it: of 18 at once by one instance two failed eight times.
  const oneAtATime = createKeyedQueue<bigint>(MOST_WAIT_MS)

  return {
    change: (id, ...how) => oneAtATime(id, () => change(id, ...how)),
    forgetMove,

    async create(user) {
      let given = user
      for (let tries = 1; ; tries += 1) {
        try {
          return await add(given)
        } catch (error) {
          if (failureKind(error) !== 'conflict') throw error
          const id = user.id ?? (await nextId())
          const refusal = await taken(id, given.username ?? `u${id}`)
          if (tries === MAX_TRIES) throw refusal
          if (refusal.message.includes('username')) {
            if (user.username !== undefined) throw refusal
            // The default name is taken: another one, as an import gives it.
            given = { ...user, username: defaultName(id, tries) }
          } else if (user.id !== undefined) throw refusal
          // If the caller gave no id, another creation may have taken the next free id meanwhile: try again.
        }
      }
    },

    async remove(id) {
      const [row] = await read('profile', { id })
      if (row === undefined || (row[0] === null && row[1] === false)) return false
      await write('depart', { id }, DELETION_MS)
      await purge(id)
      return true
    },

    unfinishedRemovals,

    async resumeRemovals(only) {
      const ids = [...(await unfinishedRemovals()).keys()].filter((id) => only?.has(id) ?? true)
      const failures: unknown[] = []
      for (const id of ids)
        await purge(id).catch((error: unknown) => {
          if (failureKind(error) === 'unavailable') throw error
          failures.push(error)
        })
      if (failures.length > 0) throw failures[0]
      return ids.length
    },
  }
}
