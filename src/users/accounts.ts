// Knows how accounts come, change and go: created, replaced or patched against what is stored, deleted in steps.
import { failureKind } from '../graph/failures.ts'
import type { Graph, Row } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import { isoTextOfMs } from '../graph/values.ts'
import { badRequest } from '../http/errors.ts'
import { nodeProperties, type Profile, profileOf } from './profile.ts'

export type Accounts = {
  /** Makes a user; without an id the next free one. Errors: 400 where the id or the username is taken. */
  create(profile: Omit<Profile, 'id'> & { id?: bigint }): Promise<Profile>
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

/** `now` gives milliseconds since 1970. */
export function createAccounts(graph: Graph, queries: Queries, now: () => number = Date.now): Accounts {
  const text = (name: string) => queries.get(`users/${name}`).statement
  const read = (name: string, params = {}): Promise<Row[]> => graph.read(`users/${name}`, text(name), params)
  const write = (name: string, params: Record<string, unknown>): Promise<Row[]> =>
    graph.write(`users/${name}`, text(name), params)

  const stored = (profile: Profile) => {
    const created = profile.created_at ?? isoTextOfMs(now())
    const whole = { ...profile, created_at: created }
    return { whole, params: { properties: nodeProperties(whole), created_at: graph.dateTime(created) } }
  }

  async function insert(profile: Profile): Promise<Profile> {
    const { whole, params } = stored(profile)
    await write('create', params)
    return whole
  }

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
      const [row] = await write('purge', { id, limit: PURGE_STEP })
      left = row !== undefined && (row[0] as bigint) > 0n
    }
    await write('erase', { id })
  }

  return {
    async create(wish) {
      for (let tries = 1; ; tries += 1) {
        const [next] = wish.id === undefined ? await read('next-id') : []
        const id = wish.id ?? (next?.[0] as bigint | undefined) ?? 1n
        const username = wish.username ?? `u${id}`
        try {
          return await insert({ ...wish, id, username })
        } catch (error) {
          if (failureKind(error) !== 'conflict') throw error
          const refusal = await taken(id, username)
          // Without an id of the caller's, another creation may just have taken the next one.
          if (wish.id !== undefined || refusal.message.includes('username') || tries === TRIES) throw refusal
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
          if (properties === null) return await insert(profile)
          const { whole, params } = stored(profile)
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
      await write('depart', { id })
      await purge(id)
      return true
    },

    async resumeRemovals() {
      for (const [id] of await read('gone')) await purge(id as bigint)
    },
  }
}
