// The read side of the log of changes: entries in commit order, without a gap, and pages of events.

import { monotonic } from '../clock.ts'
import { createLimited } from '../graph/batch.ts'
import { GraphUnavailable } from '../graph/failures.ts'
import type { Graph } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import { entryOf, type LogEntry, type LogEvent } from './kinds.ts'
import { pause } from './pause.ts'

/** Where the log begins and ends. */
export type LogBounds = {
  /** The last id that was drawn. */
  last: bigint
  /** The ordinal of the newest entry. */
  ordinal: bigint
  /** The number of all events that were ever written. */
  total: bigint
  /** The ordinal of the newest entry that was dropped. */
  droppedOrdinal: bigint
  /** The id of the newest event that was dropped: readers at a lower id have missed events. */
  droppedEvent: bigint
}

/** Events after a reader's id were dropped; `last` is the id at which to begin again. */
export class EventsGone extends Error {
  readonly last: bigint
  constructor(last: bigint) {
    super('Events after this id are no longer kept.')
    this.last = last
  }
}

/** `upTo`: the page covers all ids up to this one, so the next page begins after it. */
export type EventPage = { events: LogEvent[]; more: boolean; upTo: bigint }

/** `bookmark` is that of the newest transaction of the database, at the time of the query or a little later. */
export type LogPollAnswer = {
  ordinal: bigint
  madeAt: bigint | null
  entries: LogEntry[]
  bookmark: string | undefined
}

export type Log = {
  bounds(): Promise<LogBounds>
  /** The id after which a user's own events begin: those before it are of a deleted user with the same id. */
  firstOf(userId: bigint): Promise<bigint>
  /** The next entries after an ordinal, up to the first gap; empty if there are none yet. */
  entriesAfter(ordinal: bigint): Promise<{ bounds: LogBounds; entries: LogEntry[] }>
  /**
   * The ordinal of the newest entry, with at most `limit` entries after an ordinal. `madeAt` is when the entry with that ordinal was
   * made, null if it was dropped. The answer includes all transactions up to the bookmark `after`.
   */
  poll(ordinal: bigint, limit: number, timeoutMs: number, after?: string): Promise<LogPollAnswer>
  /**
   * Up to `count` of the `wanted` events after the id `since`, oldest first. `more` is true only if another one
   * exists. A search that takes longer than `ms` ends early with what it found. Throws EventsGone.
   */
  page(since: bigint, count: number, wanted: Wanted, ms?: number): Promise<EventPage>
  /** As `page`, for requests: a few at a time, because each may read the log for more than a second if few events are wanted. */
  search(since: bigint, count: number, wanted: Wanted): Promise<EventPage>
  /** The same for readers that are behind, such as streams: they do not wait for requests, nor requests for them. */
  replay(since: bigint, count: number, wanted: Wanted): Promise<EventPage>
}

type Wanted = (event: LogEvent) => boolean

// The most entries of one query. An entry has up to 768 events; the entry of a deletion has up to a thousand.
const ENTRIES = 200n
const SEARCH_MS = 1_500
// Neo4j's indexes lag behind its store by microseconds; an entry that is missing for longer was deleted by hand.
const MISSING_MS = 1_000

export function createLog(graph: Graph, queries: Queries): Log {
  const text = (name: string) => queries.get(`events/${name}`).statement

  async function bounds(): Promise<LogBounds> {
    const [row] = await graph.read('events/head', text('head'))
    const [last, ordinal, total, droppedOrdinal, droppedEvent] = row as bigint[]
    return { last, ordinal, total, droppedOrdinal, droppedEvent } as LogBounds
  }

  async function readOnce(ordinal: bigint): Promise<{ bounds: LogBounds; entries: LogEntry[] }> {
    const [row] = await graph.read('events/entries', text('entries'), { ordinal, limit: ENTRIES })
    if (row === undefined) throw new GraphUnavailable('log')
    const [[last, newest, total, droppedOrdinal, droppedEvent], columns] = row as [bigint[], unknown[]]
    const bounds = { last, ordinal: newest, total, droppedOrdinal, droppedEvent } as LogBounds
    const entries: LogEntry[] = []
    let before = ordinal < bounds.droppedOrdinal ? bounds.droppedOrdinal : ordinal
    for (const entry of columns.map(entryOf)) {
      // The index may still return entries that were dropped in the meantime.
      if (entry.ordinal <= before) continue
      if (entry.ordinal !== before + 1n) break
      before = entry.ordinal
      entries.push(entry)
    }
    return { bounds, entries }
  }

  async function entriesAfter(ordinal: bigint): Promise<{ bounds: LogBounds; entries: LogEntry[] }> {
    let missingSince: number | undefined
    for (;;) {
      // As of before the read: one that is slow says nothing of how long the entry is missing.
      const sent = monotonic()
      const found = await readOnce(ordinal)
      const { bounds } = found
      const from = ordinal < bounds.droppedOrdinal ? bounds.droppedOrdinal : ordinal
      if (found.entries.length > 0 || bounds.ordinal <= from) return found
      missingSince ??= monotonic()
      if (sent - missingSince > MISSING_MS) throw new EventsGone(bounds.last)
      await pause(5)
    }
  }

  async function page(since: bigint, count: number, wanted: Wanted, ms = SEARCH_MS): Promise<EventPage> {
    const began = monotonic()
    const [place] = await graph.read('events/place', text('place'), { since })
    let ordinal = place?.[0] as bigint
    const events: LogEvent[] = []
    let upTo = since
    for (;;) {
      const { bounds, entries } = await entriesAfter(ordinal)
      if (since < bounds.droppedEvent) throw new EventsGone(bounds.last)
      for (const entry of entries) {
        for (const event of entry.events) {
          if (event.id <= since || !wanted(event)) continue
          if (events.length === count) return { events, more: true, upTo: events.at(-1)?.id ?? upTo }
          events.push(event)
        }
        upTo = entry.last
        ordinal = entry.ordinal
      }
      // An id above the newest one (of a database that was restored from a backup, for example) counts as the newest.
      if (entries.length === 0 || ordinal >= bounds.ordinal)
        return { events, more: false, upTo: since > bounds.last ? bounds.last : upTo }
      if (monotonic() - began > ms) return { events, more: false, upTo }
    }
  }

  // Each may read the log for more than a second.
  const limited = (waiting: number) =>
    createLimited<[since: bigint, count: number, wanted: Wanted], EventPage>({
      inFlight: 4,
      waiting,
      run: ([since, count, wanted]) => page(since, count, wanted),
    })
  const searches = limited(500)
  const replays = limited(5_000)

  return {
    bounds,
    async firstOf(userId) {
      const [row] = await graph.read('events/first', text('first'), { user_id: userId })
      return row?.[0] as bigint
    },
    entriesAfter,
    page,
    search: (since, count, wanted) => searches.add([since, count, wanted]),
    replay: (since, count, wanted) => replays.add([since, count, wanted]),
    async poll(ordinal, limit, timeoutMs, after) {
      const params = { ordinal, limit: BigInt(limit) }
      const { rows, bookmark } = await graph.readWithBookmark(
        'events/look',
        text('look'),
        params,
        timeoutMs,
        after,
      )
      const [newest, madeAt, entries] = rows[0] as [bigint, bigint | null, unknown[]]
      return { ordinal: newest, madeAt, entries: entries.map(entryOf), bookmark }
    },
  }
}
