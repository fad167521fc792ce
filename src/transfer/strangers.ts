// Knows what becomes of users whom a file of relationships names and nobody knows: made with defaults, or not.
import type { Api } from '../api.ts'
import { failureKind } from '../graph/failures.ts'
import { isoTextOfMs } from '../graph/values.ts'
import { nodeProperties } from '../users/profile.ts'
import { type ImportCounts, type ImportOptions, TIMEOUT_MS } from './into-graph.ts'
import { freeNames, renamed } from './names.ts'

// Users remembered as known; more are asked for again, so that memory stays flat.
const REMEMBERED = 1_000_000
const TRIES = 5

export type Strangers = {
  /** Looks who of these is known, and makes the others unless only known users are wanted. */
  meet(ids: bigint[]): Promise<void>
  /** Of those met last. */
  isKnown(id: bigint): boolean
}

export function createStrangers(api: Api, options: ImportOptions, counts: ImportCounts): Strangers {
  const text = (name: string) => api.queries.get(`transfer/${name}`).statement
  const known = new Set<bigint>()
  const isKnown = (id: bigint) => known.has(id) || options.supposed?.has(id) === true

  async function make(ids: bigint[]): Promise<void> {
    const created_at = isoTextOfMs((options.now ?? Date.now)())
    const date = api.graph.dateTime(created_at)
    for (let tries = 1; ; tries += 1) {
      const names = await freeNames(api, ids)
      const rows = ids.map((id) => ({
        id,
        properties: nodeProperties({ id, username: names.get(id) as string, created_at }),
        created_at: date,
      }))
      try {
        if (options.dryRun !== true)
          await api.graph.write('transfer/users', text('users'), { rows }, TIMEOUT_MS)
      } catch (error) {
        // Somebody took one of these names since they were looked for.
        if (failureKind(error) !== 'conflict' || tries === TRIES) throw error
        continue
      }
      for (const [id, name] of names) if (name !== `u${id}`) options.say?.(renamed(id, name))
      return
    }
  }

  return {
    isKnown,
    async meet(ids) {
      if (known.size > REMEMBERED) known.clear()
      const wanted = new Set(ids.filter((id) => !isKnown(id)))
      if (wanted.size === 0) return
      for (const [id] of await api.graph.read('transfer/known', text('known'), { ids: [...wanted] })) {
        known.add(id as bigint)
        wanted.delete(id as bigint)
      }
      if (wanted.size === 0 || options.knownUsers) return
      await make([...wanted])
      counts.made_users += wanted.size
      for (const id of wanted) {
        known.add(id)
        options.supposed?.add(id)
      }
    },
  }
}
