// Knows how accounts come, change and go: created, replaced or patched against what is stored, deleted in steps.
import { wallClock } from '../clock.ts'
import { createBatch } from '../graph/batch.ts'
import { failureKind } from '../graph/failures.ts'
import type { Graph, Row } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import { isoTextOfMs } from '../graph/values.ts'
import { badRequest } from '../http/errors.ts'
import { nodeProperties, type Profile, profileOf } from './profile.ts'

/** A profile whose id may be left to the graph. */
type NewUser = Omit<Profile, 'id'> & { id?: bigint }

export type Accounts = {
  /** Makes a user; without an id the next free one. Errors: 400 where the id or the username is taken. */
  create(profile: NewUser): Promise<Profile>
  /**
   * Writes what `next` makes of the stored profile (null where there is none yet; then `create` must be true).
   * Answers the profile, or null where there is no such user. Errors: 400 where the username is another's.
   */
  change(id: bigint, create: boolean, next: (stored: Profile | null) => Profile): Promise<Profile | null>
  /** The user and every relationship of theirs are gone when this resolves; false where there is no such user. */
  remove(id: bigint): Promise<boolean>
  /** Finishes deletions that a crash cut short. */
  resumeRemovals(): Promise<void>
}

const TRIES = 8
// Relationships deleted in one transaction: what others wait for at most (about 20 ms).
const PURGE_STEP = 1_000n
// A step of a deletion, which only the account system asks for: it may wait for its turn longer than a caller of the API does.
const DELETION_MS = 10_000
// Users created in one transaction, and how many may wait for theirs.
const CREATED_TOGETHER = 200
const MOST_WAITING = 10_000

/** `now` gives milliseconds since 1970. */
export function createAccounts(graph: Graph, queries: Queries, now: () => number = wallClock): Accounts {
  const text = (name: string) => queries.get(`users/${name}`).statement
  const read = (name: string, params = {}): Promise<Row[]> => graph.read(`users/${name}`, text(name), params)
  const write = (name: string, params: Record<string, unknown>, timeoutMs?: number): Promise<Row[]> =>
    graph.write(`users/${name}`, text(name), params, timeoutMs)

  const stored = (profile: Profile) => {
    const created = profile.created_at ?? isoTextOfMs(now())
    const whole = { ...profile, created_at: created }
    return { whole, params: { properties: nodeProperties(whole), created_at: graph.dateTime(created) } }
  }

  // One above the highest id.
  const nextId = async (): Promise<bigint> => {
    const [row] = await read('next-id')
    return (row?.[0] as bigint | undefined) ?? 1n
  }

  async function insert(users: NewUser[], leftMs: number): Promise<Profile[]> {
    let next = users.every(({ id }) => id !== undefined) ? 0n : await nextId()
    const made = users.map((user) => {
      const id = user.id ?? next++
      return stored({ ...user, id, username: user.username ?? `u${id}` })
    })
    await write('create', { batch: { users: made.map(({ params }) => params) } }, leftMs)
    return made.map(({ whole }) => whole)
  }

  // Whoever provisions users does so for many at once, and each transaction waits for the one before (the lock of all writers).
  const creations = createBatch<NewUser, Profile>({
    run: insert,
    size: CREATED_TOGETHER,
    inFlight: 1,
    waiting: MOST_WAITING,
    deadlineMs: graph.timeoutMs,
  })

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

  async function purge(id: bigint): Promise<void> {
    for (let left = true; left; ) {
      const [row] = await write('purge', { id, limit: PURGE_STEP }, DELETION_MS)
      left = row !== undefined && (row[0] as bigint) > 0n
    }
    await write('erase', { id }, DELETION_MS)
  }

  return {
    async create(user) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await creations.add(user)
        } catch (error) {
          if (failureKind(error) !== 'conflict') throw error
          const id = user.id ?? (await nextId())
          const refusal = await taken(id, user.username ?? `u${id}`)
          // Without an id of the caller's, another creation may just have taken the next one.
          if (user.id !== undefined || refusal.message.includes('username') || tries === TRIES) throw refusal
        }
      }
    },

    async change(id, create, next) {
      for (let tries = 1; tries <= TRIES; tries += 1) {
        const [row] = await read('profile', { id })
        const properties = (row?.[0] ?? null) as Record<string, unknown> | null
        if (properties === null && !create) return null
        if (properties === null && row?.[1] === true) await purge(id)
        const profile = next(properties === null ? null : profileOf(properties))
        try {
          if (properties === null) return await creations.add(profile)
          const { whole, params } = stored(profile)
          // What changes nothing is no event.
          if (isSame(properties, params.properties)) return whole
          const seen = `${properties.rendered ?? ''}${properties.annotations ?? ''}`
          if ((await write('replace', { id, seen, ...params })).length > 0) return whole
        } catch (error) {
          if (failureKind(error) !== 'conflict') throw error
          const refusal = await taken(id, profile.username ?? `u${id}`)
          if (refusal.message.includes('username')) throw refusal
        }
      }
      throw badRequest('this user is being changed by many others at once; try again.')
    },

    async remove(id) {
      const [row] = await read('profile', { id })
      if (row === undefined || (row[0] === null && row[1] === false)) return false
      await write('depart', { id }, DELETION_MS)
      await purge(id)
      return true
    },

    async resumeRemovals() {
      for (const [id] of await read('gone')) await purge(id as bigint)
    },
  }
}

// The rendered text holds every property that is shown; of a user made by hand there is none.
const isSame = (stored: Record<string, unknown>, next: Record<string, unknown>): boolean =>
  stored.rendered === next.rendered && (stored.annotations ?? null) === next.annotations
