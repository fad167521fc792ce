// Looks at the end of the log for requests, so that what is kept is as new as they are; and notices who else has written.
import { monotonic } from '../clock.ts'
import type { Entry } from '../events/kinds.ts'
import type { Log } from '../events/log.ts'
import { type Batch, createBatch } from '../graph/batch.ts'
import { type Bookmark, readBookmark } from '../graph/bookmark.ts'
import { GraphUnavailable } from '../graph/failures.ts'

/**
 * Up to where the log was applied, in which generation: the newest transaction's id less the newest entry's ordinal, which stays the same
 * as long as only services write.
 */
type Place = {
  database: string
  generation: bigint
  ordinal: bigint
  /** When the entry with that ordinal was made; null where that is not known. */
  madeAt: bigint | null
  bookmark: string
}
/** What a look found behind the ordinal `behind`; `madeAt` is when the entry with that ordinal was made. */
type Found = { behind: bigint; bookmark: Bookmark; ordinal: bigint; madeAt: bigint | null; entries: Entry[] }

export type Looks = {
  /**
   * Resolves when what is kept has all that was committed before the call. All who wait at once share a look, which begins after
   * they called. Rejects with GraphUnavailable.
   */
  look(): Promise<void>
  /** A read that is sent with this bookmark sees all up to the place; undefined where nothing is known. */
  readonly bookmark: string | undefined
  /** How far the log was applied; undefined where nothing may be kept. */
  readonly ordinal: bigint | undefined
}

/** What is kept, by the log. */
export type Replica = {
  /** One entry after the other, none left out. */
  apply(entry: Entry): void
  /** Nothing that is kept holds any more. */
  empty(): void
  /** A look begins. To be called again, as what it gives, when the look has succeeded: what was read before it may be kept then. */
  began(): () => void
}

// More entries than these are not caught up with.
const ENTRIES = 500
// Beside writers every third look may have to be repeated.
const TRIES = 20
// Where others write all the time, nothing is kept, and looks would cost without being of use.
const PAUSE_MS = 1_000

/** `unreadable` is called once if this server's bookmarks are written in a way that is not known; `observe` is told how many shared a look. */
export function createLooks(
  log: Pick<Log, 'look'>,
  replica: Replica,
  options: { unreadable(): void; observe?: ((requests: number) => void) | undefined },
): Looks {
  let place: Place | undefined
  let readable = true
  let pausedUntil = Number.NEGATIVE_INFINITY

  async function ask(leftMs: number, after?: string): Promise<Found | null> {
    const behind = place?.ordinal ?? 0n
    const found = await log.look(behind, place === undefined ? 0 : ENTRIES, leftMs, after)
    const bookmark = readBookmark(found.bookmark ?? '')
    if (bookmark === null) {
      readable = false
      options.unreadable()
      return null
    }
    return { ...found, behind, bookmark }
  }

  // Whether services alone have written since, and all of it is there. A bookmark names what is committed, the ordinal what can be found, so
  // the difference is never too small. It is the same again only if both are of one moment and nobody else has written.
  function isNext(found: Found): boolean {
    const { bookmark, ordinal, entries } = found
    if (place === undefined || bookmark.database !== place.database) return false
    if (bookmark.transaction - ordinal !== place.generation || ordinal < place.ordinal) return false
    // Another log that is as long: of a database that was put back and written since.
    const madeAt = madeAtPlace(found) ?? place.madeAt
    if (place.madeAt !== null && madeAt !== place.madeAt) return false
    // The index may lack an entry for a moment.
    const next = place.ordinal + 1n
    const count = Number(ordinal - place.ordinal)
    return (
      count <= entries.length &&
      entries.slice(0, count).every((entry, n) => entry.ordinal === next + BigInt(n))
    )
  }

  // When the newest entry that was applied was made, if this look has asked for it, and it is still kept.
  const madeAtPlace = ({ behind, madeAt }: Found): bigint | null =>
    behind === place?.ordinal ? madeAt : null

  function advance(found: Found): void {
    const from = place as Place
    const entries = found.entries.slice(0, Number(found.ordinal - from.ordinal))
    for (const entry of entries) replica.apply(entry)
    place = {
      ...from,
      ordinal: found.ordinal,
      madeAt: entries.at(-1)?.at ?? madeAtPlace(found) ?? from.madeAt,
      bookmark: found.bookmark.text,
    }
  }

  // `found` was not followed by any entry until a look that saw all that its bookmark names: so its bookmark and ordinal are of one moment.
  function restart({ bookmark, ordinal }: Found): void {
    replica.empty()
    const { database, transaction, text } = bookmark
    place = { database, generation: transaction - ordinal, ordinal, madeAt: null, bookmark: text }
  }

  function forget(): void {
    if (place !== undefined) replica.empty()
    place = undefined
    pausedUntil = monotonic() + PAUSE_MS
  }

  async function run(leftMs: number): Promise<void> {
    if (!readable || monotonic() < pausedUntil) return
    const until = monotonic() + leftMs
    const succeeded = replica.began()
    const left = () => Math.max(1, until - monotonic())
    try {
      let found = await ask(left())
      for (let tries = 1; found !== null; tries += 1) {
        if (isNext(found)) {
          advance(found)
          return succeeded()
        }
        if (tries > TRIES) break
        // Some transaction is committed and cannot be found yet, or it is somebody else's: the next look waits until it can be found.
        const next: Found | null = await ask(left(), found.bookmark.text)
        if (next !== null && !isNext(next) && next.ordinal === found.ordinal) restart(found)
        found = next
      }
      forget()
    } catch (error) {
      if (error instanceof GraphUnavailable) throw error
      // A bookmark of a database that has been replaced: the requests' own queries tell what is the matter.
      forget()
    }
  }

  const looks: Batch<null, undefined> = createBatch({
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
    look: () => looks.add(null),
    get bookmark() {
      return place?.bookmark
    },
    get ordinal() {
      return place?.ordinal
    },
  }
}
