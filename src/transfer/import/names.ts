// Default usernames for users without one: u<id>, or another name if that is taken.
import type { Parts } from '../../parts.ts'
import { defaultName } from '../../users/default-name.ts'

/** The owners of these usernames, by name in lower case; free names are absent. */
export async function ownersOf(parts: Parts, names: Iterable<string>): Promise<Map<string, bigint>> {
  const usernames = [...new Set(Array.from(names, (name) => name.toLowerCase()))]
  const owners = new Map<string, bigint>()
  if (usernames.length === 0) return owners
  const { statement } = parts.queries.get('transfer/usernames')
  for (const [n, id] of await parts.graph.read('transfer/usernames', statement, { usernames }, 60_000))
    if (id !== null) owners.set(usernames[Number(n)] as string, id as bigint)
  return owners
}

/** A name for each of these users that nobody else has in the graph and in `claimed`: a user who has such a name keeps it. */
export async function freeNames(
  parts: Parts,
  ids: bigint[],
  claimed: ReadonlyMap<string, bigint> = new Map(),
): Promise<Map<bigint, string>> {
  const names = new Map<bigint, string>()
  for (let n = 0, left = ids; left.length > 0; n += 1) {
    const owners = await ownersOf(
      parts,
      left.map((id) => defaultName(id, n)),
    )
    left = left.filter((id) => {
      const name = defaultName(id, n)
      const taken = (owners.get(name) ?? id) !== id || (claimed.get(name) ?? id) !== id
      if (!taken) names.set(id, name)
      return taken
    })
  }
  return names
}

/** The message about a user who did not get the name u<id>. */
export const renamed = (id: bigint, name: string): string =>
  `user ${id} is called ${name}, because another has the name u${id}.`
