// seed(), save() and restore() of the kit: what a suite puts into its graph once, and goes back to before each test.
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type FollowGraph, startFollowGraph, type TestUser } from '../../src/testing.ts'

// A database of its own, whatever one this shell knows.
const settings = { NEO4J_URI: '', NEO4J_USERNAME: '', NEO4J_PASSWORD: '' }
let graph: FollowGraph
beforeAll(async () => {
  graph = await startFollowGraph({ settings })
}, 240_000)
afterAll(() => graph?.stop(), 60_000)

async function call(method: string, path: string, token: string, json?: object) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const body = json === undefined ? {} : { body: JSON.stringify(json) }
  let answer = await fetch(`${graph.url}/stream/0${path}`, { method, headers, ...body })
  // A database that was just started may not have planned a query in time.
  for (let tries = 0; answer.status === 503 && tries < 20; tries += 1) {
    await wait(500)
    answer = await fetch(`${graph.url}/stream/0${path}`, { method, headers, ...body })
  }
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of it is its assertion
  return { status: answer.status, ...((await answer.json()) as any) }
}

/** What clients see of these users: profiles and counts, lists with their paging ids, relations of the first. */
async function seen(users: TestUser[], token: string): Promise<unknown[]> {
  const found: unknown[] = []
  for (const { id, username } of users) {
    for (const path of ['', '/following?count=200', '/followers?count=200', '/followers/ids', '/mutuals'])
      found.push(await call('GET', `/users/${id}${path}`, token))
    found.push(
      await call('GET', `/users/@${username}`, token),
      await call('GET', `/users/search?q=${username}`, token),
    )
  }
  for (const list of ['muted', 'blocked']) found.push(await call('GET', `/users/me/${list}`, token))
  return found
}

async function atOnce(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += 250)
    await Promise.all(Array.from({ length: Math.min(250, count - from) }, (_, n) => work(from + n)))
}

it('restore() without save() and seed() beside users say so', async () => {
  await expect(graph.restore()).rejects.toThrow('restore() needs a save() before it.')
  await graph.createUser({ username: 'ada' })
  await expect(graph.seed('sample')).rejects.toThrow('call reset() first')
  await expect(graph.seed('other' as 'sample')).rejects.toThrow('seed: there is no other')
  await graph.reset()
})

it('restore() takes back whatever a test did, also to a thousand users, within a second', async () => {
  await atOnce(1_000, (n) => graph.createUser({ id: n + 1, username: `u${n + 1}`, name: `User ${n + 1}` }))
  await atOnce(3_000, (n) =>
    graph
      .follow(String((n % 1_000) + 1), String(((n * 7 + Math.floor(n / 1_000)) % 999) + 1))
      .catch(() => undefined),
  )
  const users = [1, 2, 3, 4, 5].map((n) => ({ id: String(n), username: `u${n}` }))
  const [token, doomed] = [await graph.tokenFor('1'), await graph.tokenFor('2')]
  const provision = await graph.appToken(['basic', 'provision', 'events'])
  await call('POST', '/users/900/mute', token)
  await call('POST', '/users/901/block', token)
  const before = await seen(users, token)
  await graph.save()

  const spoil = async () => {
    const extra = await graph.tokenFor('3')
    const { data } = await call('GET', '/users/1/following?count=3', token)
    expect(data.length).toBeGreaterThan(1)
    await call('DELETE', `/users/${data[0].id}/follow`, token)
    await call('POST', '/users/500/follow', token)
    await call('DELETE', '/users/900/mute', token)
    await call('POST', '/users/902/block', token)
    await call('PATCH', '/users/me', token, { name: 'Somebody else' })
    expect((await call('DELETE', '/users/4', provision)).status).toBe(200)
    // Two who exchange their names.
    for (const [id, username] of [
      ['2', 'between'],
      ['3', 'u2'],
      ['2', 'u3'],
    ])
      expect((await call('PATCH', `/users/${id}`, provision, { username })).status).toBe(200)
    await call('DELETE', '/token', doomed)
    await graph.createUser({ id: 5_000, username: 'late' })
    await graph.follow('5000', '1')
    expect(await seen(users, token)).not.toEqual(before)
    return extra
  }
  for (let round = 0; round < 3; round += 1) {
    const extra = await spoil()
    await graph.restore()
    expect(await seen(users, token)).toEqual(before)
    expect([
      (await call('GET', '/token', doomed)).status,
      (await call('GET', '/token', extra)).status,
    ]).toEqual([200, 401])
    expect((await call('GET', '/users/5000', token)).status).toBe(404)
  }
  await graph.reset()
  await graph.restore()
  expect(await seen(users, token)).toEqual(before)
})

it('events go on after restore(): one reset, then what happens', async () => {
  await graph.reset()
  const [ada, bo, cy] = [await graph.createUser(), await graph.createUser(), await graph.createUser()]
  await graph.follow(ada, bo)
  const token = await graph.tokenFor(ada)
  await graph.save()
  await graph.follow(ada, cy)
  const events = graph.events()
  await graph.restore()
  // Nothing differs any more: there is nothing to tell.
  await graph.restore()
  await graph.follow(cy, bo)
  const told = [(await events.next()).value, (await events.next()).value]
  await events.return?.()
  expect(told.map(({ meta }) => meta.type)).toEqual(['reset', 'user_follow'])
  expect(told[1].data).toMatchObject({ user: { id: cy.id }, follows_user: { id: bo.id } })
  const { data } = await call('GET', `/users/${bo.id}/followers`, token)
  // The new one is the newest: no id is given twice.
  expect(data.map(({ id }: TestUser) => id)).toEqual([cy.id, ada.id])
  expect(data[0].pagination_id).toBe(told[1].meta.pagination_id)
})

it("seed('sample') puts the sample there", async () => {
  await graph.reset()
  await graph.seed('sample')
  const { data } = await call('GET', '/users/2', await graph.tokenFor('1'))
  expect(data).toMatchObject({ id: '2', username: 'albaq', counts: { followers: 975 } })
  const before = data.counts
  await graph.save()
  await graph.reset()
  await graph.restore()
  expect((await call('GET', '/users/2', await graph.tokenFor('1'))).data.counts).toEqual(before)
})
