// `follow-graph/client` against the running service, directly and over a way that fails on purpose.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { type Event, FollowGraphClient, FollowGraphError } from '../../src/client/client.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const clientOf = (token: string, options: { url?: string; retries?: number; longestWait?: number } = {}) =>
  new FollowGraphClient({ url: service.url, token, ...options })
const people = async (count: number) => {
  const users = await service.users(count)
  return users.map(({ id, username, token }) => ({ id, username, token, client: clientOf(token) }))
}
const failureOf = async (call: Promise<unknown>): Promise<FollowGraphError> => {
  const error = await call.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(FollowGraphError)
  return error as FollowGraphError
}

/** An HTTP server between client and service; what it answers itself is told by `fails`. */
async function way() {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const state = { asked, fails: (_: ServerResponse): boolean => false }
  const server = createServer((incoming: IncomingMessage, answer) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    if (state.fails(answer)) return
    const onward = request(service.url + incoming.url, {
      method: incoming.method!,
      headers: incoming.headers,
    })
    onward.on('response', (given) => {
      answer.writeHead(given.statusCode ?? 500, given.headers)
      given.pipe(answer)
      given.on('error', () => answer.destroy())
    })
    onward.on('error', () => answer.destroy())
    answer.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  afterAll(() => {
    cut()
    server.close()
  })
  return Object.assign(state, { cut, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
}

const answers = (status: number, headers: Record<string, string> = {}, times = Number.POSITIVE_INFINITY) => {
  let left = times
  return (answer: ServerResponse) => {
    if (left === 0) return false
    left -= 1
    answer.writeHead(status, headers).end('<html>no JSON of ours')
    return true
  }
}

describe('calls', () => {
  it('follow, mute and block, and back, answer the User as it is now', async () => {
    const [ada, bo] = await people(2)
    expect(await ada!.client.follow(bo!.id)).toMatchObject({
      id: bo!.id,
      you_follow: true,
      counts: { followers: 1 },
    })
    expect((await ada!.client.unfollow(`@${bo!.username}`)).you_follow).toBe(false)
    expect((await ada!.client.mute(bo!.id)).you_muted).toBe(true)
    expect((await ada!.client.unmute(bo!.id)).you_muted).toBe(false)
    expect((await ada!.client.block(bo!.id)).you_blocked).toBe(true)
    expect((await ada!.client.unblock(bo!.id)).you_blocked).toBe(false)
    expect((await ada!.client.user('me')).id).toBe(ada!.id)
  })

  it('take lists, bodies of JSON and forms, and a token from a function', async () => {
    const [ada, bo, cy] = await people(3)
    const client = new FollowGraphClient({ url: `${service.url}/`, token: async () => ada!.token })
    expect(
      (await client.call('users', { ids: [cy!.id, `@${bo!.username}`] })).data.map(({ id }) => id),
    ).toEqual([cy!.id, bo!.id])
    const { data } = await client.call('follows', { body: { follow: [bo!.id, '@nobody_at_all'] } })
    expect(data).toMatchObject([{ user: { id: bo!.id } }, { error_slug: 'not-found' }])
    expect((await client.call('patchMe', { body: { name: 'Ada & co' } })).data.name).toBe('Ada & co')
    // A client whose token has expired gets a new one.
    const bare = clientOf('nonsense')
    const body = { grant_type: 'client_credentials', client_id: 'none', client_secret: 'a&b=c' } as const
    expect(await failureOf(bare.call('accessToken', { body }))).toMatchObject({
      status: 401,
      slug: 'invalid_client',
    })
  })

  it('fail with one class: status, slug, message, error id', async () => {
    const [ada] = await people(1)
    const missing = await failureOf(ada!.client.follow('@nobody_at_all'))
    expect(missing).toMatchObject({ status: 404, slug: 'not-found', message: 'There is no such user.' })
    expect(missing.errorId).toMatch(/^[0-9a-f]{32}$/)
    expect(await failureOf(clientOf('nonsense').user('me'))).toMatchObject({
      status: 401,
      slug: 'invalid-token',
    })
    const nobody = clientOf(ada!.token, { url: 'http://127.0.0.1:9', retries: 0 })
    expect(await failureOf(nobody.user('me'))).toMatchObject({ status: 0, slug: 'network' })
    const road = await way()
    road.fails = answers(404)
    expect(await failureOf(clientOf(ada!.token, road).user('me'))).toMatchObject({
      status: 404,
      slug: 'not-json',
    })
  })
})

describe('lists', () => {
  it('are read from either end, every item once, page by page', async () => {
    const [star, ...fans] = await people(6)
    for (const fan of fans) await fan.client.follow(star!.id)
    const ids = fans.map(({ id }) => id)
    const read = async (from: 'newest' | 'oldest', more = {}) => {
      const found: string[] = []
      for await (const { id } of star!.client.items(
        'followers',
        { user_id: 'me', count: 2, ...more },
        { from },
      ))
        found.push(id)
      return found
    }
    expect(await read('oldest')).toEqual(ids)
    expect(await read('newest')).toEqual([...ids].reverse())
    expect(await read('oldest', { count: -1 })).toEqual(ids)
    expect(await read('newest', { count: 0 })).toEqual([])
    const sizes: number[] = []
    for await (const { data } of star!.client.pages('followersIds', { user_id: 'me', count: 2 }))
      sizes.push(data.length)
    expect(sizes).toEqual([2, 2, 1])
    const cursors: string[] = []
    for await (const item of star!.client.items('followers', { user_id: 'me' }))
      cursors.push(item.pagination_id)
    expect(await read('oldest', { since_id: cursors[3], before_id: cursors[0] })).toEqual(ids.slice(2, 4))
    expect(await read('newest', { since_id: cursors[3], before_id: cursors[0] })).toEqual(
      ids.slice(2, 4).reverse(),
    )
  })
})

describe('retries', () => {
  it('wait as long as Retry-After says, for what can be repeated and no longer than allowed', async () => {
    const limited = await startTestService({ RATE_LIMIT: 'write=1/2' })
    const [ada, bo] = await limited.users(2)
    const client = new FollowGraphClient({ url: limited.url, token: ada!.token })
    await client.follow(bo!.id)
    const began = performance.now()
    expect((await client.unfollow(bo!.id)).you_follow).toBe(false)
    expect(performance.now() - began).toBeGreaterThan(900)
    const refused = await failureOf(client.call('patchMe', { body: { name: 'Ada' } }))
    expect(refused).toMatchObject({ status: 429, slug: 'rate-limit' })
    expect(refused.retryAfter).toBeGreaterThan(0)
    const hasty = new FollowGraphClient({ url: limited.url, token: ada!.token, longestWait: 0.5 })
    expect(await failureOf(hasty.follow(bo!.id))).toMatchObject({ status: 429 })
  })

  it('end after so many, and mend what passes', async () => {
    const [ada, bo] = await people(2)
    const road = await way()
    const client = clientOf(ada!.token, { ...road, retries: 2 })
    road.fails = answers(503, { 'Retry-After': '0' })
    const began = performance.now()
    expect(await failureOf(client.follow(bo!.id))).toMatchObject({ status: 503, retryAfter: 0 })
    expect(road.asked).toHaveLength(3)
    // Where the answer names no time it would be three seconds.
    expect(performance.now() - began).toBeLessThan(2_000)
    road.fails = answers(502, {}, 2)
    const hasty = clientOf(ada!.token, { ...road, retries: 2, longestWait: 0.01 })
    expect((await hasty.follow(bo!.id)).you_follow).toBe(true)
    road.asked.length = 0
    road.fails = answers(503, { 'Retry-After': '0' })
    expect((await failureOf(client.call('patchMe', { body: { name: 'Ada' } }))).status).toBe(503)
    expect(road.asked).toEqual(['PATCH /stream/0/users/me'])
  })

  it('take options that are undefined as left out', async () => {
    const [ada, bo] = await people(2)
    const road = await way()
    road.fails = answers(503, { 'Retry-After': '0' })
    const undefinedOptions = { retries: undefined, longestWait: undefined } as unknown as { retries: number }
    await failureOf(clientOf(ada!.token, { url: road.url, ...undefinedOptions }).follow(bo!.id))
    expect(road.asked).toHaveLength(4)
  })

  it('do not repeat a call whose answer is a page of somebody else', async () => {
    const [ada, bo] = await people(2)
    const road = await way()
    road.fails = answers(200)
    const failure = await failureOf(clientOf(ada!.token, road).follow(bo!.id))
    expect(failure).toMatchObject({ status: 200, slug: 'not-json' })
    expect(road.asked).toHaveLength(1)
  })
})

describe('what can never succeed', () => {
  it('is not taken for a broken network', async () => {
    expect(() => clientOf('x', { url: '127.0.0.1:3000' })).toThrow(/must begin with http/)
    expect(() => clientOf('x', { url: 'localhost:3000' })).toThrow(/must begin with http/)
    const road = await way()
    // As somebody copies it from a page that shortened it.
    await expect(clientOf('fg_u_…', road).user('me')).rejects.toThrow(/characters that no token has/)
    await expect(clientOf('fg_u_…', road).events('myEventsStream').next()).rejects.toThrow(/no token has/)
    expect(road.asked).toEqual([])
  })
})

describe('events', () => {
  it('end with an error when somebody else answers', async () => {
    const [ada] = await people(1)
    const road = await way()
    road.fails = answers(200)
    const stream = clientOf(ada!.token, road).events('myEventsStream')
    expect(await failureOf(stream.next())).toMatchObject({ status: 200, slug: 'not-json' })
    expect(road.asked).toHaveLength(1)
  })

  it('come in order, also over a connection that breaks', async () => {
    const [ada, bo, cy] = await people(3)
    const road = await way()
    const { meta } = await ada!.client.call('myEvents')
    const stream = clientOf(ada!.token, road).events('myEventsStream', {
      since_id: meta.max_id,
      types: ['user_follow', 'mute'],
    })
    const next = async () => (await stream.next()).value as Event
    // A regular expression takes U+2028 for the end of a line, and JSON does not escape it.
    await ada!.client.call('patchMe', { body: { name: 'Ada\u2028Lovelace' } })
    await ada!.client.follow(bo!.id)
    expect((await next()).data).toMatchObject({ user: { id: ada!.id }, follows_user: { id: bo!.id } })
    road.cut()
    // While nobody is connected, and then while the service does not answer.
    await ada!.client.follow(cy!.id)
    road.fails = answers(503, { 'Retry-After': '1' }, 1)
    expect((await next()).data).toMatchObject({ follows_user: { id: cy!.id } })
    await ada!.client.mute(bo!.id)
    expect((await next()).meta.type).toBe('mute')
    expect(road.asked.length).toBeGreaterThanOrEqual(3)
    await stream.return(undefined)
  }, 30_000)

  it('end with an error when the token is revoked, and with the signal', async () => {
    const [ada, bo] = await people(2)
    const stream = ada!.client.events('myEventsStream')
    // Listened to at once: the stream may hear of it before the caller of the other request does.
    const first = failureOf(stream.next())
    const stop = new AbortController()
    const stopped = bo!.client.events('myEventsStream', {}, { signal: stop.signal }).next()
    await ada!.client.call('deleteToken')
    expect(await first).toMatchObject({ status: 401 })
    stop.abort(new Error('enough'))
    await expect(stopped).rejects.toThrow('enough')
  }, 30_000)
})
