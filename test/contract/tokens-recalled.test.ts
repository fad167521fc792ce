// A list is asked for by a token as it was last seen: whatever has become of it since then is seen by the very next request.
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
