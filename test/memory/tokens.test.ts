// Tokens are kept in memory: the next request after a token was changed or revoked, anywhere, notices it.
import neo4j from 'neo4j-driver'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const one = await startTestService()
const two = await startTestService()
const { uri, username, password, database } = inject('neo4j')
const driver = neo4j.driver(uri, neo4j.auth.basic(username, password), { telemetryDisabled: true })
afterAll(() => driver.close())

/** A user who follows somebody, with a token that the first service has seen. */
async function known() {
  const [me, other] = await one.users(2)
  if (me === undefined || other === undefined) throw new Error('no users')
  await one.follow(me, other)
  const list = (path = 'following') => one.call('GET', `/users/${me.id}/${path}`, { token: me.token })
  const first = await list()
  expect(first.status).toBe(200)
  return { me, other, list, first }
}

const write = (text: string, id: string, values: object = {}) =>
  driver.executeQuery(text, { id: neo4j.int(id), ...values }, { database })
const refusal = ({ status, headers, body }: Awaited<ReturnType<typeof one.call>>) => [
  status,
  body.meta.error_slug,
  headers.get('x-oauth-scopes'),
]
const OF_USER = 'MATCH (t:Token) WHERE t.user_id = $id'

it('nothing has become of it: the same answer, scopes and all', async () => {
  const { list, first } = await known()
  const again = await list()
  expect([again.status, again.text]).toEqual([200, first.text])
  expect(again.headers.get('x-oauth-scopes')).toBe(first.headers.get('x-oauth-scopes'))
})

describe('is refused', () => {
  it('when it was revoked at another instance', async () => {
    const { me, list } = await known()
    expect((await two.call('DELETE', '/token', { token: me.token })).status).toBe(200)
    expect(refusal(await list())).toEqual([401, 'not-authorized', null])
  })

  it('when it was revoked, whatever else is wrong with the request', async () => {
    const { me, other, list } = await known()
    await two.call('DELETE', '/token', { token: me.token })
    expect(refusal(await list('following?count=x'))).toEqual([401, 'not-authorized', null])
    const [nobody, foreign] = ['/users/1/followers', `/users/${other.id}/muted`]
    for (const path of [nobody, foreign])
      expect(refusal(await one.call('GET', path, { token: me.token }))).toEqual([401, 'not-authorized', null])
  })

  it('when it has run out', async () => {
    const { me, list } = await known()
    await write(`${OF_USER} SET t.expires_at = 1000`, me.id)
    expect(refusal(await list())).toEqual([401, 'token-expired', null])
  })

  it('when it is gone', async () => {
    const { me, list } = await known()
    await write(`${OF_USER} DELETE t`, me.id)
    expect(refusal(await list())).toEqual([401, 'invalid-token', null])
  })

  it('when its user is gone', async () => {
    const { me, other } = await known()
    await two.call('DELETE', `/users/${me.id}`, { token: await two.appToken(['provision']) })
    const answer = await one.call('GET', `/users/${other.id}/followers`, { token: me.token })
    expect(refusal(answer)).toEqual([401, 'invalid-token', null])
  })

  it('when it is somebody else’s, and never shows that one the list of the first', async () => {
    const { me, other } = await known()
    await write(`${OF_USER} SET t.user_id = $other`, me.id, { other: neo4j.int(other.id) })
    const own = await one.call('GET', '/users/me/following', { token: me.token })
    expect([own.status, own.body.data]).toEqual([200, []])
    const foreign = await one.call('GET', `/users/${me.id}/muted`, { token: me.token })
    expect(foreign.status).toBe(403)
  })
})

it('its scopes have changed: the answer tells the new ones', async () => {
  const { me, list } = await known()
  await write(`${OF_USER} SET t.scopes = ['basic']`, me.id)
  const answer = await list()
  expect([answer.status, answer.headers.get('x-oauth-scopes')]).toEqual([200, 'basic'])
})

it('its user has become a bot: the answer tells whom a bot may follow', async () => {
  const { me, other } = await known()
  const third = await one.user()
  await one.follow(third, other)
  const mayFollow = async () => {
    const { body } = await one.call('GET', `/users/${other.id}/followers`, { token: me.token })
    return body.data.find(({ id }: { id: string }) => id === third.id).you_can_follow
  }
  expect(await mayFollow()).toBe(true)
  await write("MATCH (u:User {id: $id}) SET u.type = 'bot'", me.id)
  expect(await mayFollow()).toBe(false)
})

it('an app token is looked at as well', async () => {
  const { me } = await known()
  const token = await one.appToken(['basic'])
  const list = () => one.call('GET', `/users/${me.id}/following`, { token })
  expect((await list()).status).toBe(200)
  expect((await list()).status).toBe(200)
  await two.call('DELETE', '/token', { token })
  expect(refusal(await list())).toEqual([401, 'not-authorized', null])
})

describe('a change by a token that was seen before', () => {
  async function idsIn(path: string): Promise<string[]> {
    const answer = await one.call('GET', path, { token: await one.appToken(['basic']) })
    expect(answer.status).toBe(200)
    return answer.body.data
  }

  /** Whom `me` follows, and how changes are asked for. */
  async function changing() {
    const { me, other } = await known()
    const [third] = await one.users(1)
    if (third === undefined) throw new Error('no user')
    const ask = (method: string, what = 'follow', whom = third) =>
      one.call(method, `/users/${whom.id}/${what}`, { token: me.token })
    const followed = () => idsIn(`/users/${me.id}/following/ids`)
    // Seen, for whatever is asked for next.
    expect((await ask('DELETE')).status).toBe(200)
    return { me, other, third, ask, followed }
  }

  const BECOMES: [string, (me: { id: string; token: string }) => Promise<unknown>, unknown[]][] = [
    [
      'was revoked at another instance',
      (me) => two.call('DELETE', '/token', { token: me.token }),
      [401, 'not-authorized', null],
    ],
    [
      'was revoked by Cypher',
      (me) => write(`${OF_USER} SET t.revoked_at = datetime()`, me.id),
      [401, 'not-authorized', null],
    ],
    ['has run out', (me) => write(`${OF_USER} SET t.expires_at = 1000`, me.id), [401, 'token-expired', null]],
    ['is gone', (me) => write(`${OF_USER} DELETE t`, me.id), [401, 'invalid-token', null]],
    [
      'may not follow any more',
      (me) => write(`${OF_USER} SET t.scopes = ['basic']`, me.id),
      [403, 'missing-scope', 'basic'],
    ],
    [
      'is an app token by now',
      (me) => write(`${OF_USER} SET t.kind = 'app', t.user_id = null`, me.id),
      [403, 'wrong-token', 'basic, follow'],
    ],
  ]
  it.each(BECOMES)('that %s: nothing is changed', async (_, become, refused) => {
    const { me, other, ask, followed } = await changing()
    await become(me)
    const [status, slug] = refusal(await ask('POST'))
    expect([status, slug]).toEqual(refused.slice(0, 2))
    expect((await ask('DELETE', 'follow', other as never)).status).toBe(refused[0])
    expect((await ask('POST', 'block', other as never)).status).toBe(refused[0])
    expect(await followed()).toEqual([other.id])
  })

  it('whose user is gone: nothing is changed', async () => {
    const { me, third, ask } = await changing()
    await two.call('DELETE', `/users/${me.id}`, { token: await two.appToken(['provision']) })
    for (const [method, what] of [
      ['POST', 'follow'],
      ['DELETE', 'follow'],
      ['POST', 'mute'],
      ['DELETE', 'block'],
    ] as const)
      expect(refusal(await ask(method, what)).slice(0, 2)).toEqual([401, 'invalid-token'])
    expect(await idsIn(`/users/${third.id}/followers/ids`)).toEqual([])
  })

  it('that is somebody else’s by now: it is that one who follows', async () => {
    const { me, other, third, ask, followed } = await changing()
    await write(`${OF_USER} SET t.user_id = $other`, me.id, { other: neo4j.int(other.id) })
    expect((await ask('POST')).status).toBe(200)
    expect(await followed()).toEqual([other.id])
    expect(await idsIn(`/users/${third.id}/followers/ids`)).toEqual([other.id])
  })

  it('whose client was given another plan: the plan of now counts', async () => {
    const { me, third, ask } = await changing()
    const client = `plan-${me.id}`
    await write(`${OF_USER} SET t.client_id = $client MERGE (c:Client {client_id: $client})`, me.id, {
      client,
    })
    expect((await ask('POST')).status).toBe(200)
    expect((await ask('DELETE')).status).toBe(200)
    await write('MATCH (c:Client {client_id: $client}) SET c.max_following = 1 + 0 * $id', me.id, { client })
    expect(refusal(await ask('POST')).slice(1, 2)).toEqual(['follow-limit'])
    await write('MATCH (c:Client {client_id: $client}) SET c.max_following = 2 + 0 * $id', me.id, { client })
    expect((await ask('POST')).body.data.id).toBe(third.id)
  })

  it('whose user has become a bot: the answer tells whom a bot may follow', async () => {
    const { me, ask } = await changing()
    await ask('POST')
    expect((await ask('DELETE')).body.data.you_can_follow).toBe(true)
    await write("MATCH (u:User {id: $id}) SET u.type = 'bot'", me.id)
    expect((await ask('DELETE')).body.data.you_can_follow).toBe(false)
  })

  it('and was revoked does not hold up those who ask beside it, and keeps nothing of a mix of changes', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, changing))
    const gone = people.filter((_, n) => n % 4 === 0)
    await Promise.all(gone.map(({ me }) => two.call('DELETE', '/token', { token: me.token })))
    const answers = await Promise.all(
      people.flatMap(({ ask, other }, n) => [
        ask('POST'),
        ask(n % 2 === 0 ? 'DELETE' : 'POST', 'follow', other as never),
      ]),
    )
    for (const [n, { third, other, followed }] of people.entries()) {
      const revoked = n % 4 === 0
      const statuses = [answers[2 * n]?.status, answers[2 * n + 1]?.status]
      expect(statuses).toEqual(revoked ? [401, 401] : [200, 200])
      const unfollowed = !revoked && n % 2 === 0
      expect((await followed()).sort()).toEqual(
        [...(unfollowed ? [] : [other.id]), ...(revoked ? [] : [third.id])].sort(),
      )
    }
  })
})
