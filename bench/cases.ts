// Knows what is measured: each case as the requests that its clients make.
import { type Facts, random } from './graph.ts'
import type { Op } from './op.ts'

export type Case = {
  name: string
  about: string
  clients: number
  /** A write is never asked twice: its ops go on where the last job ended. */
  once?: boolean
  /** Uses up what this case has made, target by target. */
  undoes?: string
  ops(draw: Draw): Op[]
}

/** Draws from the graph by a seed, so that every target is asked the same. */
export type Draw = { facts: Facts; next: () => number; size: number }

export const drawFrom = (facts: Facts, seed: number, size: number): Draw => ({
  facts,
  next: random(seed),
  size,
})

const pick = <T>(draw: Draw, from: T[]): T => from[Math.floor(draw.next() * from.length)] as T
const viewer = (draw: Draw): number => Math.floor(draw.next() * draw.facts.viewers.length)
const many = (draw: Draw, make: () => Op): Op[] => Array.from({ length: draw.size }, make)

const page = (draw: Draw): Op => ({
  kind: 'page',
  viewer: viewer(draw),
  user: pick(draw, draw.facts.followed),
})
// Never oneself: that is a 400.
function follow(draw: Draw): Op {
  const at = viewer(draw)
  const user = pick(draw, draw.facts.any)
  return user === draw.facts.viewers[at] ? follow(draw) : { kind: 'follow', viewer: at, user }
}
const unfollow = (): Op[] => []

export const CASES: Case[] = [
  ...[1, 32, 128].map(
    (clients): Case => ({
      name: `page-${clients}`,
      about: 'newest 20 followers of users with 20 or more',
      clients,
      ops: (draw) => many(draw, () => page(draw)),
    }),
  ),
  {
    name: 'celebrity',
    about: 'newest 20 followers of the most followed user',
    clients: 32,
    ops: (draw) => many(draw, () => ({ ...page(draw), user: draw.facts.celebrity.id })),
  },
  {
    name: 'deep',
    about: 'a page at a random depth of long lists',
    clients: 32,
    ops: (draw) =>
      many(draw, () => {
        const { id, followers } = pick(draw, draw.facts.deep)
        const depth = draw.next() * 0.9
        // Ids of follows are spread evenly over every list, so a share of the highest is a share of the list.
        const before = String(Math.ceil(Number(draw.facts.highest) * (1 - depth)))
        return { kind: 'page', viewer: viewer(draw), user: id, before, skip: Math.floor(depth * followers) }
      }),
  },
  ...[1, 32, 128].flatMap((clients): Case[] => [
    {
      name: `follow-${clients}`,
      about: 'random pairs',
      clients,
      once: true,
      ops: (draw) => many(draw, () => follow(draw)),
    },
    {
      name: `unfollow-${clients}`,
      about: 'the pairs that were made',
      clients,
      once: true,
      undoes: `follow-${clients}`,
      ops: unfollow,
    },
  ]),
  {
    name: 'follow-celebrity',
    about: 'all follow the same user',
    clients: 128,
    once: true,
    // Each viewer once, then the next most followed user, and so on: never a follow that stands.
    ops: (draw) => {
      const stars = [draw.facts.celebrity.id, ...draw.facts.deep.map(({ id }) => id)].filter(
        (id, at, all) => all.indexOf(id) === at,
      )
      return stars
        .slice(0, Math.ceil(draw.size / draw.facts.viewers.length))
        .flatMap((user) => draw.facts.viewers.map((_, at): Op => ({ kind: 'follow', viewer: at, user })))
    },
  },
  {
    name: 'ids',
    about: 'every follower id of the most followed user',
    clients: 1,
    ops: (draw) => many(draw, () => ({ kind: 'ids', viewer: viewer(draw), user: draw.facts.celebrity.id })),
  },
  {
    name: 'ids-8',
    about: 'the same by eight clients at once',
    clients: 8,
    ops: (draw) => many(draw, () => ({ kind: 'ids', viewer: viewer(draw), user: draw.facts.celebrity.id })),
  },
  {
    name: 'relationships',
    about: 'the caller and 200 others',
    clients: 32,
    ops: (draw) => {
      const targets = (): string[] => Array.from({ length: 200 }, () => pick(draw, draw.facts.any))
      return Array.from({ length: Math.min(draw.size, 500) }, () => ({
        kind: 'relationships',
        viewer: viewer(draw),
        targets: targets(),
      }))
    },
  },
  {
    name: 'mutuals',
    about: 'newest 20 mutual follows',
    clients: 32,
    ops: (draw) =>
      many(draw, () => ({ kind: 'mutuals', viewer: viewer(draw), user: pick(draw, draw.facts.viewers) })),
  },
  {
    name: 'known',
    about: 'newest 20 followers whom the caller follows',
    clients: 32,
    ops: (draw) =>
      many(draw, () => ({ kind: 'known', viewer: viewer(draw), user: pick(draw, draw.facts.followed) })),
  },
  {
    name: 'mixed',
    about: '90 pages to 10 follows',
    clients: 32,
    ops: (draw) => many(draw, () => (draw.next() < 0.1 ? follow(draw) : page(draw))),
  },
]
