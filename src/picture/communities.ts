// Divides users into communities by their follows, with Louvain's method; the result is the same at every run.

/** `[from, to, weight]` with the ends as indexes; the weights of a pair that occurs several times are added. */
export type Link = readonly [number, number, number]

/**
 * The community of each of `size` users; the largest has the number 0. Users move to the community of a neighbour as long as
 * modularity grows; then each community becomes one node, and the same is repeated. Users without links stay alone.
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

// One level: moves each user to the community with the largest gain; in a draw to the one with the lower number.
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
  const communityOf = Array.from({ length: count }, (_, index) => index)
  const degrees = [...degree]
  for (let changed = true; changed; ) {
    changed = false
    for (let user = 0; user < count; user += 1) {
      const home = communityOf[user] as number
      const own = degree[user] as number
      degrees[home]! -= own
      const shared = new Map<number, number>([[home, 0]])
      for (const [other, weight] of neighbours[user] as Map<number, number>)
        shared.set(communityOf[other] as number, (shared.get(communityOf[other] as number) ?? 0) + weight)
      const gain = (community: number) =>
        (shared.get(community) as number) - (own * (degrees[community] as number)) / total
      let best = home
      for (const community of [...shared.keys()].sort((a, b) => a - b))
        if (gain(community) > gain(best) + 1e-9) best = community
      communityOf[user] = best
      degrees[best]! += own
      changed ||= best !== home
    }
  }
  return communityOf
}

function renumbered(assignment: readonly number[]): number[] {
  const numbers = new Map<number, number>()
  return assignment.map((community) => {
    if (!numbers.has(community)) numbers.set(community, numbers.size)
    return numbers.get(community) as number
  })
}

function bySize(assignment: readonly number[]): number[] {
  const sizes = new Map<number, number>()
  for (const community of assignment) sizes.set(community, (sizes.get(community) ?? 0) + 1)
  const order = [...sizes].sort(([a, x], [b, y]) => y - x || a - b).map(([community]) => community)
  return assignment.map((community) => order.indexOf(community))
}
