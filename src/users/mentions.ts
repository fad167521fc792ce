// Knows how the names that users mention become links: resolved when read, so that a renamed or deleted user leaves no stale one.
import type { Item } from './item.ts'

/** Gives `result` once the items' mentions have their ids; items without mentions, nearly all, cost nothing. Changes them in place. */
export type Link = <Result>(items: (Item | null)[], result: Result) => Result | Promise<Result>

/** `find` gives the ids of usernames in lower case, in their order, null where nobody has one. */
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

// A node that was written by hand may hold anything here.
const mentioned = ([, , , names]: Item): string[] =>
  (Array.isArray(names) ? (names as unknown[]) : []).filter((name) => typeof name === 'string')
