// Knows the profiles shown last, as rendered text, each proven by the hash that stands beside it in the graph.
import type { Item } from './item.ts'

/** A user's profile as a list reads it; the text is null where the service is taken to have it. */
export type ProfileColumns = [
  hash: bigint | null,
  userId: bigint,
  profile: string | Record<string, unknown> | null,
]

/**
 * The Cypher expression of ProfileColumns, for a variable `user`; `wanted` is the expression that says whether texts are. One that
 * has no hash, or was written by hand and has no text, comes as it is.
 */
export const profileExpression = (wanted: string): string =>
  `[user.rendered_hash, user.id, CASE WHEN ${wanted} OR user.rendered IS NULL OR user.rendered_hash IS NULL
    THEN coalesce(user.rendered, properties(user)) END]`

/** The statement that reads the profiles which the service turned out not to have; in a map, or each size of a list would be planned anew. */
export const profilesStatement = `UNWIND $batch.ids AS id
MATCH (user:User {id: id})
RETURN id, ${profileExpression('true')} AS profile`

/** An item whose profile is still to be put in. */
export type OpenItem = [profile: ProfileColumns, ...rest: unknown[]]

// What an entry takes beside its text.
const BESIDE = 200

// How many profiles are looked at before it is thought over whether to ask for texts, and from which shares of remembered ones on
// they are left out or asked for again. A text takes Neo4j and Node some 0.009 ms, one asked for afterwards twice that.
const LOOKS = 4_000
const LEAVE_OUT = 0.9
const ASK_AGAIN = 0.75

/**
 * The texts shown last, `most` characters of them and of what they take beside; of the oldest those go first that were not shown again.
 * @param fetch reads rows of `profilesStatement`
 */
export function createProfileMemory(
  fetch: (ids: bigint[], leftMs: number) => Promise<[id: bigint, profile: ProfileColumns][]>,
  most: number,
) {
  type Entry = { hash: bigint; text: string; shown: boolean }
  const entries = new Map<bigint, Entry>()
  let size = 0
  let [looks, found] = [0, 0]
  let wanted = true

  function put(userId: bigint, hash: bigint, text: string): void {
    const before = entries.get(userId)
    if (before !== undefined) {
      size -= before.text.length + BESIDE
      entries.delete(userId)
    }
    entries.set(userId, { hash, text, shown: false })
    size += text.length + BESIDE
    for (const [oldest, entry] of entries) {
      if (size <= most) break
      entries.delete(oldest)
      if (entry.shown) entries.set(oldest, { ...entry, shown: false })
      else size -= entry.text.length + BESIDE
    }
  }

  function look(userId: bigint, hash: bigint): string | undefined {
    looks += 1
    const entry = entries.get(userId)
    if (entry === undefined || entry.hash !== hash) return undefined
    found += 1
    entry.shown = true
    return entry.text
  }

  function thinkOver(): void {
    if (looks < LOOKS) return
    const share = found / looks
    if (wanted ? share >= LEAVE_OUT : share < ASK_AGAIN) wanted = !wanted
    ;[looks, found] = [0, 0]
  }

  return {
    /** Whether the next query had better bring the texts. */
    get wanted(): boolean {
      return wanted || most === 0
    },
    /** Puts the profiles in, within so many ms; what is left open is of users who are no more. */
    async close(items: OpenItem[], leftMs: number): Promise<void> {
      const missing: OpenItem[] = []
      for (const item of items) {
        const [hash, userId, profile] = item[0]
        // One written by hand has properties for a text, whatever its hash says.
        const known = hash === null || typeof (profile ?? '') === 'object' ? undefined : look(userId, hash)
        const text = known ?? profile
        if (text === null) missing.push(item)
        else {
          ;(item as unknown as Item)[0] = text
          if (known === undefined && hash !== null && typeof text === 'string') put(userId, hash, text)
        }
      }
      thinkOver()
      if (missing.length === 0) return
      const ids = [...new Set(missing.map(([[, userId]]) => userId))]
      const read = new Map(await fetch(ids, leftMs))
      for (const item of missing) {
        const [hash, userId, profile] = read.get(item[0][1]) ?? item[0]
        if (profile === null) continue
        ;(item as unknown as Item)[0] = profile
        if (hash !== null && typeof profile === 'string') put(userId, hash, profile)
      }
    },
  }
}

/** Whether the profile could not be put in. */
export const isOpen = (item: OpenItem | Item): boolean => Array.isArray(item[0])
