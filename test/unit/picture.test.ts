// The picture for any graph: communities as one would part them by eye, and XML whatever names are in it.
import { describe, expect, it } from 'vitest'
import { communities, type Link } from '../../src/picture/communities.ts'
import { layout } from '../../src/picture/layout.ts'
import { drawing } from '../../src/picture/svg.ts'
import { elements } from '../docs/picture.ts'

const clique = (members: number[], weight = 1): Link[] =>
  members.flatMap((a) => members.filter((b) => a < b).map((b): Link => [a, b, weight]))

describe('communities', () => {
  it('parts cliques that hang together by one follow, the largest first', () => {
    const links = [...clique([0, 2, 4]), ...clique([1, 3, 5, 7]), [4, 1, 1] as const]
    expect(communities(8, links)).toEqual([1, 0, 1, 0, 1, 0, 2, 0])
  })

  it('joins on a second level what the first left in parts', () => {
    // A ring of thirty cliques of three: no user gains by moving alone, pairs of cliques gain together.
    const ring = Array.from({ length: 30 }, (_, n) => [3 * n, 3 * n + 1, 3 * n + 2])
    const links = ring.flatMap((members, n): Link[] => [...clique(members), [3 * n + 2, (3 * n + 3) % 90, 1]])
    const found = communities(90, links)
    for (const [a, b, c] of ring) expect(new Set([found[a!], found[b!], found[c!]]).size).toBe(1)
    expect(new Set(found).size).toBeLessThan(20)
  })

  it('weights what it is told to', () => {
    const square: Link[] = [
      [0, 1, 5],
      [2, 3, 5],
      [0, 2, 1],
      [1, 3, 1],
    ]
    expect(communities(4, square)).toEqual([0, 0, 1, 1])
    expect(communities(3, [])).toEqual([0, 1, 2])
  })
})

describe('drawing', () => {
  const user = (id: number, username = `u${id}`, followers = id) => ({ id: BigInt(id), username, followers })

  it.each([0, 1, 2, 40])('of %i users is whole', (count) => {
    const users = Array.from({ length: count }, (_, n) => user(n + 1))
    const follows = users.slice(1).map((_, n) => [n + 1, 0] as const)
    const svg = drawing(layout(users, follows, 1000), follows, count, 1000)
    const found = elements(svg)
    expect([found.get('circle') ?? 0, found.get('path') ?? 0]).toEqual([count, follows.length])
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    // Nobody stands outside.
    for (const [, x, y, r] of svg.matchAll(/<circle cx="([^"]+)" cy="([^"]+)" r="([^"]+)"/g))
      for (const place of [Number(x), Number(y)]) {
        expect(place - Number(r)).toBeGreaterThanOrEqual(0)
        expect(place + Number(r)).toBeLessThanOrEqual(1000)
      }
  })

  it('of names that were written by hand is XML all the same', () => {
    const users = [user(3, '<b>&"]]>', 3), user(2, 'a\u0000\u000b\ud800z', 2)]
    const svg = drawing(layout(users, [[0, 1]], 500), [[0, 1]], 2, 500)
    expect(elements(svg).get('circle')).toBe(2)
    expect(svg).not.toContain('<b>')
  })
})
