// Clients that mean no good or ask for too much: promises 11, 14, 17, 18 and 25.
import { connect, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, inject, it } from 'vitest'
import { startTestService } from '../support/service.ts'
import { startProxy } from './proxy.ts'
import { lanes, measured, percentile, scale } from './scale.ts'

const service = await startTestService()
const { hostname, port } = new URL(service.url)
const sockets: Socket[] = []
afterAll(() => {
  for (const socket of sockets) socket.destroy()
})

it('11: A follows B while B follows A, and block against follow: nobody sees a deadlock', {
  timeout: 600_000,
}, async () => {
  const [a, b, star] = await service.users(3)
  const fans = await service.users(32)
  const statuses = new Map<number, number>()
  const note = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1)
  await lanes(64, 64, async (n) => {
    const [me, you] = n % 2 === 0 ? [a, b] : [b, a]
    note((await service.call('POST', `/users/${you!.id}/follow`, { token: me!.token })).status)
  })
  const times = await lanes(64, scale(600, 6_000), async (n) => {
    const [me, you] = n % 2 === 0 ? [a, b] : [b, a]
    const [method, action] =
      n % 5 === 0
        ? ['POST', 'block']
        : n % 5 === 1
          ? ['DELETE', 'block']
          : [n % 5 === 2 ? 'DELETE' : 'POST', 'follow']
    const { status } = await service.call(method as string, `/users/${you!.id}/${action}`, {
      token: me!.token,
    })
    note(status)
  })
  // 403 is the block's own answer to a follow.
  expect([...statuses.keys()].filter((status) => status !== 200 && status !== 403)).toEqual([])
  const began = performance.now()
  const count = scale(640, 6_400)
  await lanes(64, count, async (n) => {
    const { status } = await service.call(n % 64 < 32 ? 'POST' : 'DELETE', `/users/${star!.id}/follow`, {
      token: fans[n % 32]!.token,
    })
    expect(status).toBe(200)
  })
  const rate = (count * 1000) / (performance.now() - began)
  measured(
    11,
    `${times.length} opposed changes, statuses ${JSON.stringify([...statuses])}, p99 ${Math.round(percentile(times, 99))} ms; one celebrity ${Math.round(rate)} changes/s (client in the same process)`,
  )
})

it('14: ten times what may be in flight is refused or answered, never left waiting', {
  timeout: 600_000,
}, async () => {
  const [me] = await service.users(1)
  const statuses = new Map<number, number>()
  const width = scale(1_500, 3_000)
  const times = await lanes(width, scale(3_000, 200_000), async () => {
    const answer = await service.call('GET', '/users/me', { token: me!.token })
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    if (answer.status === 503) expect(answer.headers.get('retry-after')).toBe('1')
  })
  expect([...statuses.keys()].filter((status) => status !== 200 && status !== 503)).toEqual([])
  expect(statuses.get(200)).toBeGreaterThan(0)
  measured(
    14,
    `${width} clients at once: ${JSON.stringify([...statuses])}, p99 ${Math.round(percentile(times, 99))} ms (client in the same process)`,
  )
})

it('17: a list whose source breaks, or whose database goes, never looks whole', {
  timeout: 600_000,
}, async () => {
  const proxy = await startProxy(inject('neo4j').uri)
  const broken = await startTestService({ NEO4J_URI: proxy.uri })
  const star = await service.createUser()
  const first = BigInt(star.id) + 1_000_000_000n
  const { openGraph } = await import('../../src/graph/graph.ts')
  const graph = openGraph(inject('neo4j'))
  const edges = 30_000
  // Edges from one node: what streams is their properties, and ids need no users.
  await graph.write(
    'test',
    `MATCH (star:User {id: $id}) CREATE (source:FaultSource {of: $id}) WITH star, source UNWIND range(1, ${edges}) AS n
    CREATE (source)-[:FOLLOWS {id: 4000000000000000000 + $id % 1000000000000 + n, follower_id: $first + n, followee_id: $id, followed_at: datetime()}]->(star)`,
    { id: BigInt(star.id), first },
    60_000,
  )
  const token = await service.tokenFor(star)
  const path = `/users/${star.id}/followers/ids`
  const whole = await service.call('GET', path, { token })
  expect(whole.body.data).toHaveLength(edges)
  let [errors, complete] = [0, 0]
  const cuts = scale(8, 100)
  for (let n = 0; n < cuts; n += 1) {
    proxy.away(false)
    const timer = setTimeout(() => proxy.away(true), 5 + ((n * 37) % 120))
    try {
      const answer = await broken.call('GET', path, { token })
      if (answer.status === 200) {
        expect(answer.body.data).toHaveLength(edges)
        complete += 1
      } else expect(answer.status).toBe(503)
    } catch {
      errors += 1
    }
    clearTimeout(timer)
  }
  proxy.away(false)
  await graph.write(
    'test',
    'MATCH (s:FaultSource {of: $id}) DETACH DELETE s',
    { id: BigInt(star.id) },
    60_000,
  )
  await graph.close()
  await proxy.close()
  measured(
    17,
    `${cuts} cuts: ${errors} clients saw a broken answer, ${complete} had the whole list before the cut, the rest a 503; none got half a list that parsed`,
  )
})

it('18: slow senders are closed in time and hold nobody up', { timeout: 60_000 }, async () => {
  const [me] = await service.users(1)
  const plain = await lanes(
    4,
    100,
    async () => void (await service.call('GET', '/users/me', { token: me!.token })),
  )
  const count = scale(200, 1_000)
  const closed: number[] = []
  const began = performance.now()
  for (let n = 0; n < count; n += 1) {
    const socket = connect(Number(port), hostname)
    sockets.push(socket)
    socket.on('error', () => undefined)
    const opened = performance.now()
    socket.once('close', () => closed.push(performance.now() - opened))
    socket.write('GET /stream/0/users/1 HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    const drip = setInterval(() => socket.writable && socket.write('a'), 1_000)
    socket.once('close', () => clearInterval(drip))
    socket.resume()
  }
  await wait(500)
  const beside = await lanes(4, 100, async () =>
    expect((await service.call('GET', '/users/me', { token: me!.token })).status).toBe(200),
  )
  while (closed.length < count && performance.now() - began < 25_000) await wait(100)
  expect(closed).toHaveLength(count)
  // Ten seconds for the headers, looked at each second; a machine that is busy with other tests looks later.
  expect(percentile(closed, 100)).toBeLessThan(scale(15_000, 12_000))
  measured(
    18,
    `${count} slow senders closed after ${Math.round(percentile(closed, 100))} ms at most; p99 of others ${Math.round(percentile(plain, 99))} ms before, ${Math.round(percentile(beside, 99))} ms beside them`,
  )
})

it('25: a known and an unknown client are refused in the same time', { timeout: 600_000 }, async () => {
  const app = await service.appToken()
  const client = (await service.call('GET', '/token', { token: app })).body.data.app.client_id as string
  const ask = async (client: string) => {
    const began = performance.now()
    const answer = await service.call('POST', '/oauth/access_token', {
      form: { grant_type: 'client_credentials', client_id: client, client_secret: 'wrong'.repeat(8) },
    })
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client'])
    return performance.now() - began
  }
  const known: number[] = []
  const unknown: number[] = []
  const rounds = scale(200, 20_000)
  for (let n = 0; n < rounds; n += 1) {
    const both = [
      async () => known.push(await ask(client)),
      async () => unknown.push(await ask(`${client.slice(0, -1)}-`)),
    ]
    for (const one of n % 2 === 0 ? both : both.reverse()) await one()
  }
  const difference = Math.abs(percentile(known, 50) - percentile(unknown, 50)) * 1000
  // Over loopback, on a machine shared with other tests: what is caught here is a round trip more on one side.
  expect(difference).toBeLessThan(Math.max(300, percentile(known, 50) * 200))
  measured(
    25,
    `${rounds} each: medians differ by ${Math.round(difference)} µs of ${Math.round(percentile(known, 50) * 1000)} µs`,
  )
})
