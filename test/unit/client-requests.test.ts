// What the client asks, and when it gives up: no service is needed for that.
import { afterEach, expect, it, vi } from 'vitest'
import { FollowGraphClient } from '../../src/client/client.ts'

afterEach(() => void vi.useRealTimers())

const nothing = undefined as unknown as string

it.each<[string, (client: FollowGraphClient) => Promise<unknown>, string]>([
  ['no user', (client) => client.user(nothing), 'user needs user_id'],
  ['null', (client) => client.follow(null as unknown as string), 'follow needs user_id'],
  ['an empty text', (client) => client.unfollow(''), 'unfollow needs user_id'],
  [
    'dots, which an address resolves',
    (client) => client.call('revokeTokens', { user_id: '..' }),
    'revokeTokens needs user_id',
  ],
  ['no stream', (client) => client.events('streamEvents', { stream_id: nothing }).next(), 'needs stream_id'],
])('a call with %s is refused at once, and not sent', async (_, call, sentence) => {
  const asked: string[] = []
  const client = new FollowGraphClient({
    url: 'http://127.0.0.1:9',
    fetch: async (input) => {
      asked.push(String(input))
      return Response.json({ data: {}, meta: { code: 200 } })
    },
  })
  const began = performance.now()
  const failure = await call(client).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(TypeError)
  expect((failure as Error).message).toContain(sentence)
  expect(asked).toEqual([])
  expect(performance.now() - began).toBeLessThan(500)
})

it('events connect again where nothing answers for 45 seconds', async () => {
  vi.useFakeTimers()
  let asked = 0
  const client = new FollowGraphClient({
    url: 'http://127.0.0.1:9',
    retries: 1,
    fetch: (_, init) =>
      new Promise((_, reject) => {
        asked += 1
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason))
      }),
  })
  const failure = client
    .events('eventsStream')
    .next()
    .catch((error: unknown) => error)
  await vi.advanceTimersByTimeAsync(44_000)
  expect(asked).toBe(1)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(asked).toBe(2)
  await vi.advanceTimersByTimeAsync(46_000)
  expect(await failure).toMatchObject({
    status: 0,
    slug: 'network',
    message: 'eventsStream got nothing for 45 seconds',
  })
  expect(vi.getTimerCount()).toBe(0)
})
