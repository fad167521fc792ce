// GET events/stream and users/me/events/stream: frames and Server-Sent Events, going on after a break, and how they end.
// Long, because one topic of the API is one file.
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, inject, it } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { metric } from '../support/metrics.ts'
import { startTestService } from '../support/service.ts'
import { open } from './stream-client.ts'
import { eventReader, line, type Person, people } from './support.ts'

const service = await startTestService()
const graph = openGraph(inject('neo4j'))
afterAll(() => graph.close())
const { call, url } = service
const reader = await eventReader(service)
// Only follows where events are counted: other files import meanwhile, and everybody is told of that.
const pair = () => people(service, 2)
const follow = (target: Person, { token }: Person, method = 'POST') =>
  call(method, `/users/${target.id}/follow`, { token })

it('sends frames, each a whole envelope, from now on', async () => {
  const [ada, bo] = await pair()
  await follow(ada, bo)
  const stream = await open(`${url}/stream/0/users/me/events/stream?types=user_follow`, ada.token)
  expect(stream.headers.get('content-type')).toBe('application/json; charset=utf-8')
  await follow(bo, ada)
  await follow(bo, ada, 'DELETE')
  const events = await stream.until(2)
  expect(events.map(line)).toEqual([
    `user_follow ${ada.id} ${bo.id}`,
    `user_follow ${ada.id} ${bo.id} ended unfollow`,
  ])
  expect(events[0]?.data.user.avatar_image.url).toMatch(/^http:/)
  expect(stream.text).toMatch(/^\r\n\{.*\}\r\n\{.*\}\r\n$/)
  stream.leave()
})

it('sends Server-Sent Events with id, type and one line of data', async () => {
  const [ada, bo] = await pair()
  const stream = await open(`${url}/users/me/events/stream?types=user_follow`, ada.token, { sse: true })
  expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  expect(stream.headers.get('content-encoding')).toBeNull()
  await follow(bo, ada)
  const [event] = await stream.until(1)
  expect(stream.text).toContain(
    `id: ${event?.meta.id}\nevent: user_follow\ndata: {"meta":{"id":"${event?.meta.id}"`,
  )
  stream.leave()
})

it('tells a reader at first where it stands, so that one who is told of nothing loses nothing', async () => {
  const [ada, bo] = await pair()
  const first = await open(`${url}/users/me/events/stream?types=user_follow`, ada.token, { sse: true })
  await expect.poll(() => first.text, { timeout: 10_000 }).toContain('id: ')
  const id = /^id: (\d+)$/m.exec(first.text)?.[1] as string
  first.leave()
  await follow(bo, ada)
  const again = await open(`${url}/users/me/events/stream?types=user_follow`, ada.token, {
    sse: true,
    headers: { 'Last-Event-ID': id },
  })
  expect((await again.until(1)).map(line)).toEqual([`user_follow ${ada.id} ${bo.id}`])
  again.leave()
})

it('goes on behind Last-Event-ID, which wins over since_id', async () => {
  const [ada, bo] = await pair()
  const since = await reader.now()
  for (const method of ['POST', 'DELETE', 'POST', 'DELETE']) await follow(bo, ada, method)
  const path = `${url}/users/me/events/stream?since_id=${since}&types=user_follow`
  const whole = await open(path, ada.token, { sse: true })
  const all = await whole.until(4)
  whole.leave()
  const rest = await open(path, ada.token, {
    sse: true,
    headers: { 'Last-Event-ID': all[1]?.meta.id as string },
  })
  expect((await rest.until(2)).map(({ meta }) => meta.id)).toEqual(all.slice(2).map(({ meta }) => meta.id))
  rest.leave()
})

it('tells an app of everything in the order of the log', async () => {
  const [ada, bo] = await pair()
  const since = await reader.now()
  const stream = await open(`${url}/events/stream?since_id=${since}&types=user_follow,mute`, reader.token)
  await Promise.all([
    follow(bo, ada),
    follow(ada, bo),
    call('POST', `/users/${bo.id}/mute`, { token: ada.token }),
  ])
  const ours = () => stream.events().filter(({ data }) => [ada.id, bo.id].includes(data.user.id))
  await expect.poll(() => ours().length, { timeout: 10_000 }).toBe(3)
  const streamed = ours()
  stream.leave()
  const read = await reader.about([ada.id, bo.id], since)
  expect(streamed.map(({ meta }) => meta)).toEqual(read.map(({ meta }) => meta))
})

it.each([
  ['since_id=x', {}],
  ['types=nothing', {}],
  ['', { 'Last-Event-ID': 'x' }],
  ['', { 'Last-Event-ID': '-1' }],
])('refuses %s %j before it streams', async (query, headers) => {
  const { status } = await call('GET', `/events/stream?${query}`, { token: reader.token, headers })
  expect(status).toBe(400)
})

it.each([
  ['text/event-stream', 'text/event-stream'],
  ['Text/Event-Stream', 'text/event-stream'],
  ['text/event-stream, */*', 'text/event-stream'],
  ['text/event-stream;q=0, application/json', 'application/json'],
  ['application/json, text/event-stream', 'text/event-stream'],
  ['text/event-stream;q=0.1, application/json', 'application/json'],
  ['application/json;q=0.5, text/event-stream; charset=utf-8; q=0.9', 'text/event-stream'],
  ['*/*', 'application/json'],
  ['text/html', 'application/json'],
])('HEAD has the headers of the stream and ends; Accept: %s', async (Accept, type) => {
  const { status, headers } = await call('HEAD', '/events/stream', {
    token: reader.token,
    headers: { Accept },
  })
  expect(status).toBe(200)
  expect(headers.get('content-type')).toBe(`${type}; charset=utf-8`)
})

it('ends when its token is revoked, and when its user is deleted', async () => {
  const [ada, bo] = await pair()
  const other = await service.tokenFor(ada.id)
  const first = await open(`${url}/users/me/events/stream`, ada.token)
  const second = await open(`${url}/users/me/events/stream`, other)
  const third = await open(`${url}/users/me/events/stream`, bo.token)
  for (const stream of [first, second, third]) await stream.begun()
  await call('DELETE', '/token', { token: ada.token })
  expect(await first.ended).toBe(true)
  await call('DELETE', `/users/${ada.id}`, { token: reader.token })
  expect(await second.ended).toBe(true)
  await follow({ ...ada, id: bo.id }, bo)
  expect(await Promise.race([third.ended, wait(500, 'open')])).toBe('open')
  third.leave()
})

it('a connection that takes nothing is cut when its token is revoked', async () => {
  // Some 20 MB of events: more than the buffers of both ends of a connection hold.
  const annotations = [{ type: 'net.example.large', value: { text: 'x'.repeat(8_000) } }]
  const crowd = await Promise.all(Array.from({ length: 36 }, () => service.user({ annotations })))
  const revoked = await service.appToken(['basic', 'events'])
  const since = await reader.now()
  const ids = crowd.map(({ id }) => id)
  for (const { id, token } of crowd)
    await call('POST', '/follows', { token, json: { follow: ids.filter((other) => other !== id) } })
  const path = `/events/stream?since_id=${since}&types=user_follow&include_annotations=1`
  const headers = { Authorization: `Bearer ${revoked}` }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url + path, { headers, agent: false }, resolve).once('error', reject)
  })
  for (let taken = -1; taken !== answer.socket.bytesRead; await wait(300)) taken = answer.socket.bytesRead
  const other = await open(`${url}/events/stream`, revoked)
  await call('DELETE', '/token', { token: revoked })
  expect(await other.ended).toBe(true)
  answer.once('error', () => undefined).resume()
  await new Promise((resolve) => answer.once('close', resolve))
  expect(answer.complete).toBe(false)
})

it('ends when all tokens of its user are revoked, at every instance', async () => {
  const [ada, bo] = await pair()
  const first = await open(`${url}/users/me/events/stream`, ada.token)
  const second = await open(`${url}/users/me/events/stream`, await service.tokenFor(ada.id))
  const third = await open(`${url}/users/me/events/stream`, bo.token)
  for (const stream of [first, second, third]) await stream.begun()
  expect((await call('DELETE', `/users/${ada.id}/tokens`, { token: reader.token })).status).toBe(200)
  expect([await first.ended, await second.ended]).toEqual([true, true])
  expect(await Promise.race([third.ended, wait(500, 'open')])).toBe('open')
  third.leave()
})

it('an app registers streams, sees its own, and deletes them', async () => {
  const json = { object_types: ['user_follow', 'mute'], type: 'long_poll', key: `k${Math.random()}` }
  const made = await call('POST', '/streams', { token: reader.token, json })
  expect(made.status, made.text).toBe(200)
  const { id } = made.body.data
  expect(made.body.data).toEqual({ id, endpoint: `${url}/stream/0/streams/${id}/events`, ...json })
  expect((await call('GET', `/streams/${id}`, { token: reader.token })).body.data).toEqual(made.body.data)
  expect((await call('GET', '/streams', { token: reader.token })).body.data).toContainEqual(made.body.data)
  const again = await call('POST', '/streams', { token: reader.token, json })
  expect(again.status).toBe(400)
  expect(again.body.meta.error_message).toContain('key')
  const other = (await eventReader(service)).token
  for (const method of ['GET', 'DELETE'])
    expect((await call(method, `/streams/${id}`, { token: other })).status).toBe(404)
  expect((await call('GET', `/streams/${id}/events`, { token: other })).status).toBe(404)
  expect((await call('GET', '/streams', { token: other })).body.data).toEqual([])
  expect((await call('DELETE', `/streams/${id}`, { token: reader.token })).body.data.id).toBe(id)
  expect((await call('GET', `/streams/${id}`, { token: reader.token })).status).toBe(404)
  const two = { object_types: ['user'], type: 'long_poll' }
  for (let n = 0; n < 2; n += 1) {
    const { body } = await call('POST', '/streams', { token: other, json: two })
    expect(body.data.key).toBeNull()
  }
})

it.each([
  [{ object_types: ['user_follow'], type: 'webhook' }, 'type'],
  [{ object_types: ['user_follow'] }, 'type'],
  [{ object_types: [], type: 'long_poll' }, 'object_types'],
  [{ object_types: ['post'], type: 'long_poll' }, 'object_types'],
  [{ object_types: 'user_follow', type: 'long_poll' }, 'object_types'],
  [{ type: 'long_poll' }, 'object_types'],
  [{ object_types: ['user'], type: 'long_poll', key: '' }, 'key'],
  [{ object_types: ['user'], type: 'long_poll', key: 7 }, 'key'],
  [['user_follow'], 'object'],
])('refuses the stream %j', async (json, name) => {
  const { status, body } = await call('POST', '/streams', { token: reader.token, json })
  expect(status).toBe(400)
  expect(body.meta.error_message).toContain(name)
})

it('a stream goes on where it was left, at first from its creation, and with purge from now on', async () => {
  const [ada, bo] = await pair()
  const json = { object_types: ['user_follow'], type: 'long_poll' }
  const { body } = await call('POST', '/streams', { token: reader.token, json })
  const { endpoint, id } = body.data
  const connections = () =>
    graph.read('test', 'MATCH (s:EventStream {id: $id}) RETURN s.connection', { id: BigInt(id) })
  const mine = (events: { data: { user: { id: string } } }[]) =>
    events.filter(({ data }) => data.user.id === ada.id).length
  const read = async (count: number, query = '') => {
    const stream = await open(endpoint + query, reader.token)
    for (let tries = 0; mine(stream.events()) < count && tries < 200; tries += 1) await wait(25)
    await wait(100)
    stream.leave()
    // Its place is stored once the connection is gone.
    await expect.poll(connections, { timeout: 10_000 }).toEqual([[null]])
    return mine(stream.events())
  }
  await follow(bo, ada)
  await follow(bo, ada, 'DELETE')
  expect(await read(2)).toBe(2)
  await follow(bo, ada)
  expect(await read(1)).toBe(1)
  await follow(bo, ada, 'DELETE')
  expect(await read(0, '?purge=1')).toBe(0)
  await follow(bo, ada)
  expect(await read(1)).toBe(1)
})

it('goes on after the event that a reader names, if that is an earlier one: the network may have lost the rest', async () => {
  const [ada, bo] = await pair()
  const json = { object_types: ['user_follow'], type: 'long_poll' }
  const { body } = await call('POST', '/streams', { token: reader.token, json })
  const { endpoint, id } = body.data
  await follow(bo, ada)
  await follow(bo, ada, 'DELETE')
  const read = async (query: string, headers: Record<string, string>) => {
    const stream = await open(endpoint + query, reader.token, { headers })
    const mine = () => stream.events().filter(({ data }) => data.user.id === ada.id)
    await expect.poll(() => mine().length, { timeout: 10_000 }).toBeGreaterThan(0)
    await wait(300)
    stream.leave()
    await expect
      .poll(
        () => graph.read('test', 'MATCH (s:EventStream {id: $id}) RETURN s.connection', { id: BigInt(id) }),
        {
          timeout: 10_000,
        },
      )
      .toEqual([[null]])
    return mine().map(({ meta }) => meta.id)
  }
  const [first, second] = await read('', {})
  expect(second).toBeDefined()
  expect(await read('', { 'Last-Event-ID': first as string })).toEqual([second])
  expect(await read(`?since_id=${first}`, {})).toEqual([second])
  const bad = await call('GET', `/streams/${id}/events?since_id=x`, { token: reader.token })
  expect(bad.status).toBe(400)
})

it('the place of a stream is also behind events that it does not want, which are dropped later', async () => {
  const [ada, bo] = await pair()
  const json = { object_types: ['block'], type: 'long_poll' }
  const { body } = await call('POST', '/streams', { token: reader.token, json })
  const stream = await open(body.data.endpoint, reader.token)
  await stream.begun()
  const watching = await open(`${url}/users/me/events/stream?types=user_follow`, ada.token)
  await watching.begun()
  await follow(ada, bo)
  const [event] = await watching.until(1)
  watching.leave()
  await wait(1_100)
  stream.leave()
  const place = async () => {
    const text = 'MATCH (s:EventStream {id: $id}) RETURN s.place'
    const [row] = await graph.read('test', text, { id: BigInt(body.data.id) })
    return Number((row?.[0] as bigint) - BigInt(event?.meta.id as string))
  }
  await expect.poll(place, { timeout: 10_000 }).toBeGreaterThanOrEqual(0)
})

it('ends streams that were asked for in one go, of which only the first was answered, when the connection closes', async () => {
  const [ada] = await pair()
  const listeners = () => metric(url, 'followgraph_event_listeners')
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const request = `GET /users/me/events/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada.token}\r\n\r\n`
  socket.write(request.repeat(20))
  // A stream of the test before, and the webhooks of other files, may count too.
  await expect.poll(listeners, { timeout: 10_000 }).toBeGreaterThanOrEqual(20)
  socket.destroy()
  await expect.poll(listeners, { timeout: 10_000 }).toBeLessThan(10)
})

it('of connections that are made at the same time one stays', async () => {
  const { body } = await call('POST', '/streams', {
    token: reader.token,
    json: { object_types: ['user'], type: 'long_poll' },
  })
  const { endpoint, id } = body.data
  const others = await Promise.all([1, 2, 3, 4].map(() => open(endpoint, reader.token)))
  const ended = new Set<number>()
  others.forEach((other, n) => void other.ended.then(() => ended.add(n)))
  await expect.poll(() => ended.size, { timeout: 10_000 }).toBe(3)
  await wait(500)
  expect(ended.size).toBe(3)
  await call('DELETE', `/streams/${id}`, { token: reader.token })
  await expect.poll(() => ended.size, { timeout: 10_000 }).toBe(4)
})

it('has one connection a stream: the older one ends', async () => {
  const { body } = await call('POST', '/streams', {
    token: reader.token,
    json: { object_types: ['user'], type: 'long_poll' },
  })
  const { endpoint, id } = body.data
  const first = await open(endpoint, reader.token)
  await first.begun()
  const second = await open(endpoint, reader.token, { sse: true })
  expect(await first.ended).toBe(true)
  expect((await call('HEAD', `/streams/${id}/events`, { token: reader.token })).status).toBe(200)
  expect(await Promise.race([second.ended, wait(500, 'open')])).toBe('open')
  await call('DELETE', `/streams/${id}`, { token: reader.token })
  expect(await second.ended).toBe(true)
})
