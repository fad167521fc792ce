// Tokens of the platform's own identity provider, over HTTP, against a key server on loopback.
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { publicJwk, startIdentityProvider } from '../support/identity-provider.ts'
import { startTestService } from '../support/service.ts'

const idp = await startIdentityProvider()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(async () => {
  idp.close()
  await parts.graph.close()
})
const settings = { JWT_ISSUER: idp.issuer, JWT_AUDIENCE: 'follow-graph', MAX_FOLLOWING: '9' }
const service = await startTestService(settings)
const [ada, bo] = await service.users(2)
const now = Math.floor(Date.now() / 1000)
beforeEach(() => idp.reset())

const jwt = (
  changes: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key?: Parameters<typeof idp.sign>[2],
) => idp.sign({ sub: ada!.id, exp: now + 300, ...changes }, header, ...(key === undefined ? [] : [key]))
const rs256 = (changes: Record<string, unknown> = {}) =>
  jwt(changes, { alg: 'RS256', kid: 'rsa' }, idp.rsa.privateKey)

describe('a JWT of the issuer', () => {
  it('is a user token: RS256 and ES256, its scopes and its app', async () => {
    for (const token of [await jwt(), await rs256()]) {
      const answer = await service.call('GET', '/token', { token })
      expect(answer.status).toBe(200)
      expect(answer.body.data).toMatchObject({
        user: { id: ada!.id },
        app: { client_id: 'web' },
        limits: { following: 9 },
      })
      expect([...answer.body.data.scopes].sort()).toEqual(['basic', 'follow', 'stream'])
      expect(answer.headers.get('x-oauth-scopes')?.split(',').sort()).toEqual(['basic', 'follow', 'stream'])
    }
  })

  it('can follow, in all three ways of sending it; its rate limit counts by user and app', async () => {
    const token = await jwt()
    const path = `/users/${bo!.id}/follow`
    expect((await service.call('POST', path, { token })).body.data.you_follow).toBe(true)
    expect((await service.call('DELETE', `${path}?access_token=${token}`)).body.data.you_follow).toBe(false)
    expect((await service.call('POST', path, { form: { access_token: token } })).body.data.you_follow).toBe(
      true,
    )
  })

  it('may have azp instead of client_id; without scope, following is a 403', async () => {
    const token = await jwt({ client_id: undefined, azp: 'other', scope: undefined })
    expect((await service.call('GET', '/token', { token })).body.data).toMatchObject({
      app: { client_id: 'other' },
      scopes: ['basic'],
    })
    const refused = await service.call('POST', `/users/${bo!.id}/follow`, { token })
    expect([refused.status, refused.body.meta.error_slug]).toEqual([403, 'missing-scope'])
  })

  it('has the name, the link and the limit of its app, if that is registered', async () => {
    const registered = { name: 'My app', link: 'https://example.org', scopes: ['basic'], maxFollowing: 1n }
    const { client_id } = await parts.tokens.createClient(registered)
    const [cy, di, ed] = await service.users(3)
    const token = await jwt({ sub: cy!.id, client_id })
    expect((await service.call('GET', '/token', { token })).body.data).toMatchObject({
      app: { client_id, name: 'My app', link: 'https://example.org' },
      limits: { following: 1 },
    })
    const follow = (id: string) => service.call('POST', `/users/${id}/follow`, { token })
    expect((await follow(di!.id)).status).toBe(200)
    const refused = await follow(ed!.id)
    expect([refused.status, refused.body.meta.error_slug]).toEqual([507, 'follow-limit'])
  })

  it('cannot be revoked here: 403', async () => {
    const token = await jwt()
    expect((await service.call('DELETE', '/token', { token })).status).toBe(403)
    expect((await service.call('GET', '/token', { token })).status).toBe(200)
  })

  it('works at the same time as our own tokens', async () => {
    expect((await service.call('GET', '/token', { token: ada!.token })).status).toBe(200)
  })
})

describe('refused with 401', () => {
  const unsigned = (text: string) =>
    `${Buffer.from('{"alg":"none"}').toString('base64url')}.${text.split('.')[1]}.`
  it.each([
    ['another audience', () => jwt({ aud: 'other' }), 'invalid-token'],
    ['another issuer', () => jwt({ iss: 'https://other.example' }), 'invalid-token'],
    ['out of date', () => jwt({ exp: now - 60 }), 'token-expired'],
    ['without exp', () => jwt({ exp: undefined }), 'invalid-token'],
    ['not yet valid', () => jwt({ nbf: now + 300 }), 'invalid-token'],
    ['no such user', () => jwt({ sub: '9223372036854775807' }), 'invalid-token'],
    ['a user that is no id', () => jwt({ sub: 'ada' }), 'invalid-token'],
    ['another key', () => jwt({}, {}, idp.other.privateKey), 'invalid-token'],
    ['alg none', async () => unsigned(await jwt()), 'invalid-token'],
    [
      'a changed payload',
      async () =>
        (await jwt()).replace(
          /\.[^.]+\./,
          `.${Buffer.from(JSON.stringify({ ...idp.good(), sub: bo!.id })).toString('base64url')}.`,
        ),
      'invalid-token',
    ],
  ])('%s', async (_, make, slug) => {
    const token = await make()
    const answer = await service.call('GET', `/users/${ada!.id}`, { token })
    expect([answer.status, answer.body.meta.error_slug]).toEqual([401, slug])
    expect(answer.headers.get('www-authenticate')).toMatch(
      /^Bearer realm="follow-graph", error="invalid_token", error_description="[^"]+"$/,
    )
  })

  it('the token of a deleted user', async () => {
    const gone = await service.user()
    const token = await jwt({ sub: gone.id })
    expect((await service.call('GET', '/token', { token })).status).toBe(200)
    await service.call('DELETE', `/users/${gone.id}`, { token: await service.appToken() })
    expect((await service.call('GET', '/token', { token })).status).toBe(401)
  })

  it('without JWT_ISSUER every JWT', async () => {
    const plain = await startTestService()
    expect((await plain.call('GET', `/users/${ada!.id}`, { token: await jwt() })).status).toBe(401)
  })
})

it('JWT_USER_CLAIM names the claim of the user id', async () => {
  const claimed = await startTestService({ ...settings, JWT_USER_CLAIM: 'uid' })
  const answer = await claimed.call('GET', '/token', { token: await jwt({ sub: 'someone', uid: bo!.id }) })
  expect(answer.body.data.user.id).toBe(bo!.id)
})

it('while the key server does not answer, unknown keys get a 503 with Retry-After, and known keys work', async () => {
  idp.answer = (_, response) => response.writeHead(500).end()
  const late = await startTestService(settings)
  const away = await late.call('GET', '/token', { token: await jwt() })
  expect([away.status, away.body.meta.error_slug]).toEqual([503, 'unavailable'])
  expect(Number(away.headers.get('retry-after'))).toBeGreaterThan(0)
  // Nor do they count for the address, as requests without a token would.
  const limited = await startTestService({ ...settings, RATE_LIMIT: 'anonymous=1/60' })
  for (let n = 0; n < 3; n += 1)
    expect((await limited.call('GET', '/token', { token: await jwt() })).status).toBe(503)
  expect((await limited.call('GET', `/users/${ada!.id}`)).status).toBe(200)
  expect((await service.call('GET', '/token', { token: await jwt() })).status).toBe(200)
})

it('a JWT without kid is accepted if either of the two matching keys has signed it', async () => {
  const pairs = [idp.ec, idp.other]
  idp.keys = await Promise.all(pairs.map((pair, n) => publicJwk(pair, `k${n}`, 'ES256')))
  const fresh = await startTestService(settings)
  for (const { privateKey } of pairs) {
    const token = await jwt({}, { kid: undefined }, privateKey)
    const answer = await fresh.call('GET', '/token', { token })
    expect([answer.status, answer.body.data?.user?.id]).toEqual([200, ada!.id])
  }
})
