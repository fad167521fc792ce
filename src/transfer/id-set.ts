// A set of ids in little memory, as a bit map in pages.

const PAGE_BITS = 12n
const PAGE_SIZE = 1 << Number(PAGE_BITS)

/** One bit an id. Ids of a sequence are close together, so a million of them take an eighth of a megabyte. */
export function createIdSet(): { add(id: bigint): boolean } {
  const pages = new Map<bigint, Uint8Array>()
  let lastKey = -1n
  let last = new Uint8Array(0)
  return {
    /** Returns false if the id was in the set already. */
    add(id) {
      const key = id >> PAGE_BITS
      if (key !== lastKey) {
        let page = pages.get(key)
        if (page === undefined) {
          page = new Uint8Array(PAGE_SIZE / 8)
          pages.set(key, page)
        }
        lastKey = key
        last = page as Uint8Array<ArrayBuffer>
      }
      const index = Number(id & BigInt(PAGE_SIZE - 1))
      const bit = 1 << (index & 7)
      const before = last[index >> 3] as number
      last[index >> 3] = before | bit
      return (before & bit) === 0
    },
  }
}
