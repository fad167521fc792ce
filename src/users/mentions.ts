// Finds the ids of the users that descriptions mention. This happens when users are read, because mentioned users can be renamed or deleted.
import type { Item } from './item.ts'

/**
 * Sets the ids of the items' mentions, in place, and then returns `result`: at once if no item has mentions, which is the usual case,
 * otherwise as a promise.
 */
export type Link = <Result>(items: (Item | null)[], result: Result) => Result | Promise<Result>

/** `find` returns the ids of usernames (in lower case) in the same order, null for a name that nobody has. */
export function createLink(find: (usernames: string[]) => Promise<(bigint | null)[]>): Link {
  return (items, result) => {
    const mentioning = items.filter((item): item is Item => item !== null && item[3] !== null)
    return mentioning.length === 0 ? result : linked(mentioning, find).then(() => result)
  }
}

async function linked(items: Item[], find: Parameters<typeof createLink>[0]): Promise<void> {
  const names = [...new Set(items.flatMap(mentioned))]
  const ids = names.length === 0 ? [] : await find(names)
  const known = new Map(names.map((name, place) => [name, ids[place]]))
  for (const item of items) {
    item[3] = mentioned(item).flatMap((name): [string, bigint][] => {
      const id = known.get(name)
      return id == null ? [] : [[name, id]]
    })
  }
}

// The names in an item's mentions. A node that was written by hand may contain any value.
const mentioned = ([, , , names]: Item): string[] =>
  (Array.isArray(names) ? (names as unknown[]) : []).filter((name) => typeof name === 'string')
