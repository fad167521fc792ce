// The only module that others use of the memory. Its reads have the same interfaces as the plain reads of the graph, and answer from the
// cache if it contains everything that a request needs.
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
import { type Cache, createCache, type HeadName, type KeptUser, type ReadPoint } from './cache.ts'
import { Head, type HeadRow } from './head.ts'
import { createLogPoll, type LogPoll, type LogPollOptions } from './log-poll.ts'
import { createViewers, isValidRow, itemOf } from './viewers.ts'

/** The functions by which requests read. */
export type Reads = { users: Users; lists: Lists; ids: Ids; tokens: Pick<TokenStore, 'find'> }
type GraphReads = Reads & { users: GraphUsers; lists: GraphLists }

/** The kind of a read, for the metrics. */
export type ReadKind = 'page' | 'users' | 'ids' | 'token'

export type Memory = {
  /** Its reads see at least everything that the last poll of the log saw, so their results may be cached. */
  graph: Pick<Graph, 'read'>
  logPoll: LogPoll
  cache: Cache
}

/** A memory of up to `maxBytes`. */
export function createMemory(
  graph: Pick<Graph, 'read'>,
  log: Pick<Log, 'poll'>,
  maxBytes: number,
  options: LogPollOptions,
): Memory {
  const cache: Cache = createCache(maxBytes, () => logPoll.ordinal)
  const logPoll = createLogPoll(log, cache.replica, options)
  const read: Graph['read'] = async (name, text, params, timeoutMs) => {
    try {
      return await graph.read(name, text, params, timeoutMs, logPoll.bookmark)
    } catch (error) {
      // A database that was put back to an older state never reaches the bookmark. A poll finds that out; requests with a JWT fail here before they poll.
      if (logPoll.bookmark !== undefined) logPoll.poll().catch(() => undefined)
      throw error
    }
  }
  return { graph: { read }, logPoll, cache }
}

/**
 * Returns a function that makes the reads for one request. The first read that could be answered from memory starts a poll of the log and
 * waits for it: then the cache includes every change that was made before, and later reads of the request can only see newer data. So these
 * reads are for short requests that write nothing themselves.
 */
export function withMemory(
  plain: GraphReads,
  { graph, logPoll, cache }: Memory,
  options: {
    /** Called for each read with whether it was answered from memory. */
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
    const head = cache.head(list, userId)
    const places = head?.places(request)
    const hidden = userId === viewerId ? false : cache.hides(userId)
    if (heads === undefined || head === undefined || places === undefined || hidden === undefined)
      return undefined
    const rows: PageRow[] = []
    for (const place of places) {
      const id = head.otherAt(place)
      const user = cache.user(id)
      if (user === undefined) return undefined
      rows.push([itemOf(id, user, heads), head.idAt(place), head.madeAt(place), id])
    }
    return { rows, total: null, hidden }
  }

  function usersOf(ids: bigint[], viewerId: bigint | null): Item[] | undefined {
    const heads = viewers.headsOf(viewerId)
    if (heads === undefined) return undefined
    const items: Item[] = []
    for (const id of ids) {
      const user = cache.user(id)
      if (!user?.confirmed) return undefined
      items.push(itemOf(id, user, heads))
    }
    return items
  }

  // Must be called before the mentions are linked: the cache keeps the mentioned usernames, because they may belong to other users later.
  function keepUsers(
    readPoint: ReadPoint | undefined,
    users: [id: bigint, item: Item][],
    confirmed: boolean,
  ): void {
    const kept = users.flatMap(([id, [profile, following, followers, names]]): [bigint, KeptUser][] =>
      // For a user that was written by hand the graph returns its properties instead of a rendered text.
      typeof profile === 'string' ? [[id, { profile, names, following, followers, confirmed }]] : [],
    )
    cache.keep(readPoint, (unchanged) => {
      for (const [id, user] of kept) cache.putUser(id, user, unchanged)
    })
  }

  function keepPage(
    readPoint: ReadPoint | undefined,
    { list, userId, request }: ListRequest,
    { rows, hidden }: FetchedPage,
  ): void {
    if (!COMMON_LISTS.includes(list)) return
    cache.keep(readPoint, (unchanged) => cache.putHides(userId, hidden, unchanged))
    keepUsers(
      readPoint,
      rows.map(([item, , , id]) => [id, item]),
      false,
    )
    const added = rows.map(([, id, madeAt, other]): HeadRow => [id, other, madeAt]).reverse()
    if (oldestFirst(request) || !added.every(isValidRow)) return
    cache.keep(readPoint, (unchanged) =>
      cache.putHead(list as HeadName, userId, (old) => grown(old, added, request), unchanged),
    )
  }

  return () => {
    let polled: Promise<void> | undefined
    const current = () => (polled ??= logPoll.poll())
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
          const kept = cache.token(hash)
          // An expired token is read again, because its expiry may have been changed.
          const valid = kept !== undefined && !isExpired(kept.expiresAt, now()) ? kept : undefined
          counted('token', valid)
          if (valid !== undefined) return valid
          const readPoint = cache.readPoint()
          const token = await plain.tokens.find(text)
          cache.keep(readPoint, (unchanged) => cache.putToken(hash, token, unchanged))
          return token
        },
      },
      users: {
        resolve: plain.users.resolve,
        findByUsername: plain.users.findByUsername,
        async fetch(ids, viewerId, form) {
          await current()
          const kept = form.annotations ? undefined : counted('users', usersOf(ids, viewerId))
          const readPoint = cache.readPoint()
          const items = kept ?? (await plain.users.read(ids, viewerId, form))
          // If users are missing, it is not known which ones, so nothing is cached.
          if (kept === undefined && items.length === ids.length)
            keepUsers(
              readPoint,
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
          const readPoint = cache.readPoint()
          const page = kept ?? (await plain.lists.read(asked))
          if (page === null) return null
          if (kept === undefined) keepPage(readPoint, asked, page)
          return linked(plain.users.link, page)
        },
      },
      ids: {
        async page(list, userId, request) {
          await current()
          const head = cache.head(list, userId)
          const hidden = cache.hides(userId)
          const places = counted('ids', hidden === undefined ? undefined : head?.places(request))
          if (head === undefined || hidden === undefined || places === undefined) {
            if (head !== undefined && hidden === undefined) viewers.visit(userId)
            return plain.ids.page(list, userId, request)
          }
          return {
            ids: places.map((place) => head.otherAt(place)),
            paginationIds: places.map((place) => head.idAt(place)),
            hidden,
          }
        },
        async all(list, userId) {
          await current()
          const head = cache.head(list, userId)
          const hidden = cache.hides(userId)
          const whole = counted('ids', head?.isWhole && hidden !== undefined ? head : undefined)
          if (whole !== undefined && hidden !== undefined)
            return { ids: once(textOf(whole.newestFirst())), hidden }
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

// The head with the rows of a page added; undefined if they do not join it. `rows` are oldest first, of a page that was read newest first.
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
