// A set of ids in little memory, as bit maps of 64 neighbours each.
import { createTable } from './table.ts'

/** Ids of a sequence are close together: a million of them take 0.4 to 0.8 MB. An id without neighbours takes 23 to 46 bytes. */
export function createIdSet(): { add(id: bigint): boolean } {
  // From the place of 64 neighbours to their bits.
  const table = createTable(2, 2, Number.POSITIVE_INFINITY)
  const { entry } = table
  let place: bigint | undefined
  // The bits of `place`; they go into the table when an id of another place comes.
  const bits = new Uint32Array(2)

  function setKey(of: bigint): void {
    // No key may be all zeros; an id below zero, which only Cypher can write, has a place at the end.
    const key = BigInt.asUintN(58, of) + 1n
    entry[0] = Number(key >> 32n)
    entry[1] = Number(key & 0xffff_ffffn)
  }
  function turnTo(next: bigint): void {
    if (place !== undefined) {
      setKey(place)
      entry.set(bits, 2)
      table.put()
    }
    place = next
    setKey(place)
    if (table.find()) bits.set(entry.subarray(2))
    else bits.fill(0)
  }

  return {
    /** Returns false if the id was in the set already. */
    add(id) {
      const its = id >> 6n
      if (its !== place) turnTo(its)
      const index = Number(id & 63n)
      const bit = 1 << (index & 31)
      const word = index >> 5
      const before = bits[word] as number
      bits[word] = before | bit
      return (before & bit) === 0
    },
  }
}
