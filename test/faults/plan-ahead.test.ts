// Nobody waits for a plan: the commonest statements are planned before the service is ready, all others behind, and anew when the graph has grown.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, it, vi } from 'vitest'
import type { Api } from '../../src/api.ts'
import { ascending } from '../../src/graph/queries.ts'
import { planAhead } from '../../src/plan-ahead.ts'
import { idsStatement } from '../../src/relations/ids.ts'
import { pageStatement, totalOf } from '../../src/relations/page-statement.ts'
import { ownGraph } from '../support/own-graph.ts'

const graph = ownGraph()
let stopping = false
afterAll(() => {
  stopping = true
})

it('lets others ask first, but for the commonest statements', { timeout: 120_000 }, async () => {
  let busy = 1
  const planned: string[] = []
  const api: Api = {
    ...graph.api,
    graph: {
      ...graph.api.graph,
      get busy() {
        return busy
      },
      read(name, ...rest) {
        if (name !== 'plans/size') planned.push(name)
        return graph.api.graph.read(name, ...rest)
      },
    },
  }
  let enough = false
  const { all } = await planAhead(api, () => enough)
  const before = [...planned].sort()
  expect(before).toEqual(['lists/followers', 'lists/followers', 'tokens/find', 'users/fetch'])
  await wait(500)
  expect(planned.sort()).toEqual(before)
  busy = 0
  await all
  enough = true
  expect(planned).toContain('lists/mutuals')
})

it('plans for the size of the graph, and sends the new text once it has grown', {
  timeout: 120_000,
}, async () => {
  await graph.kit.reset()
  // The real graph, with an ear for what is sent from when on.
  const sent = new Map<string, Set<string>>()
  const sendAs: Api['graph']['sendAs'] = (statement, text) => {
    sent.set(statement, (sent.get(statement) ?? new Set()).add(text))
    graph.api.graph.sendAs(statement, text)
  }
  const { all } = await planAhead({ ...graph.api, graph: { ...graph.api.graph, sendAs } }, () => stopping)
  await all
  const { queries } = graph.api
  for (const list of ['followers', 'followers-known']) {
    const query = queries.get(`lists/${list}`)
    for (const from of [query, ascending(query)]) {
      expect([...sent.keys()]).toContain(
        pageStatement(from, { viewer: true, knows: false }, totalOf(queries, list)),
      )
    }
  }
  const followers = queries.get('lists/followers')
  for (const from of [followers, ascending(followers)]) expect([...sent.keys()]).toContain(idsStatement(from))
  for (const [statement, texts] of sent) {
    expect([...texts]).toEqual([`CYPHER replan=skip ${statement}\n// planned for 0-0-0-0`])
  }
  await graph.cypher(`UNWIND range(1, 150) AS id
    CREATE (:User {id: id, username: 'u' + id, username_key: 'u' + id, created_at: datetime()})`)
  await graph.cypher(`MATCH (a:User), (b:User) WHERE a.id < b.id WITH a, b ORDER BY a.id, b.id LIMIT 5000
    WITH collect([a, b]) AS pairs UNWIND range(0, size(pairs) - 1) AS n WITH pairs[n][0] AS a, pairs[n][1] AS b, n
    CREATE (a)-[:FOLLOWS {id: n + 1, follower_id: a.id, followee_id: b.id, followed_at: datetime()}]->(b)`)
  const grown = () =>
    [...sent.values()].filter((texts) => [...texts].at(-1)?.endsWith('\n// planned for 1-2-0-0'))
  await vi.waitFor(() => expect(grown()).toHaveLength(sent.size), 60_000)
  const me = { id: '1', username: 'u1' }
  const answer = await fetch(`${graph.kit.url}/users/2/followers?count=5`, {
    headers: { Authorization: `Bearer ${await graph.kit.tokenFor(me)}` },
  })
  expect(answer.status).toBe(200)
})
