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
export type Standing = { count: bigint; era: string }

/** The Cypher expression of the graph's part of an era: an import, a repair or a deletion raises it. */
export const GRAPH_ERA =
  "coalesce(head(COLLECT { MATCH (sequence:Sequence {name: 'relations'}) RETURN sequence.era }), 0)"

/**
 * The Cypher expression of a user's era, which is another one from any transaction on that may do more to the user's follows
 * than add some; what ends a follow is counted with both users.
 */
export const eraExpression = (user: string, graph = GRAPH_ERA): string =>
  `toString(${graph}) + ' ' + toString(coalesce(${user}.ended, 0))`

// In characters, which are bytes to V8 here: a list of some 180,000 ids of nineteen digits, and four of them.
const LONGEST = 4_000_000
const MOST = 16_000_000
const PIECES = 16

/** The lists read last, 16 MB of them at most; the one not asked for longest goes first. */
export function createListMemory(most = MOST, longest = LONGEST) {
  const lists = new Map<string, Remembered & { size: number }>()
  let size = 0

  function put(key: string, list: Remembered): void {
    forget(key)
    const length = list.pieces.reduce((sum, piece) => sum + piece.length, 0)
    if (length > longest) return
    lists.set(key, { ...list, size: length })
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

  return {
    get: (key: string): Remembered | undefined => lists.get(key),
    forget,
    /**
     * The list with `piece`, the ids of its follows newer than `known.newest`, in front; null where that is not the list any more.
     *
     * Within an era follows are only added, each with an id above all before it (docs/decisions/001). So a list that has as
     * many as were remembered and found above them has just these (docs/decisions/011).
     */
    renewed(
      key: string,
      known: Remembered,
      now: Standing,
      fresh: { ids: bigint[]; newest: bigint | null },
    ): Remembered | null {
      const count = known.count + fresh.ids.length
      if (now.era !== known.era || Number(now.count) !== count) return null
      const pieces = fresh.ids.length === 0 ? known.pieces : [textOf(fresh.ids), ...known.pieces]
      const list = {
        era: known.era,
        count,
        newest: fresh.newest ?? known.newest,
        pieces: pieces.length > PIECES ? [pieces.join(',')] : pieces,
      }
      put(key, list)
      return list
    },
    /** Takes the pieces of a list while it is read from its start; what is whole at the end is remembered. */
    collector(key: string, start: Standing & { newest: bigint | null }) {
      const { era, newest } = start
      const pieces: string[] = []
      let count = 0
      let length = 0
      return {
        add(piece: string, ids: number): void {
          count += ids
          length += piece.length
          if (length > longest) pieces.length = 0
          else pieces.push(piece)
        },
        end(): void {
          if (newest !== null && length <= longest && count === Number(start.count))
            put(key, { pieces, count, newest, era })
        },
      }
    },
  }
}

/** Ids as JSON strings joined by commas; the empty text of none. */
export const textOf = (ids: bigint[]): string => (ids.length === 0 ? '' : `"${ids.join('","')}"`)
