// Knows how users are called that nobody named: u<id>, or another name where somebody else has that one.
import type { Api } from '../api.ts'

/** The names to try in turn, from n = 0; none is longer than 20 characters. */
export function defaultName(id: bigint, n: number): string {
  return n === 0 ? `u${id}` : `u${id.toString(36)}_${n + 1}`
}

/** Whose these usernames are, in any case; those that nobody has are not among it. */
export async function ownersOf(api: Api, names: Iterable<string>): Promise<Map<string, bigint>> {
  const usernames = [...new Set(Array.from(names, (name) => name.toLowerCase()))]
  const owners = new Map<string, bigint>()
  if (usernames.length === 0) return owners
  const { statement } = api.queries.get('transfer/usernames')
  for (const [n, id] of await api.graph.read('transfer/usernames', statement, { usernames }, 60_000))
    if (id !== null) owners.set(usernames[Number(n)] as string, id as bigint)
  return owners
}

/** A free name for each of these users that nobody has in the graph, nor in `claimed`. */
export async function freeNames(
  api: Api,
  ids: bigint[],
  claimed: ReadonlyMap<string, bigint> = new Map(),
): Promise<Map<bigint, string>> {
  const names = new Map<bigint, string>()
  for (let n = 0, left = ids; left.length > 0; n += 1) {
    const owners = await ownersOf(
      api,
      left.map((id) => defaultName(id, n)),
    )
    left = left.filter((id) => {
      const name = defaultName(id, n)
      const taken = owners.has(name) || claimed.has(name)
      if (!taken) names.set(id, name)
      return taken
    })
  }
  return names
}

/** What people are told of a user who did not get u<id>. */
export const renamed = (id: bigint, name: string): string =>
  `user ${id} is called ${name}, because another has the name u${id}.`
