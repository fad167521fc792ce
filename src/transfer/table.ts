// A hash table of 32-bit words in a typed array: it takes a tenth of the memory of a Map, and its maximum size is fixed.

/** Maps keys of some words to values of some words. Both are passed in `entry`: first the key's words, then the value's. */
export type Table = {
  /** The argument of the next call, and the result of `find`. No key may be all zeros. */
  entry: Uint32Array
  /** Whether the table has the key of `entry`; if so, writes its value into `entry`. */
  find(): boolean
  /** Adds `entry`; returns false and changes nothing if the table has its key. */
  add(): boolean
  /** Adds `entry`, or replaces the value of its key. */
  put(): void
  /** Whether `more` keys still fit below the limit. */
  room(more: number): boolean
  readonly size: number
}

const MAX_LOAD = 0.7
const FIRST_SLOTS = 4_096

/** A table that takes at most `most` keys; it grows by doubling, to 1.5 to 3 times the bytes of its entries. */
export function createTable(keyWords: number, otherWords: number, most: number): Table {
  const width = keyWords + otherWords
  const entry = new Uint32Array(width)
  let slots = FIRST_SLOTS
  let words = new Uint32Array(slots * width)
  let size = 0

  const isFree = (offset: number) => {
    for (let n = 0; n < keyWords; n += 1) if (words[offset + n] !== 0) return false
    return true
  }
  const isHere = (offset: number) => {
    for (let n = 0; n < keyWords; n += 1) if (words[offset + n] !== entry[n]) return false
    return true
  }
  // The offset of the slot that has the key of `entry`, or where it would be written.
  function slotOf(): number {
    let hash = 0
    for (let n = 0; n < keyWords; n += 1) {
      hash = Math.imul(hash ^ (entry[n] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0x85ebca6b)
    hash ^= hash >>> 13
    for (let slot = hash & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const offset = slot * width
      if (isFree(offset) || isHere(offset)) return offset
    }
  }
  function write(offset: number): void {
    for (let n = 0; n < width; n += 1) words[offset + n] = entry[n] as number
  }
  // Writes a new key to its free slot.
  function insert(offset: number): void {
    if (size + 1 > slots * MAX_LOAD) {
      grow()
      write(slotOf())
    } else write(offset)
    size += 1
  }
  function grow(): void {
    const kept = entry.slice()
    const old = words
    slots *= 2
    words = new Uint32Array(slots * width)
    for (let from = 0; from < old.length; from += width) {
      let used = 0
      for (let n = 0; n < width; n += 1) {
        entry[n] = old[from + n] as number
        if (n < keyWords) used |= entry[n] as number
      }
      if (used !== 0) write(slotOf())
    }
    entry.set(kept)
  }

  return {
    entry,
    find() {
      const offset = slotOf()
      if (isFree(offset)) return false
      for (let n = keyWords; n < width; n += 1) entry[n] = words[offset + n] as number
      return true
    },
    add() {
      const offset = slotOf()
      if (!isFree(offset)) return false
      insert(offset)
      return true
    },
    put() {
      const offset = slotOf()
      if (isFree(offset)) insert(offset)
      else write(offset)
    },
    room: (more) => size + more <= most,
    get size() {
      return size
    },
  }
}
