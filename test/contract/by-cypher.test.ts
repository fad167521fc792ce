// What others wrote by Cypher, with values that the service would not write: no call of the API fails because of it, and the audit can still mend it.
import { randomInt } from 'node:crypto'
import { afterAll, describe, expect, inject, it, vi } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { startTestService, type TestService } from '../support/service.ts'

// A new database plans each statement first.
vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()
const app = await service.appToken()
const graph = openGraph(inject('neo4j'))
afterAll(() => graph.close())
type Person = Awaited<ReturnType<TestService['user']>>

const people = async (count: number) => (await service.users(count)) as [Person, Person, Person, ...Person[]]
const cypher = (text: string, params: Record<string, unknown> = {}) =>
  graph.write('test/by-cypher', text, params, 60_000)
const idOf = ({ id }: { id: string }) => BigInt(id)
const shown = async ({ id }: { id: string }) => (await service.call('GET', `/users/${id}`)).body.data
const status = async (answer: ReturnType<TestService['call']>) => {
  const { status, text } = await answer
  return status === 200 ? '200' : text
}

describe('relationships whose ids are UUIDs', () => {
  const UUIDS = `MATCH (u:User {id: $id})-[r]-() SET r.id = randomUUID()`

  it('end with a block', async () => {
    const [a, b] = await people(2)
    await service.follow(a, b)
    await service.follow(b, a)
    await cypher(UUIDS, { id: idOf(a) })
    expect(await status(service.call('POST', `/users/${b.id}/block`, { token: a.token }))).toBe('200')
    expect((await shown(a)).counts).toMatchObject({ followers: 0, following: 0 })
  })

  it('are accepted as requests', async () => {
    const [a, b] = await people(2)
    await service.call('PATCH', '/users/me', { token: b.token, json: { locked: true } })
    await service.follow(a, b)
    await cypher(UUIDS, { id: idOf(a) })
    expect(await status(service.call('POST', `/users/me/requests/${a.id}`, { token: b.token }))).toBe('200')
    expect((await shown(a)).counts.following).toBe(1)
  })

  it('are deleted with their user, whatever stands in place of the ids of the two ends', async () => {
    const [a, b, c] = await people(3)
    await service.follow(a, b)
    await service.follow(c, a)
    await cypher("MATCH (:User {id: $id})-[r]->() SET r.id = randomUUID(), r.followee_id = 'bo'", {
      id: idOf(a),
    })
    expect(await status(service.call('DELETE', `/users/${a.id}`, { token: app }))).toBe('200')
    expect([(await shown(b)).counts.followers, (await shown(c)).counts.following]).toEqual([0, 0])
  })

  it('keep no service from starting that has to finish a deletion', async () => {
    const [a, b, c] = await people(3)
    await service.follow(a, b)
    await service.follow(c, a)
    await cypher('MATCH (:User {id: $id})-[r]->() SET r.id = randomUUID()', { id: idOf(a) })
    // As a service leaves it that was killed in the middle.
    await cypher('MATCH (u:User {id: $id}) REMOVE u:User, u.username_key SET u:Gone', { id: idOf(a) })
    await startTestService()
    expect(await cypher('MATCH (gone:Gone {id: $id}) RETURN gone.id', { id: idOf(a) })).toEqual([])
    expect((await shown(b)).counts.followers).toBe(0)
  })
})

describe("another's username", () => {
  const RENAME = 'MATCH (u:User {id: $id}) SET u.username = $username'

  it('keeps nobody from moving', async () => {
    const [a, b, bob] = await people(3)
    await service.follow(bob, a)
    await cypher(RENAME, { id: idOf(a), username: bob.username })
    const answer = await service.call('POST', `/users/${a.id}/move`, { token: app, json: { to: b.id } })
    expect([answer.status, answer.body.data], answer.text).toEqual([200, { moved: 1, kept: 0, refused: [] }])
    expect((await shown(a)).moved_to).toBe(b.id)
  })

  it('keeps nobody from changing the rest of the profile', async () => {
    const [a, bob] = await people(2)
    await cypher(RENAME, { id: idOf(a), username: bob.username })
    for (const [path, token, name] of [
      ['/users/me', a.token, 'A'],
      [`/users/${a.id}`, app, 'B'],
    ] as const) {
      expect(await status(service.call('PATCH', path, { token, json: { name } }))).toBe('200')
      expect((await shown(a)).name).toBe(name)
    }
    const json = { username: bob.username }
    expect((await service.call('PATCH', `/users/${a.id}`, { token: app, json })).status).toBe(400)
    expect((await service.call('GET', `/users/@${bob.username}`)).body.data.id).toBe(bob.id)
  })

  it('keeps nobody from being deleted to whom its bearer has moved', async () => {
    const [a, b, bob] = await people(3)
    await service.call('POST', `/users/${a.id}/move`, { token: app, json: { to: b.id } })
    await cypher(RENAME, { id: idOf(a), username: bob.username })
    expect(await status(service.call('DELETE', `/users/${b.id}`, { token: app }))).toBe('200')
    expect(await cypher('MATCH (gone:Gone {id: $id}) RETURN gone.id', { id: idOf(b) })).toEqual([])
    expect(await shown(a)).not.toHaveProperty('moved_to')
    // Found under the name that it had, until the audit gives it another one.
    expect((await service.call('GET', `/users/@${a.username}`)).body.data.id).toBe(a.id)
    expect((await service.call('GET', `/users/@${bob.username}`)).body.data.id).toBe(bob.id)
  })
})

it.each([180.5, -1n, '180', 2n ** 60n])(
  'an image that is %s wide counts as one of unknown width',
  async (width) => {
    const [a, b] = await people(2)
    const url = 'https://i.example/x.png'
    await cypher(
      'MATCH (u:User {id: $id}) SET u.avatar_image_url = $url, u.avatar_image_width = $width, u.avatar_image_height = 90',
      { id: idOf(a), url, width },
    )
    const patch = service.call('PATCH', '/users/me', { token: a.token, json: { name: 'A' } })
    expect(await status(patch)).toBe('200')
    expect((await shown(a)).avatar_image).toEqual({ url, width: 0, height: 90, is_default: false })
    const move = service.call('POST', `/users/${a.id}/move`, { token: app, json: { to: b.id } })
    expect(await status(move)).toBe('200')
  },
)

describe.each(['locked', 'hides_lists'] as const)('%s', (flag) => {
  const value = async (user: Person) => {
    const [row] = await cypher(`MATCH (u:User {id: $id}) RETURN coalesce(u.${flag}, false)`, {
      id: idOf(user),
    })
    return row?.[0]
  }

  it('that Cypher set is taken back by PATCH and by PUT', async () => {
    const [a] = await people(1)
    for (const [method, path, token, json] of [
      ['PATCH', '/users/me', a.token, { [flag]: false }],
      ['PATCH', `/users/${a.id}`, app, { [flag]: false }],
      ['PUT', `/users/${a.id}`, app, { username: a.username }],
    ] as const) {
      await cypher(`MATCH (u:User {id: $id}) SET u.${flag} = true`, { id: idOf(a) })
      expect(await status(service.call(method, path, { token, json }))).toBe('200')
      expect([method, path, await value(a)]).toEqual([method, path, false])
    }
  })

  it('that Cypher removed is set again by PATCH', async () => {
    const [a] = await people(1)
    const patch = () => service.call('PATCH', '/users/me', { token: a.token, json: { [flag]: true } })
    await patch()
    await cypher(`MATCH (u:User {id: $id}) REMOVE u.${flag}`, { id: idOf(a) })
    expect(await status(patch())).toBe('200')
    expect(await value(a)).toBe(true)
  })
})

it.each([
  ['a text that is no JSON', 'vip'],
  ['an object', '{"a":1}'],
  ['a list', ['a', 'b']],
  ['a number', 1.5],
])(
  'annotations that are %s count as none, and their user can be changed and moved',
  async (_, annotations) => {
    const [a, b] = await people(2)
    await cypher('MATCH (u:User {id: $id}) SET u.annotations = $annotations', { id: idOf(a), annotations })
    const { body } = await service.call('GET', `/users/${a.id}?include_annotations=1`)
    expect(body.data.annotations).toEqual([])
    const patch = service.call('PATCH', '/users/me', { token: a.token, json: { name: 'A' } })
    expect(await status(patch)).toBe('200')
    await cypher('MATCH (u:User {id: $id}) SET u.annotations = $annotations', { id: idOf(a), annotations })
    const move = service.call('POST', `/users/${a.id}/move`, { token: app, json: { to: b.id } })
    expect(await status(move)).toBe('200')
  },
)

it('annotations of several lines are shown as one', async () => {
  const [a] = await people(1)
  const annotations = '[\n  {"type": "x"}\n]'
  await cypher('MATCH (u:User {id: $id}) SET u.annotations = $annotations', { id: idOf(a), annotations })
  const { text } = await service.call('GET', `/users/${a.id}?include_annotations=1`)
  expect(text).toContain('"annotations":[{"type":"x"}]')
})

it('a username that is a number is shown as the default one', async () => {
  const [a, b] = await people(2)
  await cypher('MATCH (u:User {id: $id}) SET u.username = 50', { id: idOf(b) })
  const answer = await service.call('GET', `/relationships?source=me&targets=${b.id}`, { token: a.token })
  expect(answer.body.data).toMatchObject([{ target: b.id, username: `u${b.id}` }])
})

it('a date in a named time zone is shown and kept', async () => {
  const [a] = await people(1)
  await cypher(
    "MATCH (u:User {id: $id}) SET u.created_at = datetime({year: 2020, month: 1, day: 2, hour: 3, timezone: 'Europe/Berlin'}), u.rendered = null",
    { id: idOf(a) },
  )
  expect((await shown(a)).created_at).toBe('2020-01-02T02:00:00Z')
  await service.call('PATCH', '/users/me', { token: a.token, json: { name: 'A' } })
  expect((await shown(a)).created_at).toBe('2020-01-02T02:00:00Z')
})

it('an id that is a float is shown as it was meant, and becomes an integer when the user is changed', async () => {
  const [a, b, c] = await people(3)
  // A float holds it exactly, and nobody else has it: the others begin at a million.
  const id = String(randomInt(1, 1_000_000))
  await cypher('CREATE (:User {id: toFloat($id), username: $name, username_key: $name})', {
    id: BigInt(id),
    name: `float${id}`,
  })
  await service.follow(a, id)
  await service.follow(b, id)
  expect(await shown({ id })).toMatchObject({ id, username: `float${id}`, counts: { followers: 2 } })
  const { body } = await service.call('GET', `/users/${a.id}/following`, { token: a.token })
  expect(body.data).toMatchObject([{ id, you_follow: true }])
  const patch = service.call('PATCH', `/users/${id}`, { token: app, json: { name: 'Float' } })
  expect(await status(patch)).toBe('200')
  expect(await shown({ id })).toMatchObject({ id, name: 'Float', counts: { followers: 2 } })
  expect(await cypher('MATCH (u:User {id: $id}) RETURN u.id', { id: BigInt(id) })).toEqual([[BigInt(id)]])
  const move = await service.call('POST', `/users/${id}/move`, { token: app, json: { to: c.id } })
  expect([move.status, move.body.data], move.text).toEqual([200, { moved: 2, kept: 0, refused: [] }])
  await service.call('DELETE', `/users/${id}`, { token: app })
})

it('a user whose "locked" is a text is not locked, and keeps nobody from moving there', async () => {
  const [a, b, c] = await people(3)
  await service.follow(c, a)
  await cypher("MATCH (u:User {id: $id}) SET u.locked = 'no'", { id: idOf(b) })
  const move = await service.call('POST', `/users/${a.id}/move`, { token: app, json: { to: b.id } })
  expect([move.status, move.body.data], move.text).toEqual([200, { moved: 1, kept: 0, refused: [] }])
})

it('a created_at in milliseconds, as timestamp() gives them, counts as none', async () => {
  const [a] = await people(1)
  await cypher('MATCH (u:User {id: $id}) SET u.created_at = timestamp(), u.rendered = null', { id: idOf(a) })
  expect((await shown(a)).created_at).toBe('1970-01-01T00:00:00Z')
  await service.call('PATCH', '/users/me', { token: a.token, json: { name: 'A' } })
  expect((await shown(a)).created_at).toMatch(/^2\d{3}-/)
})

it.each([
  ['empty', "SET u.rendered = ''"],
  ['no JSON', "SET u.rendered = 'Bo'"],
  ['a number', 'SET u.rendered = 7'],
  ["another's", "SET u.rendered = replace(u.rendered, toString(u.id), '1')"],
])('a rendered text that is %s is not used: pages, events and the user itself are whole', async (_, set) => {
  const [a, b] = await people(2)
  await service.follow(a, b)
  await cypher(`MATCH (u:User {id: $id}) ${set}`, { id: idOf(b) })
  expect(await shown(b)).toMatchObject({ id: b.id, username: b.username, counts: { followers: 1 } })
  const page = await service.call('GET', `/users/${a.id}/following`, { token: a.token })
  expect(page.body.data).toMatchObject([{ id: b.id, you_follow: true }])
  const events = await service.call('GET', '/users/me/events?since_id=0&count=200', { token: b.token })
  expect(events.body.data.map((event: { data: object }) => event.data)).toContainEqual(
    expect.objectContaining({ follows_user: expect.objectContaining({ id: b.id, username: b.username }) }),
  )
})

it('a user who was copied with all properties is shown with the id of the copy', async () => {
  const [a, b] = await people(2)
  const copy = `MATCH (a:User {id: $id}) CREATE (n:User)
    SET n = a {.*, id: $copy, username: $name, username_key: $name}`
  const id = BigInt(b.id) + 1n
  await cypher(copy, { id: idOf(a), copy: id, name: `c${id.toString(36)}` })
  const { body } = await service.call('GET', `/users?ids=${a.id},${id},${a.id}`, { token: b.token })
  expect(body.data.map((user: { id: string }) => user.id)).toEqual([a.id, String(id), a.id])
})
