// The memory's cache: users, the newest parts of lists, and tokens. Its size is limited in bytes, and the log's entries update it.
import { LRUCache } from 'lru-cache'
import type { LogEntry, LogEvent } from '../events/kinds.ts'
import { FOLLOWS, RELATION_KINDS, type RelationKind } from '../relations/kinds.ts'
import type { Token } from '../tokens/token.ts'
import type { Item } from '../users/item.ts'
import { Head, type HeadRow } from './head.ts'
import type { Replica } from './log-poll.ts'

/**
 * A user as lists show it. `confirmed`: it was read as a user. If it was only read as a row of a list, it may be a user who is being
 * deleted.
 */
export type KeptUser = {
  profile: string
  names: Item[3]
  following: bigint
  followers: bigint
  confirmed: boolean
}
/** The lists of a user whose newest part (head) may be cached. */
export type HeadName = NonNullable<RelationKind['heads']['from' | 'to']>
export const HEADS: readonly HeadName[] = RELATION_KINDS.flatMap(({ heads }) => [
  heads.from,
  heads.to,
]).filter((name) => name !== null)

/** The state of a viewer: `once` after the first request, `read` after all their heads were read, `long` if their lists are too long for that. */
export type Visits = 'once' | 'read' | 'long'

type Value = KeptUser | Head | Token | { visits: Visits } | { hides: boolean }
/** The key of a user is the id; the keys of all other values are texts. */
type Key = bigint | string

/** The state of the cache when a read was sent whose result is to be cached. */
export type ReadPoint = { epoch: number; ordinal: bigint }

/** Whether none of these was changed by a log entry after the read point: a user's relations (the key is the id), a profile, a token. */
type Unchanged = (...keys: Key[]) => boolean

const profileKey = (id: bigint): string => `profile ${id}`
const headKey = (list: string, id: bigint): string => `${list} ${id}`
const visitsKey = (id: bigint): string => `visits ${id}`
const hidesKey = (id: bigint): string => `hides ${id}`

// The approximate sizes in bytes, without text and rows.
const OVERHEAD = { user: 400, head: 500, token: 1_000, visits: 150 }
const bytesOf = (value: Value): number => {
  if (value instanceof Head) return OVERHEAD.head + value.bytes
  if ('profile' in value) return OVERHEAD.user + value.profile.length
  return 'visits' in value || 'hides' in value ? OVERHEAD.visits : OVERHEAD.token
}
// The largest number of changed users and tokens whose last change is remembered. If there are more, all are forgotten, and reads that began
// before then are not cached.
const MAX_CHANGED = 20_000

export type Cache = ReturnType<typeof createCache>

/** A cache of up to `maxBytes`. `ordinal` returns the ordinal of the last entry of the log that was applied. */
export function createCache(maxBytes: number, ordinal: () => bigint | undefined) {
  const fresh = () =>
    new LRUCache<Key, Value>({
      maxSize: maxBytes,
      sizeCalculation: bytesOf,
      dispose: (value, key) => {
        if ('scopes' in value) forgetTokenOf(value, key)
      },
    })
  let kept = fresh()
  const tokensOf = new Map<bigint, Set<Key>>()
  let epoch = 0
  let changed = new Map<Key, bigint>()
  // `changed` is complete only for entries after this ordinal.
  let knownSince = 0n
  let waiting: { readPoint: ReadPoint; put: (unchanged: Unchanged) => void }[] = []

  function forgetTokenOf({ user }: Token, key: Key): void {
    const others = user === null ? undefined : tokensOf.get(user.id)
    others?.delete(key)
    if (user !== null && others?.size === 0) tokensOf.delete(user.id)
  }

  function note(at: bigint, ...keys: Key[]): void {
    for (const key of keys) changed.set(key, at)
    if (changed.size <= MAX_CHANGED) return
    changed = new Map()
    knownSince = at
  }

  const peek = <One extends Value>(key: Key): One | undefined => kept.peek(key) as One | undefined

  function count(id: bigint, following: bigint, followers: bigint): void {
    const user = peek<KeptUser>(id)
    if (user === undefined) return
    user.following += following
    user.followers += followers
  }

  function move(name: HeadName | null, id: bigint, row: HeadRow | bigint): void {
    if (name === null) return
    const key = headKey(name, id)
    const head = peek<Head>(key)
    if (head === undefined) return
    const before = head.bytes
    if (typeof row === 'bigint') head.remove(row)
    else head.add(row)
    if (head.bytes === before) return
    // LRUCache does not compute the size again if a key is set to the value that it already has.
    kept.delete(key)
    kept.set(key, head)
  }

  function forgetProfile(at: bigint, id: bigint): void {
    note(at, profileKey(id))
    kept.delete(id)
    kept.delete(hidesKey(id))
    // Tokens contain the type of their user.
    for (const key of tokensOf.get(id) ?? []) kept.delete(key)
  }

  function forgetRelations(at: bigint, id: bigint): void {
    note(at, id)
    for (const name of HEADS) kept.delete(headKey(name, id))
  }

  function applyEvent(event: LogEvent, at: bigint): void {
    const { kind, from, to, paginationId } = event
    const forward: HeadRow | bigint = kind.ended ? to : [paginationId, to, event.at / 1000n]
    const back: HeadRow | bigint = kind.ended ? from : [paginationId, from, event.at / 1000n]
    const by = kind.ended ? -1n : 1n
    if (kind.type === 'user') forgetProfile(at, from)
    else if (kind.type === 'reset') empty()
    else note(at, from, to)
    if (kind.relation === undefined) return
    if (kind.relation === FOLLOWS) {
      count(from, by, 0n)
      count(to, 0n, by)
    }
    const { heads } = kind.relation
    move(heads.from, from, forward)
    move(heads.to, to, back)
  }

  function empty(): void {
    epoch += 1
    // A new cache, because clearing the old one takes time in proportion to its entries.
    kept = fresh()
    tokensOf.clear()
    changed = new Map()
    // Read points from before this are refused by their epoch. A log that was put back continues at lower ordinals.
    knownSince = 0n
    waiting = []
  }

  const replica: Replica = {
    apply({ ordinal, events, internalChanges, whole }: LogEntry) {
      if (!whole) return empty()
      for (const event of events) applyEvent(event, ordinal)
      for (const internal of internalChanges) {
        if ('tokenHash' in internal) {
          note(ordinal, internal.tokenHash)
          kept.delete(internal.tokenHash)
        } else if ('tokensOf' in internal) forgetProfile(ordinal, internal.tokensOf)
        else if ('userId' in internal) {
          forgetProfile(ordinal, internal.userId)
          forgetRelations(ordinal, internal.userId)
          kept.delete(visitsKey(internal.userId))
        } else if ('moved' in internal)
          for (const id of internal.moved) {
            forgetRelations(ordinal, id)
            // The cached user contains the counts.
            kept.delete(id)
          }
      }
    },
    empty,
    pollBegan() {
      const ready = waiting
      waiting = []
      return () => {
        for (const { readPoint, put } of ready)
          if (readPoint.epoch === epoch && readPoint.ordinal >= knownSince)
            put((...keys) => keys.every((key) => (changed.get(key) ?? 0n) <= readPoint.ordinal))
      }
    },
  }

  return {
    replica,
    /** Must be called before a read is sent; undefined if its result may not be cached. */
    readPoint(): ReadPoint | undefined {
      const at = ordinal()
      return at === undefined ? undefined : { epoch, ordinal: at }
    },
    /** Calls `put` when a poll that began after this call has succeeded, unless the cache was emptied since the read point. */
    keep(readPoint: ReadPoint | undefined, put: (unchanged: Unchanged) => void): void {
      if (readPoint?.epoch === epoch) waiting.push({ readPoint, put })
    },
    user: (id: bigint) => kept.get(id) as KeptUser | undefined,
    putUser(id: bigint, user: KeptUser, unchanged: Unchanged): void {
      if (!unchanged(id, profileKey(id))) return
      const old = peek<KeptUser>(id)
      if (old === undefined) kept.set(id, user)
      else old.confirmed ||= user.confirmed
    },
    /** The cached head of a list; undefined if there is none, as for lists that are never cached. */
    head: (list: string, id: bigint) => kept.get(headKey(list, id)) as Head | undefined,
    putHead(
      name: HeadName,
      id: bigint,
      change: (old: Head | undefined) => Head | undefined,
      unchanged: Unchanged,
    ): void {
      const key = headKey(name, id)
      const head = unchanged(id) ? change(peek<Head>(key)) : undefined
      if (head !== undefined) kept.set(key, head)
    },
    token: (hash: string) => kept.get(hash) as Token | undefined,
    putToken(hash: string, token: Token, unchanged: Unchanged): void {
      const { user } = token
      if (!unchanged(hash) || (user !== null && !unchanged(profileKey(user.id)))) return
      kept.set(hash, token)
      if (user !== null) tokensOf.set(user.id, (tokensOf.get(user.id) ?? new Set()).add(hash))
    },
    /** Whether the user hides lists; undefined if that is not cached. */
    hides: (id: bigint) => (kept.get(hidesKey(id)) as { hides: boolean } | undefined)?.hides,
    putHides(id: bigint, hides: boolean, unchanged: Unchanged): void {
      if (unchanged(profileKey(id))) kept.set(hidesKey(id), { hides })
    },
    visits: (id: bigint) => (kept.get(visitsKey(id)) as { visits: Visits } | undefined)?.visits,
    putVisits: (id: bigint, visits: Visits) => void kept.set(visitsKey(id), { visits }),
    get bytes() {
      return kept.calculatedSize
    },
  }
}
