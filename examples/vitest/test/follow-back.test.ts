import { FollowGraphClient } from 'follow-graph/client'
import { type FollowGraph, startFollowGraph, type TestUser } from 'follow-graph/testing'
import { afterAll, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest'
import { followBack } from '../src/follow-back.ts'

let graph: FollowGraph

beforeAll(async () => {
  graph = await startFollowGraph({ neo4j: inject('neo4j') })
})
afterAll(() => graph.stop())
beforeEach(() => graph.reset())

const clientOf = async (user: TestUser, scopes?: string[]) =>
  new FollowGraphClient({ url: graph.url, token: await graph.tokenFor(user, scopes) })

test('follows back who is not followed yet, the newest first', async () => {
  const ada = await graph.createUser({ username: 'ada' })
  const bo = await graph.createUser({ username: 'bo' })
  const cy = await graph.createUser({ username: 'cy' })
  for (const follower of [bo, cy]) await graph.follow(follower, ada)
  const client = await clientOf(ada)

  expect(await followBack(client)).toEqual(['cy', 'bo'])
  const { data } = await client.call('following', { user_id: 'me' })
  expect(data.map(({ username }) => username)).toEqual(['bo', 'cy'])
  expect(await followBack(client)).toEqual([])
})

test('walks all pages and leaves those alone who are followed already', async () => {
  const ada = await graph.createUser({ username: 'ada' })
  const fans = await Promise.all(
    Array.from({ length: 25 }, (_, index) => graph.createUser({ id: 100 + index, username: `fan${index}` })),
  )
  for (const fan of fans) await graph.follow(fan, ada)
  await graph.follow(ada, '107')

  const followed = await followBack(await clientOf(ada), 4)
  expect(followed).toHaveLength(24)
  expect(followed).not.toContain('fan7')
  expect(new Set(followed).size).toBe(24)
})

test('says so when the token may not follow', async () => {
  const ada = await graph.createUser({ username: 'ada' })
  await graph.follow(await graph.createUser({ username: 'bo' }), ada)

  await expect(followBack(await clientOf(ada, ['basic']))).rejects.toMatchObject({
    status: 403,
    slug: 'missing-scope',
  })
})

test('the service goes on while timers are faked', async () => {
  vi.useFakeTimers()
  try {
    const ada = await graph.createUser({ username: 'ada' })
    await graph.follow(await graph.createUser({ username: 'bo' }), ada)
    vi.advanceTimersByTime(86_400_000)
    expect(await followBack(await clientOf(ada))).toEqual(['bo'])
  } finally {
    vi.useRealTimers()
  }
})
