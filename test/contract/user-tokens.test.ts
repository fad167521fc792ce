// POST and DELETE users/{id}/tokens: the platform's login creates tokens for users, and revokes all of them.
import { afterAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { openGraph } from '../../src/graph/graph.ts'
import { loadQueries } from '../../src/graph/queries.ts'
import { createTokenStore } from '../../src/tokens/store.ts'
import { metric } from '../support/metrics.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const two = await startTestService()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())
const client = await parts.tokens.createClient({
  name: 'Login',
  link: 'https://login.example',
  scopes: ['basic', 'provision'],
  maxFollowing: 7n,
})
const other = await parts.tokens.createClient({
  name: 'Other',
  link: '',
  scopes: ['basic'],
  maxFollowing: null,
})
const app = (
  await service.call('POST', '/oauth/access_token', { form: { grant_type: 'client_credentials', ...client } })
).body.access_token as string
const NOBODY = String(2n ** 63n - 3n)

const mint = (id: string, json?: unknown, token = app) =>
  service.call('POST', `/stream/0/users/${id}/tokens`, { token, ...(json === undefined ? {} : { json }) })
const revoke = (id: string, token = app) => service.call('DELETE', `/stream/0/users/${id}/tokens`, { token })
const works = async (token: string, at = service) => {
  const { status, body } = await at.call('GET', '/token', { token })
  return status === 200 ? '200' : `${status} ${body.meta.error_slug}`
}

describe('POST users/{id}/tokens', () => {
  it('answers what oauth/access_token does: bare, not stored, with a token that works', async () => {
    const user = await service.user()
    const answer = await mint(user.id)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { access_token, ...rest } = answer.body
    expect(access_token).toMatch(/^fg_u_/)
    expect(rest).toEqual({
      token_type: 'Bearer',
      token: {
        app: { client_id: client.client_id, link: 'https://login.example', name: 'Login' },
        scopes: ['basic'],
        limits: { following: 7, max_file_size: expect.any(Number) },
        user: expect.objectContaining({ id: user.id, username: user.username }),
      },
    })
    expect((await service.call('GET', '/token', { token: access_token })).body.data).toEqual(rest.token)
  })

  it('accepts scopes, a lifetime and an app', async () => {
    const user = await service.user()
    const json = {
      scopes: ['update_profile', 'follow', 'follow'],
      expires_in: 3600,
      client_id: other.client_id,
    }
    const { body } = await mint(user.id, json)
    expect([body.expires_in, body.token.scopes, body.token.app.name]).toEqual([
      3600,
      ['basic', 'follow', 'update_profile'],
      'Other',
    ])
    const target = await service.user()
    const follow = await service.call('POST', `/users/${target.id}/follow`, { token: body.access_token })
    expect(follow.status).toBe(200)
    const refused = await mint(user.id)
    const denied = await service.call('POST', `/users/${target.id}/follow`, {
      token: refused.body.access_token,
    })
    expect(denied.body.meta.error_slug).toBe('missing-scope')
  })

  it('creates tokens that expire', async () => {
    const user = await service.user()
    const { body } = await mint(user.id, { expires_in: 1 })
    await expect.poll(() => works(body.access_token), { timeout: 10_000 }).toBe('401 token-expired')
  })

  it('is never compressed, whatever the length of the user', async () => {
    const user = await service.user({ annotations: [{ type: 'a', value: { text: 'x'.repeat(5_000) } }] })
    const answer = await service.call('POST', `/users/${user.id}/tokens?include_annotations=1`, {
      token: app,
      headers: { 'Accept-Encoding': 'gzip, br' },
    })
    expect(answer.text.length).toBeGreaterThan(5_000)
    expect([answer.headers.get('content-encoding'), answer.headers.get('etag')]).toEqual([null, null])
  })

  it.each([
    [{ scopes: ['fly'] }, 'scopes[0]'],
    [{ scopes: ['provision'] }, 'scopes[0]'],
    [{ scopes: 'follow' }, 'scopes'],
    [{ scopes: null }, 'scopes'],
    [{ expires_in: 0 }, 'expires_in'],
    [{ expires_in: -1 }, 'expires_in'],
    [{ expires_in: 1.5 }, 'expires_in'],
    [{ expires_in: '3600' }, 'expires_in'],
    [{ expires_in: 10_000_000_000 }, 'expires_in'],
    [{ client_id: 'nobody' }, 'client_id'],
    [{ client_id: 7 }, 'client_id'],
    [[], 'body'],
    ['follow', 'body'],
  ])('refuses %j with 400 in the envelope, and names the field', async (json, field) => {
    const user = await service.user()
    const answer = await mint(user.id, json)
    expect([answer.status, answer.body.meta?.error_slug]).toEqual([400, 'bad-request'])
    expect(answer.body.meta.error_message).toContain(field)
    expect((await revoke(user.id)).body.data).toEqual({ revoked: 1 })
  })

  it('answers 404 to nobody, to me and to @username', async () => {
    const user = await service.user()
    for (const id of [NOBODY, '007', 'me', `@${user.username}`]) {
      expect([id, (await mint(id)).status]).toEqual([id, 404])
      expect([id, (await revoke(id)).status]).toEqual([id, 404])
    }
    expect((await mint(NOBODY, { client_id: 'nobody' })).body.meta.error_slug).toBe('not-found')
  })
})

describe('DELETE users/{id}/tokens', () => {
  it('ends every token of the user at once, at every instance, and counts those that were alive', async () => {
    const [user, another] = await service.users(2)
    const minted = (await mint(user!.id, { scopes: ['follow'] })).body.access_token as string
    const over = (await mint(user!.id, { expires_in: 1 })).body.access_token as string
    const ended = await service.tokenFor(user!)
    await service.call('DELETE', '/token', { token: ended })
    await expect.poll(() => works(over), { timeout: 10_000 }).toBe('401 token-expired')
    for (const token of [user!.token, minted]) expect(await works(token, two)).toBe('200')
    // From now on both services have the token in memory.
    for (const at of [service, two])
      await at.call('GET', `/users/${another!.id}/followers`, { token: minted })
    const answer = await revoke(user!.id)
    expect([answer.status, answer.body]).toEqual([200, { data: { revoked: 2 }, meta: { code: 200 } }])
    for (const at of [service, two]) {
      for (const token of [user!.token, minted]) {
        expect(await works(token, at)).toBe('401 not-authorized')
        expect((await at.call('GET', `/users/${another!.id}/followers`, { token })).status).toBe(401)
        expect((await at.call('POST', `/users/${another!.id}/follow`, { token })).status).toBe(401)
      }
    }
    expect(await works(over)).toBe('401 token-expired')
    expect(await works(another!.token)).toBe('200')
    expect(await works(app)).toBe('200')
    expect((await revoke(user!.id)).body.data).toEqual({ revoked: 0 })
    expect(await works((await mint(user!.id)).body.access_token)).toBe('200')
  })

  it('at an instance whose clock is ahead ends the tokens that look expired there, and their long polls', async () => {
    const user = await service.user()
    const token = (await mint(user.id, { expires_in: 3600 })).body.access_token as string
    const graph = openGraph(inject('neo4j'))
    onTestFinished(() => graph.close())
    const ahead = createTokenStore(graph, loadQueries(), {
      maxFollowing: null,
      now: () => Date.now() + 7_200_000,
    })
    expect(await works(user.token)).toBe('200')
    // Only the token that looks expired is left.
    await service.call('DELETE', '/token', { token: user.token })
    const listeners = () => metric(two.url, 'followgraph_event_listeners')
    const before = await listeners()
    const poll = two.call('GET', '/users/me/events?wait=10&types=block', { token })
    await expect.poll(listeners, { timeout: 6_000 }).toBe(before + 1)
    expect(await ahead.revokeAll(BigInt(user.id))).toBe(0)
    for (const at of [service, two]) expect(await works(token, at)).toBe('401 not-authorized')
    expect((await poll).status).toBe(401)
  })

  it('ends the long polls of these tokens, and of no others', async () => {
    const [user, another] = await service.users(2)
    const poll = (token: string) => two.call('GET', '/users/me/events?wait=8&types=user_follow', { token })
    const listeners = () => metric(two.url, 'followgraph_event_listeners')
    const before = await listeners()
    const polls = [poll(user!.token), poll(another!.token)] as const
    await expect.poll(listeners, { timeout: 6_000 }).toBe(before + 2)
    const began = performance.now()
    await revoke(user!.id)
    expect((await polls[0]).status).toBe(401)
    expect(performance.now() - began).toBeLessThan(5_000)
    await service.follow(another!, user!)
    expect((await polls[1]).status).toBe(200)
  })
})

it.each(['POST', 'DELETE'])('%s needs an app token with the scope provision', async (method) => {
  const user = await service.user()
  const call = (token?: string) =>
    service.call(method, `/users/${user.id}/tokens`, token === undefined ? {} : { token })
  expect((await call()).status).toBe(401)
  expect((await call(user.token)).body.meta.error_slug).toBe('wrong-token')
  expect((await call(await service.appToken(['basic']))).body.meta.error_slug).toBe('missing-scope')
  expect(await works(user.token)).toBe('200')
})
