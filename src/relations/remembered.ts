// Knows long lists of ids as they were last read, as the text that is sent, and what proves that one still stands.

/** A list as it was read whole: every id, newest follow first, as JSON strings joined by commas, in pieces. */
export type Remembered = {
  pieces: string[]
  count: number
  /** The newest relationship's id. */
  newest: bigint
  era: string
}

/** What a query tells of a list: its length by the count that Neo4j keeps, and its era. */
export type ListState = { count: bigint; era: string }

/** The Cypher expression of the graph's part of an era: an import, a repair or a deletion raises it. */
export const GRAPH_ERA =
  "coalesce(head(COLLECT { MATCH (sequence:Sequence {name: 'relations'}) RETURN sequence.era }), 0)"

/**
 * The Cypher expression of a user's era, which is another one from any transaction on that may do more to the user's follows
 * than add some; what ends a follow is counted with both users.
 */
export const eraExpression = (user: string, graph = GRAPH_ERA): string =>
  `toString(${graph}) + ' ' + toString(coalesce(${user}.ended, 0))`

/** The era of a user after one follow of it more was ended, by a change of ours and nothing else. */
export function eraAfterEnd(era: string): string {
  const [graph, ended = ''] = era.split(' ')
  // Written by hand it may be anything, and then it is read anew.
  return /^\d+$/.test(ended) ? `${graph} ${BigInt(ended) + 1n}` : ''
}

// In characters, which are bytes to V8 here: a list of some 180,000 ids of nineteen digits, and four of them. What a list takes
// beside its text counts as well, or a million short ones would fit.
const LONGEST = 4_000_000
const MOST = 16_000_000
const BESIDE = 300
// What is sent at once: a slow reader makes the service hold that much.
const PIECE = 200_000
const COLLECTORS = 4
// Follows that somebody moves by Cypher, as many as before and none with a new id, are seen after this long at most.
export const REREAD_MS = 60_000

type Kept = Remembered & { size: number; until: number }

/** The lists read last, 16 MB of them at most; the one not asked for longest goes first. */
export function createListMemory(most = MOST, longest = LONGEST) {
  const lists = new Map<string, Kept>()
  // Those being sent, which are held until their readers have them, remembered or not.
  const lent = new Map<string[], number>()
  const collecting = new Set<{ giveUp(): void }>()
  let size = 0
  let lentSize = 0

  function put(key: string, list: Remembered, until: number): void {
    forget(key)
    const length = lengthOf(list.pieces) + BESIDE
    if (length > longest) return
    lists.set(key, { ...list, size: length, until })
    size += length
    for (const oldest of lists.keys()) {
      if (size <= most) break
      forget(oldest)
    }
  }

  function forget(key: string): void {
    size -= lists.get(key)?.size ?? 0
    lists.delete(key)
  }

  // Counted when reading begins: of one that never begins nobody would hear the end.
  async function* sending(pieces: string[]): AsyncGenerator<string> {
    const readers = lent.get(pieces) ?? 0
    if (readers === 0) lentSize += lengthOf(pieces)
    lent.set(pieces, readers + 1)
    try {
      yield* pieces
    } finally {
      const others = (lent.get(pieces) ?? 1) - 1
      if (others > 0) lent.set(pieces, others)
      else {
        lent.delete(pieces)
        lentSize -= lengthOf(pieces)
      }
    }
  }

  return {
    /** A list to be proven; undefined where none is remembered, or it was read too long ago. */
    get(key: string): Kept | undefined {
      const list = lists.get(key)
      if (list === undefined || list.until >= performance.now()) return list
      forget(key)
      return undefined
    },
    forget,
    /**
     * The list with the ids of its follows newer than `known.newest` in front; null where that is not the list any more.
     *
     * Within an era follows are only added, each with an id above all before it (docs/decisions/001). So a list that has as
     * many as were remembered and found above them has just these (docs/decisions/011).
     */
    renewed(
      key: string,
      known: Kept,
      now: ListState,
      fresh: { ids: bigint[]; newest: bigint | null },
    ): Remembered | null {
      const count = known.count + fresh.ids.length
      if (now.era !== known.era || Number(now.count) !== count) return null
      const list = { era: known.era, count, newest: fresh.newest ?? known.newest, pieces: known.pieces }
      if (fresh.ids.length > 0) {
        const [first = '', ...rest] = known.pieces
        const text = textOf(fresh.ids)
        list.pieces = first.length < PIECE ? [`${text},${first}`, ...rest] : [text, first, ...rest]
      }
      put(key, list, known.until)
      return list
    },
    /** The pieces to send, counted until they are sent; null where slow readers hold as much as may be remembered. */
    lend({ pieces }: Remembered): AsyncGenerator<string> | null {
      const more = lent.has(pieces) ? 0 : lengthOf(pieces)
      return lentSize + more > most ? null : sending(pieces)
    },
    /**
     * Takes the pieces of a list while it is read from its start; `end` remembers what is whole by then, `drop` is told in any case.
     * Of more than four lists at once the one begun first is given up: its reader is slow.
     */
    collector(key: string, start: ListState & { newest: bigint | null }) {
      const { era, newest } = start
      const until = performance.now() + REREAD_MS
      let pieces: string[] = []
      let count = 0
      let length = 0
      const one = {
        giveUp(): void {
          length = Number.POSITIVE_INFINITY
          pieces = []
          collecting.delete(one)
        },
      }
      for (const oldest of collecting) {
        if (collecting.size < COLLECTORS) break
        oldest.giveUp()
      }
      collecting.add(one)
      return {
        add(piece: string, ids: number): void {
          count += ids
          length += piece.length
          if (length > longest) one.giveUp()
          else pieces.push(piece)
        },
        end(): void {
          if (newest !== null && length <= longest && count === Number(start.count))
            put(key, { pieces, count, newest, era }, until)
        },
        drop: () => void collecting.delete(one),
      }
    },
  }
}

const lengthOf = (pieces: string[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0)

/** Ids as JSON strings joined by commas; the empty text of none. */
export const textOf = (ids: bigint[]): string => (ids.length === 0 ? '' : `"${ids.join('","')}"`)
