// Knows by the bookmarks that come with Neo4j's answers whether anybody but us has committed anything since.

/** What was known when a query was sent. */
export type Mark = { age: number; id: bigint | null }

export type Standing = {
  /** Goes up whenever something was committed that is not known to be ours, and whenever that cannot be told. */
  readonly age: number
  /** The bookmark of the last transaction known; a query that is sent with it sees all up to there. Undefined where none is known. */
  readonly bookmark: string | undefined
  /** To be called when a query is sent. */
  sent(): Mark
  /** What came with a query's answer; `mark` is of when it was sent. */
  answered(bookmark: string, mark: Mark): void
  /** A query failed, or came without a bookmark: the server may be another one by now. */
  failed(): void
  /**
   * From now on one write is under way that commits one transaction or fails. One at a time. What it gives is to be called when the write is over,
   * with whether it was answered (one that was undone was not), and after the answer's bookmark was.
   */
  writing(): (answered: boolean) => void
  /** Whether it is known of every transaction heard of whether it is ours: true at once but while one is being written, false after so many ms. */
  settled(ms: number): Promise<boolean>
}

type Heard = { database: string; id: bigint; bookmark: string }

/**
 * A bookmark of Neo4j 5 and 2026 names the newest transaction that is committed in a database, whoever committed it, and comes with
 * each answer, that of a read too. Ids of transactions have no gaps (both seen: test/faults/standing). So between two equal ones nothing was written,
 * and where one more is there after one write of ours nothing else was.
 */
export function createStanding(): Standing {
  let age = 0
  let last: Heard | null = null
  // One further than `last` while a write of ours is under way: its transaction, or somebody else's.
  let doubtful: Heard | null = null
  let writes = false
  // Since the write began it was lost count of: its own transaction may stand before `last` or after.
  let lostCount = false
  let waiting: (() => void)[] = []

  function clear(): void {
    doubtful = null
    const told = waiting
    waiting = []
    for (const resolve of told) resolve()
  }

  function lose(now: Heard | null): void {
    age += 1
    last = now
    lostCount = writes
    clear()
  }

  return {
    get age() {
      return age
    },
    get bookmark() {
      return last?.bookmark
    },
    sent: () => ({ age, id: last?.id ?? null }),
    answered(bookmark, mark) {
      if (bookmark === last?.bookmark || bookmark === doubtful?.bookmark) return
      const heard = read(bookmark)
      if (heard === null || last === null || heard.database !== last.database) return lose(heard)
      if (heard.id === last.id + 1n && writes) {
        doubtful = heard
        return
      }
      // One that is behind what was known when it was asked for comes from a database that was put back.
      if (heard.id > last.id || (mark.age === age && mark.id !== null && heard.id < mark.id)) lose(heard)
    },
    failed: () => lose(null),
    writing() {
      writes = true
      lostCount = false
      return (answered) => {
        writes = false
        if (doubtful === null) return
        if (!answered || lostCount) return lose(doubtful)
        last = doubtful
        clear()
      }
    },
    async settled(ms) {
      if (doubtful === null) return true
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(resolve, ms, false)
      })
      const known = new Promise<boolean>((resolve) => waiting.push(() => resolve(true)))
      return Promise.race([known, late]).finally(() => clearTimeout(timer))
    },
  }
}

const PREFIX = 'FB:'
// A list of one database's bookmark: its id in sixteen bytes, the transaction's id, and nothing more.
const HEAD = Buffer.from([0x91, 0xcc, 0x10])
const ID_AT = HEAD.length + 16
const END = 0x90

/** Null for one that is written in another way: then nothing is known. */
function read(bookmark: string): Heard | null {
  if (!bookmark.startsWith(PREFIX)) return null
  const bytes = Buffer.from(bookmark.slice(PREFIX.length), 'base64')
  if (!bytes.subarray(0, HEAD.length).equals(HEAD) || bytes.at(-1) !== END || bytes.length < ID_AT + 2)
    return null
  const id = integer(bytes.subarray(ID_AT, -1))
  return id === null ? null : { database: bytes.toString('latin1', 0, ID_AT), id, bookmark }
}

// PackStream's integers: one byte up to 127, or a marker and 1, 2, 4 or 8 bytes.
function integer(bytes: Buffer): bigint | null {
  const [marker = 0] = bytes
  if (bytes.length === 1) return marker < 0x80 ? BigInt(marker) : null
  const size = { 200: 1, 201: 2, 202: 4, 203: 8 }[marker]
  if (size === undefined || bytes.length !== 1 + size) return null
  return size === 8 ? bytes.readBigInt64BE(1) : BigInt(bytes.readIntBE(1, size))
}
