// Polls the log of changes, once for all requests that wait, so that the cache is never older than a request. Detects transactions that
// other programs have written.
import { monotonic } from '../clock.ts'
import type { LogEntry } from '../events/kinds.ts'
import type { Log } from '../events/log.ts'
import { type Batch, createBatch } from '../graph/batch.ts'
import { type Bookmark, readBookmark } from '../graph/bookmark.ts'
import { GraphUnavailable } from '../graph/failures.ts'

/**
 * The position in the log up to which entries were applied to the cache. `generation` is the id of the newest transaction minus the ordinal
 * of the newest entry. It stays the same as long as only instances of this service write.
 */
type LogPosition = {
  database: string
  generation: bigint
  ordinal: bigint
  /** When the entry with that ordinal was made; null where that is not known. */
  madeAt: bigint | null
  bookmark: string
}
/** The answer to a query for the entries after the ordinal `behind`; `madeAt` is when the entry with that ordinal was made. */
type PollAnswer = {
  behind: bigint
  bookmark: Bookmark
  ordinal: bigint
  madeAt: bigint | null
  entries: LogEntry[]
}

export type LogPoll = {
  /**
   * Resolves when the cache includes everything that was committed before the call. All callers that wait at the same time share one
   * poll, which begins after their calls. Rejects with GraphUnavailable.
   */
  poll(): Promise<void>
  /** A read that is sent with this bookmark sees everything up to the position; undefined if there is no position yet. */
  readonly bookmark: string | undefined
  /** The ordinal of the last entry that was applied; undefined if nothing may be cached. */
  readonly ordinal: bigint | undefined
}

/** The cache as the target of the log's entries. */
export type Replica = {
  /** Must be called with every entry, in order. */
  apply(entry: LogEntry): void
  /** Called when none of the cached values may be used any more. */
  empty(): void
  /** Must be called when a poll begins. The function that it returns must be called if the poll succeeds: what was read before may be cached then. */
  pollBegan(): () => void
}

// The most entries of one query.
const ENTRIES = 500
// If there are more new entries than these, they are not applied; the cache is emptied instead.
const MAX_BEHIND = 5_000n
// While anybody writes, every third query may have to be repeated.
const TRIES = 20
// If other programs write all the time, nothing is cached, and polls would have a cost and no use: there are none for this time.
const PAUSE_MS = 1_000
// Neo4j holds a query with a bookmark back until that transaction can be read. Where one does not become readable (its commit hangs, or is very large),
// requests must not wait for it: after this time they read from the graph as it is, without the memory, until polls begin again.
const CATCH_UP_MS = 1_500
const STALLED_PAUSE_MS = 10_000

export type LogPollOptions = {
  /** Called once if this server's bookmarks have an unknown format: then nothing can be cached. */
  unreadable(): void
  /** Called with the number of requests that shared a poll. */
  observe?: ((requests: number) => void) | undefined
  /** Called with an error other than an unavailable database. Requests read from the graph for a second. */
  failed?: ((error: unknown) => void) | undefined
}

export function createLogPoll(log: Pick<Log, 'poll'>, replica: Replica, options: LogPollOptions): LogPoll {
  let position: LogPosition | undefined
  let readable = true
  let pausedUntil = Number.NEGATIVE_INFINITY

  async function ask(leftMs: number, after?: string): Promise<PollAnswer | null> {
    const behind = position?.ordinal ?? 0n
    const answer = await log.poll(behind, position === undefined ? 0 : ENTRIES, leftMs, after)
    const bookmark = readBookmark(answer.bookmark ?? '')
    if (bookmark === null) {
      readable = false
      options.unreadable()
      return null
    }
    return { ...answer, behind, bookmark }
  }

  // Whether only services have written since, and the entries continue those that were applied. The bookmark is that of the newest committed
  // transaction, the ordinal that of the newest entry that can already be found. So their difference is never too small. It is unchanged only if both
  // numbers are of the same moment and no other program has written.
  function continues(answer: PollAnswer): boolean {
    const { bookmark, ordinal } = answer
    if (position === undefined || bookmark.database !== position.database) return false
    if (bookmark.transaction - ordinal !== position.generation) return false
    if (ordinal < position.ordinal || ordinal > position.ordinal + MAX_BEHIND) return false
    // Otherwise it is another log of the same length: of a database that was restored from a backup and then written to.
    const madeAt = madeAtPosition(answer) ?? position.madeAt
    if (position.madeAt !== null && madeAt !== position.madeAt) return false
    const next = position.ordinal + 1n
    return upTo(answer).every((entry, n) => entry.ordinal === next + BigInt(n))
  }

  // The entries up to the ordinal of the answer; the query may have returned newer ones, too.
  const upTo = ({ ordinal, entries }: PollAnswer): LogEntry[] =>
    entries.filter((entry) => entry.ordinal <= ordinal)

  // When the last applied entry was made, if this query has asked for that entry, and the log still has it.
  const madeAtPosition = ({ behind, madeAt }: PollAnswer): bigint | null =>
    behind === position?.ordinal ? madeAt : null

  // Returns whether these are all new entries: a query returns a limited number, and the index may lack one for a moment.
  function advance(answer: PollAnswer): boolean {
    const from = position as LogPosition
    const entries = upTo(answer)
    for (const entry of entries) replica.apply(entry)
    const ordinal = from.ordinal + BigInt(entries.length)
    position = {
      ...from,
      ordinal,
      madeAt: entries.at(-1)?.at ?? madeAtPosition(answer) ?? from.madeAt,
      bookmark: answer.bookmark.text,
    }
    return ordinal === answer.ordinal
  }

  // A second query, which saw everything up to the bookmark of `answer`, found no newer entry. So the bookmark and ordinal of `answer` are of the
  // same moment.
  function restart({ bookmark, ordinal }: PollAnswer): void {
    replica.empty()
    const { database, transaction, text } = bookmark
    position = { database, generation: transaction - ordinal, ordinal, madeAt: null, bookmark: text }
  }

  function forget(pauseMs = PAUSE_MS): void {
    if (position !== undefined) replica.empty()
    position = undefined
    pausedUntil = monotonic() + pauseMs
  }

  // Resolves with the answer of the graph as of the bookmark or later; with `stalled` if that takes too long.
  async function askFrom(bookmark: string, leftMs: number): Promise<PollAnswer | null | 'stalled'> {
    try {
      return await ask(Math.min(leftMs, CATCH_UP_MS), bookmark)
    } catch (error) {
      if (error instanceof GraphUnavailable && error.reason === 'slow') return 'stalled'
      throw error
    }
  }

  async function run(leftMs: number): Promise<void> {
    if (!readable || monotonic() < pausedUntil) return
    const until = monotonic() + leftMs
    const succeeded = replica.pollBegan()
    const left = () => Math.max(1, until - monotonic())
    try {
      let answer = await ask(left())
      for (let tries = 1; answer !== null; tries += 1) {
        const ours = continues(answer)
        if (ours && advance(answer)) return succeeded()
        if (tries > TRIES) break
        // There is a transaction that is committed but cannot be found yet, or one of another program. The next query waits until it can be found.
        const next: PollAnswer | null | 'stalled' = await askFrom(answer.bookmark.text, left())
        if (next === 'stalled') return forget(STALLED_PAUSE_MS)
        if (next !== null && !ours && !continues(next) && next.ordinal === answer.ordinal) restart(answer)
        answer = next
      }
      forget()
    } catch (error) {
      if (error instanceof GraphUnavailable) throw error
      options.failed?.(error)
      forget()
    }
  }

  const polls: Batch<null, undefined> = createBatch({
    size: 5_000,
    inFlight: 1,
    waiting: 5_000,
    run: async (requests, leftMs) => {
      await run(leftMs)
      return requests.map(() => undefined)
    },
    ...(options.observe === undefined ? {} : { observe: options.observe }),
  })

  return {
    poll: () => polls.add(null),
    get bookmark() {
      return position?.bookmark
    },
    get ordinal() {
      return position?.ordinal
    },
  }
}
