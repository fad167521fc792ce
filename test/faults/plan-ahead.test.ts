// Statements are planned before requests need them: the commonest before the service is ready, all others in the background, and again when the graph has grown.
import { afterAll, expect, it, vi } from 'vitest'
import { ascending } from '../../src/graph/queries.ts'
import type { Parts } from '../../src/parts.ts'
import { idsStatement } from '../../src/relations/ids.ts'
import { pageStatement, totalOf } from '../../src/relations/page-statement.ts'
import { planAhead } from '../../src/startup/plan-ahead.ts'
import { ownGraph } from '../support/own-graph.ts'

const graph = ownGraph()
let stopping = false
afterAll(() => {
  stopping = true
})

/** Parts whose database looks as if `busy` others used it; `planned` are the statements read, with the glances at it before each. */
function watched(busy: () => number) {
  const planned: { name: string; glances: number }[] = []
  let glances = 0
  const parts: Parts = {
    ...graph.parts,
    graph: {
      ...graph.parts.graph,
      get busy() {
        glances += 1
        return busy()
      },
      read(name, ...rest) {
        if (name !== 'plans/size') planned.push({ name, glances })
        return graph.parts.graph.read(name, ...rest)
      },
    },
  }
  return { parts, planned, names: () => planned.map(({ name }) => name), glances: () => glances }
}

it('plans the commonest statements and those that write at once, and all others as soon as nobody uses the database', {
  timeout: 240_000,
}, async () => {
  let busy = 1
  const { parts, names, glances } = watched(() => busy)
  let enough = false
  const { all } = await planAhead(parts, () => enough)
  const before = names().sort()
  expect(before).toEqual(['events/look', 'lists/followers', 'lists/following', 'tokens/find', 'users/fetch'])
  await expect.poll(glances, { timeout: 90_000, interval: 1 }).toBeGreaterThan(5)
  expect(names().sort()).toEqual(before)
  busy = 0
  await all
  enough = true
  expect(names()).toContain('lists/mutuals')
})

it('goes on beside callers who never pause, with pauses of its own', { timeout: 240_000 }, async () => {
  let enough = false
  const { parts, planned, names } = watched(() => 1)
  const { all } = await planAhead(parts, () => enough)
  const first = planned.length
  await expect.poll(() => names().length, { timeout: 200_000 }).toBeGreaterThan(first + 3)
  enough = true
  await all
  for (let n = first; n < planned.length; n += 1)
    expect((planned[n]?.glances ?? 0) - (planned[n - 1]?.glances ?? 0)).toBeGreaterThanOrEqual(2)
})

it('plans for the size of the graph, and sends the new text once it has grown', {
  timeout: 120_000,
}, async () => {
  await graph.kit.reset()
  // The real graph; the texts that it is told to send are recorded.
  const sent = new Map<string, Set<string>>()
  const sendAs: Parts['graph']['sendAs'] = (statement, text, plan, write) => {
    sent.set(statement, (sent.get(statement) ?? new Set()).add(text))
    graph.parts.graph.sendAs(statement, text, plan, write)
  }
  const { all } = await planAhead({ ...graph.parts, graph: { ...graph.parts.graph, sendAs } }, () => stopping)
  await all
  const { queries } = graph.parts
  for (const list of ['followers', 'followers-known']) {
    const query = queries.get(`lists/${list}`)
    for (const from of [query, ascending(query)]) {
      expect([...sent.keys()]).toContain(pageStatement(from, true, totalOf(queries, list)))
    }
  }
  const followers = queries.get('lists/followers')
  for (const from of [followers, ascending(followers)]) expect([...sent.keys()]).toContain(idsStatement(from))
  for (const [statement, texts] of sent) {
    expect([...texts]).toEqual([`CYPHER replan=skip ${statement}\n// planned for 0-0-0-0-0`])
  }
  await graph.cypher(`UNWIND range(1, 150) AS id
    CREATE (:User {id: id, username: 'u' + id, username_key: 'u' + id, created_at: datetime()})`)
  await graph.cypher(`MATCH (a:User), (b:User) WHERE a.id < b.id WITH a, b ORDER BY a.id, b.id LIMIT 5000
    WITH collect([a, b]) AS pairs UNWIND range(0, size(pairs) - 1) AS n WITH pairs[n][0] AS a, pairs[n][1] AS b, n
    CREATE (a)-[:FOLLOWS {id: n + 1, follower_id: a.id, followee_id: b.id, followed_at: datetime()}]->(b)`)
  const grown = () =>
    [...sent.values()].filter((texts) => [...texts].at(-1)?.endsWith('\n// planned for 1-2-0-0-0'))
  await vi.waitFor(() => expect(grown()).toHaveLength(sent.size), 60_000)
  const me = { id: '1', username: 'u1' }
  const answer = await fetch(`${graph.kit.url}/users/2/followers?count=5`, {
    headers: { Authorization: `Bearer ${await graph.kit.tokenFor(me)}` },
  })
  expect(answer.status).toBe(200)
})
