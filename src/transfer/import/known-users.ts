// Checks which users of a file of relationships exist, and creates the missing ones with defaults if that is allowed.

import { wallClock } from '../../clock.ts'
import { failureKind } from '../../graph/failures.ts'
import { isoTextOfMs } from '../../graph/values.ts'
import type { Parts } from '../../parts.ts'
import { nodeProperties } from '../../users/profile.ts'
import { freeNames, renamed } from './names.ts'
import { type ImportCounts, type ImportOptions, TIMEOUT_MS } from './options.ts'

// The size of the cache of existing users.
const CACHED = 1_000_000
const TRIES = 5

export type KnownUsers = {
  /** Checks which of these users exist, and creates the others unless `options.knownUsers` forbids it. */
  ensure(ids: bigint[]): Promise<void>
  /** Whether a user of the last `ensure` exists. */
  has(id: bigint): boolean
}

export function createKnownUsers(parts: Parts, options: ImportOptions, counts: ImportCounts): KnownUsers {
  const text = (name: string) => parts.queries.get(`transfer/${name}`).statement
  const known = new Set<bigint>()
  const has = (id: bigint) => known.has(id) || options.supposed?.has(id) === true

  // Resolves with the ids that must be written again: their predecessors were being deleted, and are gone now.
  async function write(rows: { id: bigint }[]): Promise<bigint[]> {
    await options.changing()
    const made = await parts.graph.write('transfer/users', text('users'), { rows }, TIMEOUT_MS)
    const left = new Set(rows.map(({ id }) => id))
    for (const [id] of made) left.delete(id as bigint)
    if (left.size === 0) return []
    await parts.accounts.resumeRemovals(left)
    for (const [id] of await parts.graph.read('transfer/known', text('known'), { ids: [...left] }))
      left.delete(id as bigint)
    return [...left]
  }

  async function make(ids: bigint[]): Promise<void> {
    const created_at = isoTextOfMs((options.now ?? wallClock)())
    const date = parts.graph.dateTime(created_at)
    for (let tries = 1; ; tries += 1) {
      const names = await freeNames(parts, ids)
      const rows = ids.map((id) => ({
        id,
        properties: nodeProperties({ id, username: names.get(id) as string, created_at }),
        created_at: date,
        // Who exists by now stays as it is.
        stored: '',
      }))
      let again: bigint[] = []
      try {
        if (options.dryRun !== true) again = await write(rows)
      } catch (error) {
        // Another client has taken one of these names since the check.
        if (failureKind(error) !== 'conflict' || tries === TRIES) throw error
        continue
      }
      for (const [id, name] of names)
        if (name !== `u${id}` && !again.includes(id)) options.say?.(renamed(id, name))
      if (again.length > 0) await make(again)
      return
    }
  }

  return {
    has,
    async ensure(ids) {
      if (known.size > CACHED) known.clear()
      const missing = new Set(ids.filter((id) => !has(id)))
      if (missing.size === 0) return
      for (const [id] of await parts.graph.read('transfer/known', text('known'), { ids: [...missing] })) {
        known.add(id as bigint)
        missing.delete(id as bigint)
      }
      if (missing.size === 0 || options.knownUsers) return
      await make([...missing])
      counts.made_users += missing.size
      for (const id of missing) {
        known.add(id)
        options.supposed?.add(id)
      }
    },
  }
}
