// Promise 17: when the database fails after the first page of a list of ids, the connection to the client breaks, plain and indented.
import { request } from 'node:http'
import { afterAll, expect, inject, it } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { measured } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import { startProxy } from './proxy.ts'

// Several pages of 10,000 ids, which is how the service reads a list.
const EDGES = 45_000
const proxy = await startProxy(inject('neo4j').uri)
const service = await startTestService({ NEO4J_URI: proxy.uri })
const graph = openGraph(inject('neo4j'))
afterAll(async () => {
  await graph.close()
  await proxy.close()
})

/** Reads a whole answer and calls `begun` at its first bytes; the result is the text, or null if the connection broke. */
function read(path: string, headers: Record<string, string>, begun: () => void): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const sent = request(service.url + path, { headers, agent: false }, (answer) => {
      let text = ''
      answer.on('data', (piece: Buffer) => {
        if (text === '') begun()
        text += piece
      })
      answer.on('end', () => resolve(answer.complete ? text : null))
      answer.on('error', () => resolve(null))
    })
    sent.on('error', reject)
    sent.end()
  })
}

it('17: a list that breaks after its first page does not look complete', {
  timeout: 90_000,
}, async () => {
  const star = await service.createUser()
  const params = { id: BigInt(star.id), first: BigInt(star.id) + 1_000_000_000n }
  // All relationships start at one node: a list of ids reads only their properties, so no users are needed.
  await graph.write(
    'test',
    `MATCH (star:User {id: $id}) CREATE (source:FaultSource {of: $id}) WITH star, source UNWIND range(1, ${EDGES}) AS n
    CREATE (source)-[:FOLLOWS {id: 5000000000000000000 + $id % 1000000000000 * 100000 + n, follower_id: $first + n, followee_id: $id, followed_at: datetime()}]->(star)`,
    params,
    60_000,
  )
  const path = `/users/${star.id}/followers/ids`
  const headers = { Authorization: `Bearer ${await service.tokenFor(star)}` }
  const whole = await read(path, headers, () => undefined)
  expect(JSON.parse(whole ?? '{}').data).toHaveLength(EDGES)
  for (const pretty of [{}, { 'X-ADN-Pretty-JSON': '1' }]) {
    // The proxy delays each query, so that the connection is cut before the last of them.
    proxy.faults = { delay: 1 }
    const broken = await read(path, { ...headers, ...pretty }, () => {
      proxy.faults = { 'cut-before': 1 }
    })
    proxy.faults = {}
    expect(broken === null ? 'broken' : `${broken.length} characters of an answer that looks whole`).toBe(
      'broken',
    )
  }
  expect(proxy.struck['cut-before']).toBeGreaterThan(0)
  await graph.write('test', 'MATCH (s:FaultSource {of: $id}) DETACH DELETE s', { id: params.id }, 60_000)
  measured(17, `2 lists of ${EDGES} ids, cut behind their first page: both connections broke`)
})
