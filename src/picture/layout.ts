// Computes the position of each user in a picture: a force layout in which follows attract and all users repel each other. Also runs in
// browsers, for the explorer.
import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationNodeDatum,
} from 'd3-force'
import { communities } from './communities.ts'

export type PictureUser = { id: bigint; username: string; followers: number }
/** A follow as indexes into the users: who follows, who is followed. */
export type PictureFollow = readonly [number, number]
export type Placed = { x: number; y: number; radius: number; community: number }
export type PlacedUser = PictureUser & Placed

/** A layout that is computed in steps. Deterministic: d3's random numbers have a fixed seed. */
export type Layout = {
  /** How many steps it takes as a whole. */
  steps: number
  step(count: number): void
  /** The users as they are placed now, in a square of `side`, with a radius by followers and a community. */
  placed(side: number): Placed[]
}

const SMALLEST = 3.2
const LARGEST = 26
/** The weight of a mutual follow; a one-way follow has the weight 1. */
const MUTUAL = 4
const STEPS = 400

/** The users with a position in a square of `side`, a radius by followers, and a community. */
export function layout(
  users: readonly PictureUser[],
  follows: readonly PictureFollow[],
  side: number,
): PlacedUser[] {
  const { steps, step, placed } = startLayout(users, follows)
  step(steps)
  const places = placed(side)
  return users.map((user, index) => ({ ...user, ...(places[index] as Placed) }))
}

/** Finds the communities and prepares the steps; users without follows stay where the repulsion puts them. */
export function startLayout(
  users: readonly { followers: number }[],
  follows: readonly PictureFollow[],
): Layout {
  const has = new Set(follows.map(([a, b]) => `${a},${b}`))
  const pairs = follows.flatMap(([a, b]) => {
    const mutual = has.has(`${b},${a}`)
    return mutual && a > b ? [] : [{ source: a, target: b, weight: mutual ? MUTUAL : 1 }]
  })
  const community = communities(
    users.length,
    pairs.map(({ source, target, weight }) => [source, target, weight] as const),
  )
  const most = Math.max(1, ...users.map(({ followers }) => followers))
  const nodes: (SimulationNodeDatum & { radius: number })[] = users.map(({ followers }) => ({
    radius: SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(followers / most),
  }))
  const degree = new Array<number>(users.length).fill(1)
  for (const { source, target, weight } of pairs) {
    degree[source]! += weight
    degree[target]! += weight
  }
  const strengths = pairs.map(
    ({ source, target, weight }) =>
      (weight * (community[source] === community[target] ? 1 : 0.12)) /
      Math.min(degree[source] as number, degree[target] as number),
  )
  const simulation = forceSimulation(nodes)
    .force(
      'follows',
      forceLink(pairs)
        .distance(24)
        .strength((_, index) => strengths[index] as number),
    )
    .force(
      'repulsion',
      forceManyBody<(typeof nodes)[number]>().strength((node) => -26 - 3 * node.radius),
    )
    .force('no overlap', forceCollide<(typeof nodes)[number]>((node) => node.radius + 1.6).iterations(3))
    .force('x', forceX(0).strength(0.055))
    .force('y', forceY(0).strength(0.055))
    .stop()
  return {
    steps: STEPS,
    step: (count) => void simulation.tick(count),
    placed: (side) => fitted(nodes, community, side),
  }
}

// Scales the positions to the square, but not the radii, so that a picture of few users is as legible as one of many.
function fitted(
  nodes: readonly (SimulationNodeDatum & { radius: number })[],
  community: readonly number[],
  side: number,
): Placed[] {
  const span = (of: 'x' | 'y') => {
    const values = nodes.map((node) => node[of] ?? 0)
    const [low, high] = [Math.min(...values), Math.max(...values)]
    return { middle: (low + high) / 2, width: Math.max(1, high - low) }
  }
  const [x, y] = [span('x'), span('y')]
  const scale = Math.min(3, (side - 2 * LARGEST) / Math.max(x.width, y.width))
  return nodes.map((node, index) => ({
    x: ((node.x ?? 0) - x.middle) * scale + side / 2,
    y: ((node.y ?? 0) - y.middle) * scale + side / 2,
    radius: node.radius,
    community: community[index] as number,
  }))
}
