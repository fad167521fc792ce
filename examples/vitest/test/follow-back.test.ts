import { type FollowGraph, startFollowGraph } from 'follow-graph/testing'
import { afterAll, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest'
import { followBack } from '../src/follow-back.ts'

let graph: FollowGraph
let api: string

beforeAll(async () => {
  graph = await startFollowGraph({ neo4j: inject('neo4j') })
  api = `${graph.url}/stream/0`
})
afterAll(() => graph.stop())
beforeEach(() => graph.reset())

async function names(token: string, list: string): Promise<string[]> {
  const headers = { Authorization: `Bearer ${token}` }
  const answer = await fetch(`${api}/users/me/${list}`, { headers })
  const { data } = (await answer.json()) as { data: { username: string }[] }
  return data.map((user) => user.username)
}

test('follows back who is not followed yet, the newest first', async () => {
  const ada = await graph.createUser({ username: 'ada' })
  const bo = await graph.createUser({ username: 'bo' })
  const cy = await graph.createUser({ username: 'cy' })
  for (const follower of [bo, cy]) await graph.follow(follower, ada)
  const token = await graph.tokenFor(ada)

  expect(await followBack(api, token)).toEqual(['cy', 'bo'])
  expect(await names(token, 'following')).toEqual(['bo', 'cy'])
  expect(await followBack(api, token)).toEqual([])
})

test('walks all pages and leaves those alone who are followed already', async () => {
  const ada = await graph.createUser({ username: 'ada' })
  const fans = await Promise.all(
    Array.from({ length: 25 }, (_, index) => graph.createUser({ id: 100 + index, username: `fan${index}` })),
  )
  for (const fan of fans) await graph.follow(fan, ada)
  await graph.follow(ada, '107')
  const token = await graph.tokenFor(ada)

  const followed = await followBack(api, token, 4)
  expect(followed).toHaveLength(24)
  expect(followed).not.toContain('fan7')
  expect(new Set(followed).size).toBe(24)
})

test('says so when the token may not follow', async () => {
  const ada = await graph.createUser({ username: 'ada' })
  await graph.follow(await graph.createUser({ username: 'bo' }), ada)
  const token = await graph.tokenFor(ada, ['basic'])

  await expect(followBack(api, token)).rejects.toThrow('answered 403')
})

test('the service goes on while timers are faked', async () => {
  vi.useFakeTimers()
  try {
    const ada = await graph.createUser({ username: 'ada' })
    await graph.follow(await graph.createUser({ username: 'bo' }), ada)
    vi.advanceTimersByTime(86_400_000)
    expect(await followBack(api, await graph.tokenFor(ada))).toEqual(['bo'])
  } finally {
    vi.useRealTimers()
  }
})
