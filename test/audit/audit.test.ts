// A graph damaged in each way that the audit knows: it finds exactly that, the API goes on beside it, a repair mends it.
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { auditGraph } from '../../src/transfer/audit/audit.ts'
import { createIdSet } from '../../src/transfer/id-set.ts'
import { ownGraph } from '../support/own-graph.ts'
import { patiently } from '../support/patiently.ts'

// An audit is a walk of the whole graph by some thirty statements: longer than a request where the machine has other work.
vi.setConfig({ testTimeout: 60_000 })
const graph = ownGraph()
const silent = () => undefined
let token: string

beforeAll(async () => {
  // Plans every statement once, while nobody waits for an answer within its time.
  for (let tries = 1; ; tries += 1) {
    try {
      await auditGraph(graph.parts, false, silent)
      return await prepare()
    } catch (error) {
      if (tries === 5) throw error
    }
  }
}, 240_000)

async function prepare() {
  await graph.kit.reset()
  for (const username of ['ann', 'bea', 'cyd', 'dot'])
    await graph.kit.createUser({
      username,
      description: `@ann and #${username}`,
      id: ['ann', 'bea', 'cyd', 'dot'].indexOf(username) + 1,
    })
  for (const [a, b] of [
    ['1', '2'],
    ['2', '1'],
    ['3', '1'],
  ] as const)
    await graph.kit.follow(a, b)
  token = await graph.kit.tokenFor('4')
  await graph.parts.changes.commit([
    { kind: 'mute', viewerId: 1n, targetId: 3n, maxFollowing: null },
    { kind: 'block', viewerId: 2n, targetId: 3n, maxFollowing: null },
  ])
}
beforeEach(() => patiently(prepare))

const found = async (repair = false) => {
  const report = await auditGraph(graph.parts, repair, silent)
  return {
    ...report,
    rules: Object.fromEntries(
      report.rules.filter(({ count }) => count > 0).map(({ rule, count }) => [rule, count]),
    ),
  }
}
// A machine that is busy with other tests makes the service say "later"; then it is asked later.
type Shown = {
  id: string
  name: string
  pagination_id: string
  counts: { following: number; followers: number }
}
const call = async <T = Shown>(
  path: string,
  method = 'GET',
  tries = 1,
): Promise<{ status: number; body: { data: T } }> => {
  const response = await fetch(`${graph.kit.url}/stream/0/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(10_000),
  })
  if (response.status === 503 && tries < 20) return call<T>(path, method, tries + 1)
  return { status: response.status, body: (await response.json()) as { data: T } }
}
const follow = (a: number, b: number, properties = '') =>
  `MATCH (a:User {id: ${a}}), (b:User {id: ${b}}) CREATE (a)-[:FOLLOWS ${properties}]->(b)`
/** A request as the service makes it, with the next id of the sequence. */
const request = (a: number, b: number) =>
  `MATCH (s:Sequence) SET s.value = s.value + 1 WITH s.value AS id MATCH (a:User {id: ${a}}), (b:User {id: ${b}}) CREATE (a)-[:REQUESTS {id: id, requester_id: ${a}, requested_id: ${b}, requested_at: datetime()}]->(b)`
const whole = (a: number, b: number, id: number | bigint) =>
  follow(a, b, `{id: ${id}, follower_id: ${a}, followee_id: ${b}, followed_at: datetime()}`)

const FAULTS: [what: string, cypher: string, rules: Record<string, number>][] = [
  [
    "an analyst's MERGE",
    'MATCH (a:User {id: 1}), (b:User {id: 4}) MERGE (a)-[:FOLLOWS]->(b)',
    { 'follows-properties': 1 },
  ],
  [
    'a mute made by hand',
    'MATCH (a:User {id: 3}), (b:User {id: 4}) CREATE (a)-[:MUTES]->(b)',
    { 'mutes-properties': 1 },
  ],
  [
    'a block made by hand',
    'MATCH (a:User {id: 1}), (b:User {id: 4}) CREATE (a)-[:BLOCKS]->(b)',
    { 'blocks-properties': 1 },
  ],
  [
    'a date that is text',
    'MATCH (:User {id: 1})-[f:FOLLOWS]->() SET f.followed_at = "2020"',
    { 'follows-properties': 1 },
  ],
  [
    'the pair of another',
    follow(1, 4, '{id: 1, follower_id: 4, followee_id: 3, followed_at: datetime()}'),
    { 'follows-properties': 1 },
  ],
  [
    'pairs in a ring',
    `${follow(1, 4, '{follower_id: 4, followee_id: 1}')} WITH a, b CREATE (b)-[:FOLLOWS {follower_id: 1, followee_id: 4}]->(a)`,
    { 'follows-properties': 2 },
  ],
  ['a pair twice', follow(1, 2), { 'follows-twice': 1 }],
  [
    'a pair three times, all bare',
    'MATCH (a:User {id: 1}), (b:User {id: 4}) CREATE (a)-[:FOLLOWS]->(b), (a)-[:FOLLOWS]->(b), (a)-[:FOLLOWS]->(b)',
    { 'follows-twice': 2, 'follows-properties': 1 },
  ],
  ['oneself', follow(1, 1), { 'follows-self': 1 }],
  [
    'across a block',
    'MATCH (s:Sequence) SET s.value = s.value + 1 WITH s.value AS id MATCH (a:User {id: 3}), (b:User {id: 2}) CREATE (a)-[:FOLLOWS {id: id, follower_id: 3, followee_id: 2, followed_at: datetime()}]->(b)',
    { 'follows-across-block': 1 },
  ],
  ['an end that is no user', 'MATCH (a:User {id: 1}) CREATE (a)-[:FOLLOWS]->(:Page)', { 'follows-ends': 1 }],
  [
    'an id twice',
    'MATCH (:User {id: 1})-[f:FOLLOWS]->() WITH f.id AS id MATCH (a:User {id: 4}), (b:User {id: 1}) CREATE (a)-[:FOLLOWS {id: id, follower_id: 4, followee_id: 1, followed_at: datetime()}]->(b)',
    { 'follows-id-twice': 1 },
  ],
  ['an id above the sequence', whole(1, 4, 1_000_000), { 'follows-above-sequence': 1 }],
  [
    'an id so high that the sequence must not rise to it',
    whole(1, 4, 2n ** 63n - 1n),
    { 'follows-id-twice': 1 },
  ],
  [
    'a lost sequence',
    'MATCH (s:Sequence) DELETE s',
    { 'follows-above-sequence': 1, 'mutes-above-sequence': 1, 'blocks-above-sequence': 1 },
  ],
  ['a request of oneself', request(1, 1), { 'requests-self': 1 }],
  ['a request across a block', request(3, 2), { 'requests-across-block': 1 }],
  ['a request beside a follow', request(1, 2), { 'requests-beside-follow': 1 }],
  ['a request twice', `${request(1, 4)} CREATE (a)-[:REQUESTS]->(b)`, { 'requests-twice': 1 }],
  [
    'a request made by hand',
    'MATCH (a:User {id: 1}), (b:User {id: 4}) CREATE (a)-[:REQUESTS]->(b)',
    { 'requests-properties': 1 },
  ],
  [
    'two requests with one id',
    `${request(1, 4)} WITH id MATCH (a:User {id: 3}), (b:User {id: 4}) CREATE (a)-[:REQUESTS {id: id, requester_id: 3, requested_id: 4, requested_at: datetime()}]->(b)`,
    { 'requests-id-twice': 1 },
  ],
  [
    'a request of the future',
    'MATCH (a:User {id: 1}), (b:User {id: 4}) CREATE (a)-[:REQUESTS {id: 2000000, requester_id: 1, requested_id: 4, requested_at: datetime()}]->(b)',
    { 'requests-above-sequence': 1 },
  ],
  [
    'a user without an id',
    "CREATE (:User {username: 'eve', username_key: 'eve', created_at: datetime()})",
    { 'user-id': 1 },
  ],
  [
    'a user without an id beside one with the last id that there is',
    "CREATE (:User {id: 9223372036854775807, username: 'last', username_key: 'last', created_at: datetime()}), (:User {username: 'eve', username_key: 'eve', created_at: datetime()})",
    { 'user-id': 1, rendered: 1 },
  ],
  [
    'a user whose id is a float, the highest of all',
    "CREATE (:User {id: 7.0, username: 'eve', username_key: 'eve', created_at: datetime()})",
    { 'user-id': 1 },
  ],
  ['a user without a name', 'CREATE (:User {id: 9, created_at: datetime()})', { username: 1 }],
  ['a username that is none', "MATCH (u:User {id: 1}) SET u.username = 'not one'", { username: 1 }],
  [
    'a username in other case',
    "CREATE (:User {id: 9, username: 'ANN', created_at: datetime()})",
    { 'username-clash': 1 },
  ],
  ['a renamed user', "MATCH (u:User {id: 1}) SET u.username = 'Zoe'", { 'username-key': 1 }],
  [
    'two users of one new name',
    "CREATE (:User {id: 8, username: 'Eve', created_at: datetime()}), (:User {id: 9, username: 'eve', created_at: datetime()})",
    { 'username-key': 1, 'username-clash': 1 },
  ],
  ['a user without a date', 'MATCH (u:User {id: 1}) REMOVE u.created_at', { 'created-at': 1 }],
  [
    'a property changed by hand',
    "MATCH (u:User {id: 1}) SET u.name = 'Anna', u.pagerank = 0.5",
    { rendered: 1 },
  ],
  [
    'an image of half a pixel',
    "MATCH (u:User {id: 1}) SET u.avatar_image_url = 'https://i.example/x.png', u.avatar_image_width = 180.5",
    { rendered: 1 },
  ],
  ['a user without words', 'MATCH (u:User {id: 1}) REMOVE u.search_words', { 'search-words': 1 }],
  [
    'a user who has moved to nobody',
    'MATCH (u:User {id: 1}) SET u.moved_to = 4242',
    { rendered: 1, 'moved-to': 1 },
  ],
  ['a deletion cut short', 'MATCH (u:User {id: 3}) REMOVE u:User, u.username_key SET u:Gone', { gone: 1 }],
]

describe('audit', () => {
  it('finds a graph that only the service wrote clean', async () => {
    expect(await found()).toEqual({ clean: true, rules: {}, repaired: 0 })
  })

  it('takes a request to somebody who is not locked for no fault, and a repair keeps it', async () => {
    await graph.cypher(request(1, 4))
    expect(await found(true)).toEqual({ clean: true, rules: {}, repaired: 0 })
    expect(await graph.cypher('MATCH ()-[q:REQUESTS]->() RETURN q.requester_id, q.requested_id')).toEqual([
      [1n, 4n],
    ])
  })

  it.each(FAULTS)(
    'finds %s, and nothing else; a repair mends it, the API goes on',
    async (_, cypher, rules) => {
      await graph.cypher(cypher)
      expect(await found()).toEqual({ clean: false, rules, repaired: 0 })
      for (const path of [
        'users/2',
        'users/1/followers',
        'users/1/following',
        'users/1/followers/ids',
        'users?ids=1,2,4',
        'relationships?source=1&targets=2,4',
      ])
        expect([path, (await call(path)).status]).toEqual([path, 200])
      expect((await call('users/2/follow', 'POST')).status).toBe(200)
      // `clean` is what another look after the repair says.
      expect(await found(true)).toMatchObject({ clean: true })
      for (const id of ['1', '2', '4']) {
        const { counts } = (await call(`users/${id}`)).body.data
        for (const side of ['following', 'followers'] as const) {
          expect((await call(`users/${id}/${side}/ids`)).body.data).toHaveLength(counts[side])
          expect((await call(`users/${id}/${side}`)).body.data).toHaveLength(counts[side])
        }
      }
    },
  )

  it('adopts what an analyst merged: it is counted at once, and listed once it is adopted', async () => {
    await graph.cypher('MATCH (a:User {id: 1}), (b:User {id: 4}) MERGE (a)-[:FOLLOWS]->(b)')
    expect((await call('users/4')).body.data.counts.followers).toBe(1)
    expect((await call('users/4/followers')).body.data).toEqual([])
    await found(true)
    const [follower] = (await call<Shown[]>('users/4/followers')).body.data
    expect(follower).toMatchObject({ id: '1' })
    expect(BigInt(follower?.pagination_id ?? 0)).toBeGreaterThan(5n)
  })

  it('removes the rest of a deleted user some of whose relationships have UUIDs for ids', async () => {
    await graph.cypher('MATCH (u:User {id: 3})-[f:FOLLOWS]->() SET f.id = randomUUID()')
    await graph.cypher('MATCH (u:User {id: 3}) REMOVE u:User, u.username_key SET u:Gone')
    expect(await found(true)).toMatchObject({ clean: true, rules: { gone: 1 } })
    expect(await graph.cypher('MATCH (n {id: 3}) RETURN labels(n)')).toEqual([])
  })

  it('keeps the properties that an analyst added, and shows those that were changed', async () => {
    await graph.cypher("MATCH (u:User {id: 1}) SET u.name = 'Anna', u.pagerank = 0.5")
    await found(true)
    expect((await call('users/1')).body.data.name).toBe('Anna')
    expect(await graph.cypher('MATCH (u:User {id: 1}) RETURN u.pagerank')).toEqual([[0.5]])
  })

  it('is not needed before a user is created beside one whose id is a float: the next id is an integer', async () => {
    await graph.cypher("CREATE (:User {id: 7.0, username: 'eve', username_key: 'eve'})")
    expect(await graph.kit.createUser({ username: 'fay' })).toMatchObject({ id: '8' })
    expect(await graph.cypher("MATCH (u:User {username: 'fay'}) RETURN u.id")).toEqual([[8n]])
  })

  it('mends more than it takes in one step, and counts them all', async () => {
    await graph.cypher(
      'UNWIND range(100, 1599) AS n CREATE (u:User {id: n, username: "u" + n, username_key: "u" + n, created_at: datetime()}) WITH u MATCH (a:User {id: 1}) CREATE (u)-[:FOLLOWS]->(a)',
    )
    expect((await found()).rules).toEqual({ rendered: 1500, 'follows-properties': 1500 })
    expect(await found(true)).toMatchObject({ clean: true, repaired: 3000 })
    expect((await call('users/1/followers/ids')).body.data).toHaveLength(1502)
  })

  it('does not take changes that are under way for faults', async () => {
    let on = true
    const writer = (async () => {
      while (on) {
        await call('users/1/follow', 'POST')
        await call('users/1/follow', 'DELETE')
      }
    })()
    try {
      for (let n = 0; n < 5; n += 1) expect(await found()).toEqual({ clean: true, rules: {}, repaired: 0 })
    } finally {
      on = false
      await writer
    }
  })
})

describe('the set of ids', () => {
  it('knows each id once, near or far', () => {
    const ids = createIdSet()
    for (const id of [1n, 2n, 4095n, 4096n, 2n ** 63n - 1n]) {
      expect(ids.add(id)).toBe(true)
      expect(ids.add(id)).toBe(false)
    }
    expect(ids.add(3n)).toBe(true)
  })
})
