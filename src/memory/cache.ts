// What is kept of users, lists and tokens, in one cache of a size in bytes; moved on by the log's entries.
import { LRUCache } from 'lru-cache'
import type { Entry, LogEvent } from '../events/kinds.ts'
import { FOLLOWS, RELATION_KINDS, type RelationKind } from '../relations/kinds.ts'
import type { Token } from '../tokens/token.ts'
import type { Item } from '../users/item.ts'
import { Head, type HeadRow } from './head.ts'
import type { Replica } from './looks.ts'

/** A user as lists show it. `found`: also as a user, not only as a row of a list, which may be of one who is being deleted. */
export type KeptUser = {
  profile: string
  names: Item[3]
  following: bigint
  followers: bigint
  found: boolean
}
/** The lists of a user of which the newest part may be kept. */
export type HeadName = NonNullable<RelationKind['heads']['from' | 'to']>
export const HEADS: readonly HeadName[] = RELATION_KINDS.flatMap(({ heads }) => [
  heads.from,
  heads.to,
]).filter((name) => name !== null)

/** Whether a user asked for pages once, or all heads of theirs were read whole, or that is too much. */
export type Visits = 'once' | 'read' | 'long'

type Value = KeptUser | Head | Token | { visits: Visits }
/** A user by id; others by a text. */
type Key = bigint | string

/** What was the case when a read was sent whose result is to be kept. */
export type Ticket = { epoch: number; ordinal: bigint }

/** Whether an entry came behind the ticket that changed one of these: a user's relations (the id), a profile, a token. */
type Unchanged = (...keys: Key[]) => boolean

const profileKey = (id: bigint): string => `profile ${id}`
const headKey = (name: HeadName, id: bigint): string => `${name} ${id}`
const visitsKey = (id: bigint): string => `visits ${id}`

// In bytes, about, beside text and rows.
const BESIDE = { user: 400, head: 500, token: 1_000, visits: 150 }
const bytesOf = (value: Value): number => {
  if (value instanceof Head) return BESIDE.head + value.bytes
  if ('profile' in value) return BESIDE.user + value.profile.length
  return 'visits' in value ? BESIDE.visits : BESIDE.token
}
// Of so many changed users and tokens it is known when; reads that are older than that are not kept.
const MAX_CHANGED = 20_000

export type Cache = ReturnType<typeof createCache>

/** `most`: bytes. `ordinal` gives up to where the log was applied. */
export function createCache(most: number, ordinal: () => bigint | undefined) {
  const fresh = () =>
    new LRUCache<Key, Value>({
      maxSize: most,
      sizeCalculation: bytesOf,
      dispose: (value, key) => {
        if ('scopes' in value) forgetTokenOf(value, key)
      },
    })
  let kept = fresh()
  const tokensOf = new Map<bigint, Set<Key>>()
  let epoch = 0
  let changed = new Map<Key, bigint>()
  // Of what changed up to here it is not known any more what it was.
  let knownSince = 0n
  let waiting: { ticket: Ticket; put: (unchanged: Unchanged) => void }[] = []

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
    // The cache asks for a size only of what is new to it.
    kept.delete(key)
    kept.set(key, head)
  }

  function forgetProfile(at: bigint, id: bigint): void {
    note(at, profileKey(id))
    kept.delete(id)
    // They hold the type of their user.
    for (const key of tokensOf.get(id) ?? []) kept.delete(key)
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
    // Another one: to clear it would take a step an entry.
    kept = fresh()
    tokensOf.clear()
    changed = new Map()
    waiting = []
  }

  const replica: Replica = {
    apply({ ordinal, events, endings, whole }: Entry) {
      if (!whole) return empty()
      for (const event of events) applyEvent(event, ordinal)
      for (const ending of endings) {
        if ('tokenHash' in ending) {
          note(ordinal, ending.tokenHash)
          kept.delete(ending.tokenHash)
        } else if ('tokensOf' in ending) forgetProfile(ordinal, ending.tokensOf)
        else if ('userId' in ending) {
          forgetProfile(ordinal, ending.userId)
          note(ordinal, ending.userId)
          for (const name of HEADS) kept.delete(headKey(name, ending.userId))
          kept.delete(visitsKey(ending.userId))
        }
      }
    },
    empty,
    began() {
      const ready = waiting
      waiting = []
      return () => {
        for (const { ticket, put } of ready)
          if (ticket.epoch === epoch && ticket.ordinal >= knownSince)
            put((...keys) => keys.every((key) => (changed.get(key) ?? 0n) <= ticket.ordinal))
      }
    },
  }

  return {
    replica,
    /** To be had before a read is sent; undefined where its result may not be kept. */
    ticket(): Ticket | undefined {
      const at = ordinal()
      return at === undefined ? undefined : { epoch, ordinal: at }
    },
    /** Has `put` called once a look that began after now has succeeded, unless nothing of before holds then. */
    keep(ticket: Ticket | undefined, put: (unchanged: Unchanged) => void): void {
      if (ticket?.epoch === epoch) waiting.push({ ticket, put })
    },
    user: (id: bigint) => kept.get(id) as KeptUser | undefined,
    putUser(id: bigint, user: KeptUser, unchanged: Unchanged): void {
      if (!unchanged(id, profileKey(id))) return
      const old = peek<KeptUser>(id)
      if (old === undefined) kept.set(id, user)
      else old.found ||= user.found
    },
    head: (name: HeadName, id: bigint) => kept.get(headKey(name, id)) as Head | undefined,
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
    visits: (id: bigint) => (kept.get(visitsKey(id)) as { visits: Visits } | undefined)?.visits,
    putVisits: (id: bigint, visits: Visits) => void kept.set(visitsKey(id), { visits }),
    get bytes() {
      return kept.calculatedSize
    },
  }
}
