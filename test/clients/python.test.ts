// The Python clients of this API family, pnutpy and ADNpy, against the running service: only their base address is set.
import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { startTestService } from '../support/service.ts'
import { type PythonClient, startPythonClient } from './python-client.ts'
import { startTls, type Tls } from './tls.ts'

const service = await startTestService({ MAX_FOLLOWING: '3' })
// The clients make numbers of ids, which JavaScript reads back exactly below 2^53 only.
const first = randomInt(2 ** 40) * 10
const [me, bo, cy, di, ed] = await Promise.all([
  service.user({ id: first + 1 }),
  service.user({ id: first + 2 }),
  service.user({ id: first + 3 }),
  service.user({ id: first + 4 }),
  service.user({ id: first + 5 }),
])

// pnut.io's base ends in /v1, App.net's client called its host without one: both forms of our base are used.
describe.each([
  ['pnutpy', '/stream/0'],
  ['adnpy', ''],
  ['adnpy', '/stream/0'],
] as const)('%s at %j', (module, base) => {
  let client: PythonClient
  let other: PythonClient
  const prefix = module === 'pnutpy' ? 'Pnut' : 'Adn'
  const number = (id: string) => Number(id)
  const ids = (users: { id: number }[]) => users.map(({ id }) => id)

  beforeAll(() => {
    client = startPythonClient(module, service.url + base, me.token)
    other = startPythonClient(module, service.url + base, bo.token)
  })
  afterAll(() => Promise.all([client.stop(), other.stop()]))

  it('get_user by id, by name and as me', async () => {
    for (const name of [bo.id, `@${bo.username.toUpperCase()}`]) {
      const { data, meta } = await client.call('get_user', [name])
      expect(data).toMatchObject({ id: number(bo.id), username: bo.username, you_follow: false })
      expect(data.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/)
      expect(meta.code).toBe(200)
    }
    expect((await client.call('get_user', ['me'])).data.id).toBe(number(me.id))
  })

  it('get_user with and without html', async () => {
    await client.call('patch_user', ['me'], { data: { description: { text: 'Hi #api' } } })
    const shown = await client.call('get_user', ['me'], { include_html: true })
    expect(shown.data.description).toMatchObject({
      text: 'Hi #api',
      html: expect.stringContaining('itemprop="hashtag"'),
    })
    const bare = await client.call('get_user', ['me'], { include_html: false })
    expect(bare.data.description).not.toHaveProperty('html')
  })

  it('get_users in the order asked', async () => {
    const { data } = await client.call('get_users', [], { ids: `${cy.id},${bo.id}` })
    expect(ids(data)).toEqual([number(cy.id), number(bo.id)])
  })

  it('follow_user and unfollow_user', async () => {
    const followed = await client.call('follow_user', [bo.id])
    expect(followed.data).toMatchObject({ id: number(bo.id), you_follow: true, counts: { followers: 1 } })
    const unfollowed = await client.call('unfollow_user', [bo.id])
    expect(unfollowed.data).toMatchObject({ id: number(bo.id), you_follow: false, counts: { followers: 0 } })
  })

  it('users_following and users_followers, page by page with its own cursor', async () => {
    for (const user of [bo, cy, di]) await client.call('follow_user', [user.id])
    const newest = [di, cy, bo].map(({ id }) => number(id))
    const page = await client.call('users_following', ['me'], { count: 2 })
    expect(ids(page.data)).toEqual(newest.slice(0, 2))
    expect(page.meta).toMatchObject({
      more: true,
      min_id: page.data[1].pagination_id,
      max_id: page.data[0].pagination_id,
    })
    const rest = await client.call('users_following', ['me'], { count: 2, before_id: page.meta.min_id })
    expect(ids(rest.data)).toEqual(newest.slice(2))
    expect(rest.meta.more).toBe(false)
    expect(ids((await client.call('cursor:users_following', ['me'], { count: 1 })).data)).toEqual(newest)
    expect(ids((await client.call('cursor:users_followers', [bo.id])).data)).toEqual([number(me.id)])
    expect((await client.call('cursor:users_followers', [ed.id])).data).toEqual([])
  })

  it('tells the plan limit, oneself, an unknown user and a wrong token by its own exceptions', async () => {
    const full = module === 'adnpy' ? 'AdnInsufficientStorageException' : 'PnutAPIException'
    expect(await client.call('follow_user', [ed.id])).toMatchObject({ error: full, slug: 'follow-limit' })
    const self = await client.call('follow_user', ['me'])
    expect(self).toMatchObject({ error: `${prefix}BadRequestAPIException`, slug: 'self-follow' })
    expect(self.message).not.toContain('Bad Request')
    expect(await client.call('get_user', ['@nobody_at_all'])).toMatchObject({
      error: `${prefix}Missing`,
      slug: 'not-found',
    })
    const stranger = startPythonClient(module, service.url + base, 'nonsense')
    expect(await stranger.call('get_token')).toMatchObject({
      error: `${prefix}AuthAPIException`,
      slug: 'invalid-token',
    })
    await stranger.stop()
    for (const user of [bo, cy, di]) await client.call('unfollow_user', [user.id])
  })

  it('mute_user, the list of the muted, unmute_user', async () => {
    expect((await client.call('mute_user', [bo.id])).data).toMatchObject({ you_muted: true })
    expect(ids((await client.call('users_muted_users', ['me'])).data)).toEqual([number(bo.id)])
    expect(ids((await client.call('users_muted_users_ids', ['me'])).data)).toEqual([number(bo.id)])
    expect((await client.call('unmute_user', [bo.id])).data).toMatchObject({ you_muted: false })
    expect((await client.call('users_muted_users', ['me'])).data).toEqual([])
  })

  it('block_user, the list of the blocked, unblock_user; the blocked cannot follow', async () => {
    expect((await client.call('block_user', [bo.id])).data).toMatchObject({
      you_blocked: true,
      you_can_follow: false,
    })
    expect(ids((await client.call('users_blocked_users', ['me'])).data)).toEqual([number(bo.id)])
    expect(await other.call('follow_user', [me.id])).toMatchObject({
      error: `${prefix}PermissionDenied`,
      slug: 'blocked',
    })
    expect((await client.call('unblock_user', [bo.id])).data).toMatchObject({ you_blocked: false })
  })

  it('the methods of a User: follow_user, mute_user, block_user and back', async () => {
    for (const [method, key] of [
      ['follow', 'you_follow'],
      ['mute', 'you_muted'],
      ['block', 'you_blocked'],
    ]) {
      expect((await client.call(`model:${method}_user`, [cy.id])).data[key as string]).toBe(true)
      expect((await client.call(`model:un${method}_user`, [cy.id])).data[key as string]).toBe(false)
    }
  })

  it('update_user and patch_user', async () => {
    const whole = {
      name: 'Ann',
      locale: 'en',
      timezone: 'Europe/Berlin',
      description: { text: 'See App.net' },
    }
    const put = await client.call('update_user', ['me'], { data: whole })
    expect(put.data).toMatchObject({
      name: 'Ann',
      timezone: 'Europe/Berlin',
      description: { entities: { links: [{ url: 'http://App.net' }] } },
    })
    expect((await client.call('patch_user', ['me'], { data: { name: 'Anna' } })).data).toMatchObject({
      name: 'Anna',
      locale: 'en',
    })
  })

  it('get_token', async () => {
    const { data } = await client.call('get_token')
    expect(data).toMatchObject({
      app: { client_id: 'follow-graph' },
      user: { id: number(me.id) },
      limits: { following: 3 },
    })
    expect(data.scopes).toContain('follow')
  })
})

// What ADNpy can do beyond pnutpy.
describe('adnpy', () => {
  const client = startPythonClient('adnpy', service.url, me.token)
  afterAll(() => client.stop())

  it('users_following_ids and users_followers_ids', async () => {
    for (const user of [bo, cy]) await client.call('follow_user', [user.id])
    expect((await client.call('users_following_ids', ['me'])).data).toEqual([cy.id, bo.id])
    expect((await client.call('users_followers_ids', [cy.id])).data).toEqual([me.id])
    for (const user of [bo, cy]) await client.call('unfollow_user', [user.id])
  })

  it('get_user with annotations', async () => {
    const annotations = [{ type: 'org.example.a', value: { a: 1 } }]
    expect((await client.call('patch_user', ['me'], { data: { annotations } })).data.name).toBe('Anna')
    const { data } = await client.call('get_user', ['me'], { include_annotations: true })
    expect(data.annotations).toEqual(annotations)
    expect((await client.call('get_user', ['me'])).data).not.toHaveProperty('annotations')
  })

  it('User.update_user, which sends the whole User back', async () => {
    expect(await client.call('model:update_user', ['me'])).toEqual({ data: null, meta: null })
  })
})

// Both clients ask for app tokens at https://HOST, so the service stands behind a TLS proxy as it would anywhere.
describe('get_app_access_token', () => {
  let tls: Tls
  const parts = createParts(service.neo4j, { maxFollowing: null })
  beforeAll(async () => {
    tls = await startTls(Number(new URL(service.url).port))
  })
  afterAll(() => Promise.all([tls.stop(), parts.graph.close()]))

  it.each(['pnutpy', 'adnpy'] as const)('%s', async (module) => {
    const wish = { name: 'Ours', link: '', scopes: ['basic'], maxFollowing: null }
    const { client_id: id, client_secret: secret } = await parts.tokens.createClient(wish)
    const client = startPythonClient(module, service.url, me.token, { REQUESTS_CA_BUNDLE: tls.certificate })
    const { data } = await client.call('app_token', [id, secret], { host: `localhost:${tls.port}` })
    expect(data[0]).toMatch(/^fg_a_/)
    expect(data[1]).toMatchObject({ app: { client_id: id } })
    const shown = await service.call('GET', '/token', { token: data[0] })
    expect(shown.body.data.app.client_id).toBe(id)
    expect(await client.call('app_token', [id, 'wrong'], { host: `localhost:${tls.port}` })).toMatchObject({
      error: 'HTTPError',
    })
    await client.stop()
  })
})
