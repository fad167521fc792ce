// Knows which of what is remembered goes first: the oldest, but for what was used again.

/** What is remembered in a Map, in the order in which it was put in; `again`: used since it was last looked at for room. */
type Entry = { again: boolean }

/** Calls `drop`, which has to take the entry out, until `full` is false; an entry that was used again is once spared, and becomes the newest. */
export function makeRoom<Key, One extends Entry>(
  entries: Map<Key, One>,
  full: () => boolean,
  drop: (key: Key, entry: One) => void,
): void {
  for (const [key, entry] of entries) {
    if (!full()) return
    if (entry.again) {
      entry.again = false
      entries.delete(key)
      entries.set(key, entry)
    } else drop(key, entry)
  }
}
