// Knows the profiles shown last, as rendered text, each proven by the hash that stands beside it in the graph.
import type { Item } from './item.ts'
import { makeRoom } from './second-chance.ts'

/** What is told of a user where the service is not taken to have it; the last only where it is asked for. */
export type Told = [profile: Item[0], mentions: Item[3], annotations: Item[4]]

/** A user's profile as a list reads it. */
export type ProfileColumns = [userId: bigint, hash: bigint | null, told: Told | null, ...others: unknown[]]

/**
 * The Cypher expressions of ProfileColumns, for a variable `user`; `$batch.texts` says whether texts are wanted, `$batch.annotations`
 * whether those are. A user made by hand has no hash, and its profile comes as it is. Each property that is not read spares 0.01 to
 * 0.03 ms a page of 21.
 */
export const profileExpressions = `user.id, user.rendered_hash, CASE WHEN $batch.texts OR user.rendered_hash IS NULL
    THEN [coalesce(user.rendered, properties(user)), user.mentions, CASE WHEN $batch.annotations THEN user.annotations END] END`

/** The statement that reads the profiles which the service turned out not to have; in a map, or each size of a list would be planned anew. */
export const profilesStatement = `UNWIND $batch.ids AS id
MATCH (user:User {id: id})
RETURN ${profileExpressions} AS told`

// What an entry takes beside its text.
const BESIDE = 260
const sizeOf = ([text]: Told): number => String(text).length + BESIDE

// How many profiles are looked at before it is thought over whether to ask for texts, and from which shares of remembered ones on
// they are left out or asked for again. A text takes Neo4j and Node some 0.009 ms, one asked for afterwards
// twice that, and the second query for a batch some 0.5 ms.
const LOOKS = 4_000
const LEAVE_OUT = 0.85
const ASK_AGAIN = 0.7

/** A profile as it is remembered; `told` is null once it is not any more. */
export type RememberedProfile = { hash: bigint; told: Told | null; again: boolean }

/**
 * The texts shown last, `most` characters of them and of what they take beside; of the oldest those go first that were not shown again.
 * @param fetch reads rows of `profilesStatement`
 */
export function createProfileMemory(
  fetch: (ids: bigint[], leftMs: number) => Promise<ProfileColumns[]>,
  most: number,
) {
  const entries = new Map<bigint, RememberedProfile>()
  let size = 0
  let [looks, found] = [0, 0]
  let wanted = true

  function put([userId, hash, told]: ProfileColumns): void {
    const [text, mentions] = told as Told
    // One written by hand has properties for a text, whatever its hash says.
    if (hash === null || typeof text !== 'string') return
    forget(userId)
    const remembered: Told = [text, mentions, null]
    entries.set(userId, { hash, told: remembered, again: false })
    size += sizeOf(remembered)
    makeRoom(entries, () => size > most, forget)
  }

  function forget(userId: bigint): void {
    const entry = entries.get(userId)
    if (entry?.told == null) return
    size -= sizeOf(entry.told)
    entry.told = null
    entries.delete(userId)
  }

  /** The profile of a user with such a hash, where it is remembered. */
  function recall(userId: bigint, hash: bigint): RememberedProfile | undefined {
    const entry = entries.get(userId)
    if (entry === undefined || entry.hash !== hash) return undefined
    entry.again = true
    return entry
  }

  function look(userId: bigint, hash: bigint | null): Told | undefined {
    // Such a one comes with its text whether texts are asked for or not.
    if (hash === null) return undefined
    const told = recall(userId, hash)?.told ?? undefined
    looks += 1
    if (told !== undefined) found += 1
    return told
  }

  function thinkOver(): void {
    if (looks < LOOKS) return
    const share = found / looks
    if (wanted ? share >= LEAVE_OUT : share < ASK_AGAIN) wanted = !wanted
    ;[looks, found] = [0, 0]
  }

  return {
    recall,
    /** Whether the next query had better bring the texts. */
    get wanted(): boolean {
      return wanted || most === 0
    },
    /** Puts in what was not told, within so many ms; what is then still null is of users who are no more. */
    async complete(profiles: ProfileColumns[], leftMs: number): Promise<void> {
      const missing: ProfileColumns[] = []
      for (const profile of profiles) {
        const [userId, hash, told] = profile
        const known = look(userId, hash)
        if (known === undefined) {
          if (told === null) missing.push(profile)
          else put(profile)
        } else if (told === null) profile[2] = known
        // The text that is remembered already is the one to keep.
        else if (typeof told[0] === 'string') told[0] = known[0]
      }
      thinkOver()
      if (missing.length === 0) return
      const read = await fetch([...new Set(missing.map(([userId]) => userId))], leftMs)
      const tell = new Map(read.map((profile) => [profile[0], profile]))
      for (const profile of missing) {
        const now = tell.get(profile[0])
        if (now === undefined) continue
        profile[2] = now[2]
        put(now)
      }
    },
  }
}
