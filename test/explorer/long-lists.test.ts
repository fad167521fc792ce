// The explorer's network and path beside a user with 6,000 followers, who follows them back: relationships are asked where that takes fewer calls.
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { openEgo } from '../../src/explorer/network/ego.ts'
import { findPath } from '../../src/explorer/network/path.ts'
import { crowd, disperse } from '../lists/crowd.ts'
import { going, nameOf, type People, startExplored } from './support.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 90_000 })

const { service, clientOf, people } = await startExplored()
const parts = createParts(service.neo4j, { maxFollowing: null })
afterAll(() => parts.graph.close())

describe('a user with 6,000 followers', () => {
  const from = 2n ** 60n + BigInt(randomInt(2 ** 40)) * 10_000n
  let who: People
  beforeAll(async () => {
    who = await people('ada>star ada>bo bo>star star>bo bo>cy cy>dan')
    await crowd(parts.graph, BigInt(who.star!.id), from, 6_000n, true)
  })
  afterAll(() => disperse(parts.graph, from, 6_000n))

  it('is a member of a network for one call', async () => {
    const asked: string[] = []
    const ego = await openEgo(clientOf(who.cy!.token, asked), who.ada!.id, going())
    const { people: members, follows } = await ego.read(200, { signal: going() })
    const named = follows.map((pair) => pair.map((n) => nameOf(who, members[n]!.id)).join('>'))
    expect(named.sort()).toEqual(['bo>star', 'star>bo'])
    expect(asked.sort()).toEqual([
      'relationships',
      'users',
      'users/ID',
      'users/ID/following/ids',
      'users/ID/following/ids',
    ])
  })

  it('has a network of the newest 2,000', async () => {
    const ego = await openEgo(clientOf(who.cy!.token), who.star!.id, going())
    expect(ego.available).toBe(2_000)
    const { people: members } = await ego.read(3, { signal: going() })
    expect(members.map(({ id }) => id)).toEqual([6_000n, 5_999n, 5_998n].map((n) => String(from + n)))
  })

  it('is reached over one person without reading the followers', async () => {
    const client = clientOf(who.cy!.token)
    const found = await findPath(client, who.dan!.id, who.star!.id, { signal: going() })
    expect(found).toMatchObject({ kind: 'none' })
    await service.follow(who.dan!, who.bo!)
    const path = await findPath(client, who.dan!.id, who.star!.id, { signal: going() })
    expect(path).toMatchObject({ kind: 'found', shortest: true, requests: 6 })
    expect(path.kind === 'found' && path.people.map(({ id }) => nameOf(who, id))).toEqual([
      'dan',
      'bo',
      'star',
    ])
  })
})
