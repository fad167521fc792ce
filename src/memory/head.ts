// A head: the newest relations of one kind and direction of a user, in arrays of numbers.
import type { PageRequest } from '../relations/page.ts'

/** A cached relation: its id, the other user, and when it was made (seconds since 1970). */
export type HeadRow = [id: bigint, other: bigint, madeAt: bigint | null]

/** The largest number of rows of a head; if there are more, the oldest are dropped. */
export const MAX_ROWS = 2_000

const NEVER = -(2n ** 63n)
const A_ROW = 24
const SPARE = 8

export class Head {
  // Oldest first. The elements from `size` on are 0, which is not a valid id.
  private ids: BigInt64Array
  private others: BigInt64Array
  private dates: BigInt64Array
  private size = 0
  /** The head contains all relations of the list with an id above this one. */
  floor: bigint

  /** `rows` are the newest of the list, oldest first: all above `floor`. */
  constructor(rows: HeadRow[], floor: bigint) {
    this.ids = new BigInt64Array(rows.length)
    this.others = new BigInt64Array(rows.length)
    this.dates = new BigInt64Array(rows.length)
    this.floor = floor
    for (const row of rows) this.put(row)
    this.trim()
  }

  get bytes(): number {
    return this.ids.length * A_ROW
  }

  get isEmpty(): boolean {
    return this.size === 0
  }

  /** Whether the head contains the whole list. */
  get isWhole(): boolean {
    return this.floor === 0n
  }

  get isFull(): boolean {
    return this.size === MAX_ROWS
  }

  idAt(place: number): bigint {
    return this.ids[place] as bigint
  }

  otherAt(place: number): bigint {
    return this.others[place] as bigint
  }

  madeAt(place: number): bigint | null {
    const at = this.dates[place] as bigint
    return at === NEVER ? null : at
  }

  has(other: bigint): boolean {
    return this.others.includes(other)
  }

  /** Adds a relation that was made; its id is above all earlier ones. */
  add(row: HeadRow): void {
    // A caller's since_id may be above all ids that exist; then the floor is that high. No other relation has an id between the new one and
    // such a floor.
    if (row[0] <= this.floor) this.floor = row[0] - 1n
    this.put(row)
    this.trim()
  }

  /** Removes a relation that ended, if the head contains it. */
  remove(other: bigint): void {
    const place = this.others.indexOf(other)
    if (place !== -1) this.drop(place, 1)
  }

  /** A head with older rows added: `rows`, oldest first, are all rows between `floor` and this head's own. */
  extended(rows: HeadRow[], floor: bigint): Head {
    const own = Array.from(
      { length: this.size },
      (_, n): HeadRow => [this.idAt(n), this.otherAt(n), this.madeAt(n)],
    )
    return new Head([...rows, ...own], floor)
  }

  /** The positions of the rows of a page, in the order in which they would be fetched; undefined if the page needs older rows than the head has. */
  places({ before, since, count }: PageRequest): number[] | undefined {
    const limit = Math.abs(count) + 1
    const first = this.firstAbove(since)
    const end = this.firstAbove(before - 1n)
    const found = Math.min(limit, Math.max(0, end - first))
    if (since < this.floor && (count < 0 || found < limit)) return undefined
    return Array.from({ length: found }, (_, n) => (count < 0 ? first + n : end - 1 - n))
  }

  /** The other users, newest first. */
  *newestFirst(): Generator<bigint> {
    for (let place = this.size - 1; place >= 0; place -= 1) yield this.otherAt(place)
  }

  private put([id, other, madeAt]: HeadRow): void {
    if (this.size === this.ids.length) this.grow()
    this.ids[this.size] = id
    this.others[this.size] = other
    this.dates[this.size] = madeAt ?? NEVER
    this.size += 1
  }

  private grow(): void {
    const length = this.size + Math.max(SPARE, this.size >> 1)
    const larger = (from: BigInt64Array) => {
      const to = new BigInt64Array(length)
      to.set(from)
      return to
    }
    this.ids = larger(this.ids)
    this.others = larger(this.others)
    this.dates = larger(this.dates)
  }

  private trim(): void {
    const extra = this.size - MAX_ROWS
    if (extra <= 0) return
    this.floor = this.idAt(extra - 1)
    this.drop(0, extra)
  }

  private drop(place: number, count: number): void {
    for (const column of [this.ids, this.others, this.dates]) {
      column.copyWithin(place, place + count, this.size)
      column.fill(0n, this.size - count, this.size)
    }
    this.size -= count
  }

  // The position of the first id above this one; `size` if there is none.
  private firstAbove(id: bigint): number {
    let [low, high] = [0, this.size]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.ids[middle] as bigint) > id) high = middle
      else low = middle + 1
    }
    return low
  }
}
