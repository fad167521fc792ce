// Packs ids and usernames into the 32-bit words of a table's key (../table.ts).

/** Writes an id into two words. */
export function split(id: bigint, into: Uint32Array, at: number): void {
  const number = Number(id)
  const small = number <= Number.MAX_SAFE_INTEGER
  into[at] = small ? Math.floor(number / 0x1_0000_0000) : Number(id >> 32n)
  into[at + 1] = small ? number % 0x1_0000_0000 : Number(id & 0xffff_ffffn)
}

/** Writes a lower-case username into four words: up to twenty characters of 6 bits, five in a word. */
export function pack(name: string, into: Uint32Array): void {
  into.fill(0)
  for (let n = 0; n < name.length; n += 1) {
    const code = name.charCodeAt(n)
    const digit = code === 95 ? 1 : code < 58 ? code - 46 : code - 85
    const word = Math.floor(n / 5)
    into[word] = (into[word] as number) * 64 + digit
  }
}
