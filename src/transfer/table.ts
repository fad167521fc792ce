// Knows a set of keys of a few 32-bit words each, in typed arrays: a tenth of the memory of a Map, and a limit that is known beforehand.

/** Keys (and words that go with each), all handed over in `entry`: first the key's words, then the others. */
export type Table = {
  /** What the next call is about, and what `find` found. No key is all zeros. */
  entry: Uint32Array
  /** Whether the key of `entry` is there; fills in its other words if so. */
  find(): boolean
  /** Puts `entry` in; false, and nothing changes, where its key is there. */
  add(): boolean
  /** Whether `more` keys still fit below the limit. */
  room(more: number): boolean
  readonly size: number
}

const FULL = 0.7
const FIRST_SLOTS = 4_096

/** A table that takes at most `most` keys; it grows by doubling, to 1.5 to 3 times the bytes of its entries. */
export function createTable(keyWords: number, otherWords: number, most: number): Table {
  const width = keyWords + otherWords
  const entry = new Uint32Array(width)
  let slots = FIRST_SLOTS
  let words = new Uint32Array(slots * width)
  let size = 0

  const isFree = (place: number) => {
    for (let n = 0; n < keyWords; n += 1) if (words[place + n] !== 0) return false
    return true
  }
  const isHere = (place: number) => {
    for (let n = 0; n < keyWords; n += 1) if (words[place + n] !== entry[n]) return false
    return true
  }
  // Where the key of `entry` is, or would go.
  function placeOf(): number {
    let hash = 0
    for (let n = 0; n < keyWords; n += 1) {
      hash = Math.imul(hash ^ (entry[n] as number), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0x85ebca6b)
    hash ^= hash >>> 13
    for (let slot = hash & (slots - 1); ; slot = (slot + 1) & (slots - 1)) {
      const place = slot * width
      if (isFree(place) || isHere(place)) return place
    }
  }
  function write(place: number): void {
    for (let n = 0; n < width; n += 1) words[place + n] = entry[n] as number
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
      if (used !== 0) write(placeOf())
    }
    entry.set(kept)
  }

  return {
    entry,
    find() {
      const place = placeOf()
      if (isFree(place)) return false
      for (let n = keyWords; n < width; n += 1) entry[n] = words[place + n] as number
      return true
    },
    add() {
      let place = placeOf()
      if (!isFree(place)) return false
      if (size + 1 > slots * FULL) {
        grow()
        place = placeOf()
      }
      write(place)
      size += 1
      return true
    },
    room: (more) => size + more <= most,
    get size() {
      return size
    },
  }
}
