// The door of the memory: reads with the interfaces of the plain ones, which answer from what is kept where all of it is there.
import { wallClock } from '../clock.ts'
import type { Log } from '../events/log.ts'
import type { Graph } from '../graph/graph.ts'
import { type Ids, textOf } from '../relations/ids.ts'
import type { FetchedPage, ListRequest, Lists, PageRow } from '../relations/list-page.ts'
import { type GraphLists, linked } from '../relations/lists.ts'
import { fetchLimit, MAX_CURSOR, oldestFirst, type PageRequest } from '../relations/page.ts'
import { COMMON_LISTS } from '../relations/page-statement.ts'
import type { TokenStore } from '../tokens/store.ts'
import { hashSecret, isExpired, isTokenText } from '../tokens/token.ts'
import type { Item } from '../users/item.ts'
import type { GraphUsers, Users } from '../users/users.ts'
import { type Cache, createCache, type HeadName, type KeptUser, type Ticket } from './cache.ts'
import { Head, type HeadRow } from './head.ts'
import { createLooks, type Looks } from './looks.ts'
import { createViewers, isWhole, itemOf } from './viewers.ts'

/** What requests read by. */
export type Reads = { users: Users; lists: Lists; ids: Ids; tokens: Pick<TokenStore, 'find'> }
type GraphReads = Reads & { users: GraphUsers; lists: GraphLists }

/** What was asked for, for the metrics. */
export type ReadKind = 'page' | 'users' | 'ids' | 'token'

export type Memory = {
  /** Reads of it see at least all that the newest look saw: what they bring may be kept. */
  graph: Pick<Graph, 'read'>
  looks: Looks
  cache: Cache
}

/** A memory of so many bytes. `unreadable` is called once if it cannot be used with this database, `observe` is told how many requests share a look. */
export function createMemory(
  graph: Pick<Graph, 'read'>,
  log: Pick<Log, 'look'>,
  most: number,
  options: { unreadable(): void; observe?: (requests: number) => void },
): Memory {
  const cache: Cache = createCache(most, () => looks.ordinal)
  const looks = createLooks(log, cache.replica, options)
  const read: Graph['read'] = (name, text, params, timeoutMs) =>
    graph.read(name, text, params, timeoutMs, looks.bookmark)
  return { graph: { read }, looks, cache }
}

/**
 * Gives the reads of one request. The first of them that could be answered from memory waits for one look that begins then: what was
 * changed before is known by then, and what is kept only gets newer. So they are for requests that write nothing themselves and end soon.
 */
export function withMemory(
  plain: GraphReads,
  { graph, looks, cache }: Memory,
  options: {
    /** Told of each read whether it was answered from memory. */
    observe?: (kind: ReadKind, hit: boolean) => void
    /** Milliseconds since 1970. */
    now?: () => number
  } = {},
): () => Reads {
  const { observe, now = wallClock } = options
  const viewers = createViewers(graph, cache)

  function pageOf({ list, userId, viewerId, form, request }: ListRequest): FetchedPage | undefined {
    if (!COMMON_LISTS.includes(list) || form.annotations) return undefined
    const heads = viewers.headsOf(viewerId)
    const head = cache.head(list as HeadName, userId)
    const places = head?.places(request)
    if (heads === undefined || head === undefined || places === undefined) return undefined
    const rows: PageRow[] = []
    for (const place of places) {
      const id = head.otherAt(place)
      const user = cache.user(id)
      if (user === undefined) return undefined
      rows.push([itemOf(id, user, heads), head.idAt(place), head.madeAt(place), id])
    }
    return { rows, total: null }
  }

  function usersOf(ids: bigint[], viewerId: bigint | null): Item[] | undefined {
    const heads = viewers.headsOf(viewerId)
    if (heads === undefined) return undefined
    const items: Item[] = []
    for (const id of ids) {
      const user = cache.user(id)
      if (!user?.found) return undefined
      items.push(itemOf(id, user, heads))
    }
    return items
  }

  // Before the mentions are linked: their names are kept, which may come to mean somebody else.
  function keepUsers(ticket: Ticket | undefined, users: [id: bigint, item: Item][], found: boolean): void {
    const kept = users.flatMap(([id, [profile, following, followers, names]]): [bigint, KeptUser][] =>
      // Of a user that was written by hand the graph gives its properties.
      typeof profile === 'string' ? [[id, { profile, names, following, followers, found }]] : [],
    )
    cache.keep(ticket, (unchanged) => {
      for (const [id, user] of kept) cache.putUser(id, user, unchanged)
    })
  }

  function keepPage(
    ticket: Ticket | undefined,
    { list, userId, request }: ListRequest,
    { rows }: FetchedPage,
  ): void {
    if (!COMMON_LISTS.includes(list)) return
    keepUsers(
      ticket,
      rows.map(([item, , , id]) => [id, item]),
      false,
    )
    const added = rows.map(([, id, madeAt, other]): HeadRow => [id, other, madeAt]).reverse()
    if (oldestFirst(request) || !added.every(isWhole)) return
    cache.keep(ticket, (unchanged) =>
      cache.putHead(list as HeadName, userId, (old) => grown(old, added, request), unchanged),
    )
  }

  return () => {
    let looked: Promise<void> | undefined
    const current = () => (looked ??= looks.look())
    const counted = <Found>(kind: ReadKind, found: Found | undefined): Found | undefined => {
      observe?.(kind, found !== undefined)
      return found
    }
    return {
      tokens: {
        async find(text) {
          if (!isTokenText(text)) return plain.tokens.find(text)
          await current()
          const hash = hashSecret(text)
          const kept = counted('token', cache.token(hash))
          if (kept !== undefined && !isExpired(kept.expiresAt, now())) return kept
          const ticket = cache.ticket()
          const token = await plain.tokens.find(text)
          cache.keep(ticket, (unchanged) => cache.putToken(hash, token, unchanged))
          return token
        },
      },
      users: {
        resolve: plain.users.resolve,
        findByUsername: plain.users.findByUsername,
        async fetch(ids, viewerId, form) {
          await current()
          const kept = form.annotations ? undefined : counted('users', usersOf(ids, viewerId))
          const ticket = cache.ticket()
          const items = kept ?? (await plain.users.read(ids, viewerId, form))
          // Whether one is missing is known, and not which.
          if (kept === undefined && items.length === ids.length)
            keepUsers(
              ticket,
              items.map((item, n) => [ids[n] as bigint, item]),
              true,
            )
          return plain.users.link(items, items)
        },
      },
      lists: {
        async page(asked) {
          await current()
          const kept = counted('page', pageOf(asked))
          const ticket = cache.ticket()
          const page = kept ?? (await plain.lists.read(asked))
          if (page === null) return null
          if (kept === undefined) keepPage(ticket, asked, page)
          return linked(plain.users.link, page)
        },
      },
      ids: {
        async page(list, userId, request) {
          await current()
          const head = cache.head(list as HeadName, userId)
          const places = counted('ids', head?.places(request))
          if (head === undefined || places === undefined) return plain.ids.page(list, userId, request)
          return {
            ids: places.map((place) => head.otherAt(place)),
            paginationIds: places.map((place) => head.idAt(place)),
          }
        },
        async all(list, userId) {
          await current()
          const head = cache.head(list as HeadName, userId)
          const whole = counted('ids', head?.isWhole ? head : undefined)
          if (whole !== undefined) return once(textOf(whole.newestFirst()))
          viewers.visit(userId)
          return plain.ids.all(list, userId)
        },
      },
    }
  }
}

async function* once(text: string): AsyncGenerator<string> {
  yield text
}

// The head with the rows of a page, oldest first, that was read from its newest end, where the two join.
function grown(old: Head | undefined, rows: HeadRow[], request: PageRequest): Head | undefined {
  const [oldest] = rows
  const floor = rows.length < fetchLimit(request) || oldest === undefined ? request.since : oldest[0] - 1n
  if (old === undefined) return request.before === MAX_CURSOR ? new Head(rows, floor) : undefined
  if (request.before <= old.floor || floor >= old.floor || old.isFull) return undefined
  return old.extended(
    rows.filter(([id]) => id <= old.floor),
    floor,
  )
}
