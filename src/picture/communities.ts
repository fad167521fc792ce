// Knows how to part users into communities by who follows whom: Louvain's method, the same answer at every run.

/** `[from, to, weight]`, ends as indexes; a pair may stand twice, its weights are added. */
export type Link = readonly [number, number, number]

/**
 * The community of each of `size` users, 0 for the largest. Users move to the community of a neighbour as long as
 * modularity grows; then each community becomes one user and the same begins again. Isolated users stay alone.
 */
export function communities(size: number, links: readonly Link[]): number[] {
  let members = Array.from({ length: size }, (_, index) => index)
  let level = links
  for (let count = size; ; ) {
    const moved = renumbered(moves(count, level))
    members = members.map((index) => moved[index] as number)
    const next = Math.max(-1, ...moved) + 1
    if (next === count) return bySize(members)
    level = level.map(([a, b, weight]) => [moved[a] as number, moved[b] as number, weight] as const)
    count = next
  }
}

// One level: each user in the community where the gain is largest; the lower number wins a draw.
function moves(count: number, links: readonly Link[]): number[] {
  const neighbours = Array.from({ length: count }, () => new Map<number, number>())
  const degree = new Array<number>(count).fill(0)
  let total = 0
  for (const [a, b, weight] of links) {
    degree[a]! += weight
    degree[b]! += weight
    total += 2 * weight
    if (a === b) continue
    neighbours[a]?.set(b, (neighbours[a]?.get(b) ?? 0) + weight)
    neighbours[b]?.set(a, (neighbours[b]?.get(a) ?? 0) + weight)
  }
  const place = Array.from({ length: count }, (_, index) => index)
  const degrees = [...degree]
  for (let changed = true; changed; ) {
    changed = false
    for (let user = 0; user < count; user += 1) {
      const home = place[user] as number
      const own = degree[user] as number
      degrees[home]! -= own
      const shared = new Map<number, number>([[home, 0]])
      for (const [other, weight] of neighbours[user] as Map<number, number>)
        shared.set(place[other] as number, (shared.get(place[other] as number) ?? 0) + weight)
      const gain = (community: number) =>
        (shared.get(community) as number) - (own * (degrees[community] as number)) / total
      let best = home
      for (const community of [...shared.keys()].sort((a, b) => a - b))
        if (gain(community) > gain(best) + 1e-9) best = community
      place[user] = best
      degrees[best]! += own
      changed ||= best !== home
    }
  }
  return place
}

function renumbered(places: readonly number[]): number[] {
  const numbers = new Map<number, number>()
  return places.map((place) => {
    if (!numbers.has(place)) numbers.set(place, numbers.size)
    return numbers.get(place) as number
  })
}

function bySize(places: readonly number[]): number[] {
  const sizes = new Map<number, number>()
  for (const place of places) sizes.set(place, (sizes.get(place) ?? 0) + 1)
  const order = [...sizes].sort(([a, x], [b, y]) => y - x || a - b).map(([place]) => place)
  return places.map((place) => order.indexOf(place))
}
