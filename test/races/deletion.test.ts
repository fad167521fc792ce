// A user with thousands of relationships is deleted while others write: no error, nothing left, counts exact.
import { afterAll, expect, inject, it } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { crowd, disperse } from '../lists/crowd.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const graph = openGraph(inject('neo4j'))
afterAll(() => graph.close())

it('a user with 4,000 follows is gone, whoever writes meanwhile', async () => {
  const star = await service.user()
  const writers = await service.users(8)
  const quiet = await service.user()
  const from = BigInt(star.id) + 100_000n
  await crowd(graph, BigInt(star.id), from, 2_000n, true)
  expect((await service.call('GET', `/users/${star.id}`)).body.data.counts).toMatchObject({
    followers: 2000,
    following: 2000,
  })
  await service.follow(quiet, writers[0]!)
  const app = await service.appToken(['basic', 'provision'])

  let busy = true
  let refused = 0
  let written = 0
  const storm = writers.map(async (writer, n) => {
    const other = writers[(n + 1) % writers.length]!
    while (busy) {
      for (const [method, to] of [
        ['POST', star.id],
        ['POST', other.id],
        ['DELETE', star.id],
        ['DELETE', other.id],
        ['POST', star.id],
      ] as const) {
        const answer = await service.call(method, `/users/${to}/follow`, { token: writer.token })
        if (to === star.id && answer.status === 404) refused += 1
        else expect([method, to === star.id, answer.status]).toEqual([method, to === star.id, 200])
        written += 1
      }
    }
  })
  try {
    const mine = await service.call('GET', `/users/${star.id}/followers/ids`, { token: star.token })
    expect(mine.body.data.length).toBeGreaterThanOrEqual(2000)
    const answer = await service.call('DELETE', `/users/${star.id}`, { token: app })
    expect(answer.status).toBe(200)
    expect(answer.body.data.id).toBe(star.id)
    // From the answer on nothing of the user is to be seen.
    expect((await service.call('GET', `/users/${star.id}`)).status).toBe(404)
    expect((await service.call('GET', '/token', { token: star.token })).status).toBe(401)
    const refusedAfter = refused
    await expect.poll(() => refused).toBeGreaterThan(refusedAfter)
  } finally {
    busy = false
    await Promise.all(storm)
  }
  expect(written).toBeGreaterThan(50)

  const left =
    'OPTIONAL MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = $id WITH count(f) AS made OPTIONAL MATCH ()-[f:FOLLOWS]->() WHERE f.followee_id = $id RETURN made, count(f)'
  expect(await graph.read('test/left', left, { id: BigInt(star.id) })).toEqual([[0n, 0n]])
  const nodes =
    'OPTIONAL MATCH (u:User {id: $id}) OPTIONAL MATCH (g:Gone {id: $id}) RETURN u IS NULL, g IS NULL'
  expect(await graph.read('test/left', nodes, { id: BigInt(star.id) })).toEqual([[true, true]])
  const fan = (await service.call('GET', `/users/${from + 1n}`)).body.data
  expect(fan.counts).toMatchObject({ following: 0, followers: 0 })
  for (const writer of writers) {
    const counts = (await service.call('GET', `/users/${writer.id}`)).body.data.counts
    const following = (await service.call('GET', `/users/${writer.id}/following/ids`, { token: quiet.token }))
      .body.data
    const followers = (await service.call('GET', `/users/${writer.id}/followers/ids`, { token: quiet.token }))
      .body.data
    expect(counts).toMatchObject({ following: following.length, followers: followers.length })
    expect(following).not.toContain(star.id)
  }
  expect((await service.call('DELETE', `/users/${star.id}`, { token: app })).status).toBe(404)
  await disperse(graph, from, 2_000n)
}, 60_000)
