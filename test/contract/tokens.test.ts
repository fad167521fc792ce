// Bearer tokens, the ways to send one, what each route needs, and /token.
// Long, because one topic of the API is one file.
import { afterAll, describe, expect, inject, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import type { Method } from '../../src/routes/route.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { hashSecret, newTokenText } from '../../src/tokens/token.ts'
import { raw } from '../support/raw.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())
const [ada, bo] = (await service.users(2)) as [
  Awaited<ReturnType<typeof service.user>>,
  Awaited<ReturnType<typeof service.user>>,
]
const app = await service.appToken()
const REALM = 'Bearer realm="follow-graph"'
const INVALID = `${REALM}, error="invalid_token", error_description="`

const json = (path: string, method: string, value: unknown, headers = {}) =>
  service.call(method, path, { json: value, headers })
const pathOf = (pattern: string) => pattern.replace(':user_id', ada.id)

describe('what a route needs', () => {
  it('every route: without a token, with a malformed one, with the wrong kind', async () => {
    for (const route of ROUTES) {
      for (const method of route.methods) {
        const call = (token?: string) =>
          service.call(method, pathOf(route.path), token === undefined ? {} : { token })
        const [none, garbage] = [await call(), await call('garbage')]
        // A token that is not valid is a 401 on routes that need none, too.
        expect(garbage.status, route.name).toBe(401)
        expect(garbage.body.meta.error_slug).toBe('invalid-token')
        if (route.access.token === 'none') {
          expect(none.status, route.name).not.toBe(401)
          continue
        }
        expect(none.status, route.name).toBe(401)
        expect(none.headers.get('www-authenticate')).toBe(REALM)
        if (route.access.token === 'user') expect((await call(app)).status, route.name).toBe(403)
        if (route.access.token === 'app') expect((await call(ada.token)).status, route.name).toBe(403)
      }
    }
  })
})

describe('three ways to send one', () => {
  it('the header, its scheme in any case', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer  ']) {
      const answer = await service.call('GET', '/token', {
        headers: { Authorization: `${scheme} ${ada.token}` },
      })
      expect(answer.body.data?.user.id, scheme).toBe(ada.id)
    }
  })

  it('the query, whose answer no shared cache keeps', async () => {
    const answer = await service.call('GET', `/token?access_token=${ada.token}`)
    expect(answer.body.data.user.id).toBe(ada.id)
    expect(answer.headers.get('cache-control')).toBe('private, no-cache')
  })

  it('the body of POST, PUT and PATCH, as a form or JSON', async () => {
    for (const method of ['POST', 'PUT']) {
      expect(
        (await service.call(method, `/users/${bo.id}/follow`, { form: { access_token: ada.token } })).status,
      ).toBe(200)
      expect((await json(`/users/${bo.id}/follow`, method, { access_token: ada.token })).status).toBe(200)
    }
    const patched = await json('/users/me', 'PATCH', { name: 'By body', access_token: ada.token })
    expect([patched.status, patched.body.data.name]).toEqual([200, 'By body'])
  })

  it('GET and DELETE never read a body', async () => {
    for (const [method, path] of [
      ['GET', '/token'],
      ['DELETE', '/token'],
      ['DELETE', `/users/${bo.id}/follow`],
    ]) {
      for (const [type, body] of [
        ['application/json', JSON.stringify({ access_token: ada.token })],
        ['application/x-www-form-urlencoded', `access_token=${ada.token}`],
        ['application/json', '{broken'],
      ]) {
        const answer = await raw(
          service.url,
          `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${type}\r\nContent-Length: ${body!.length}\r\n\r\n${body}`,
        )
        expect(answer.status, `${method} ${path}`).toBe(401)
        expect(answer.headers.get('www-authenticate')).toBe(REALM)
      }
    }
    const both = await raw(
      service.url,
      `DELETE /users/${bo.id}/follow HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${ada.token}\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{broken`,
    )
    expect(both.status).toBe(200)
  })

  it('more than one way at once is a 400, even with the same token', async () => {
    const { token } = ada
    const follow = `/users/${bo.id}/follow`
    const answers = [
      await service.call('GET', `/token?access_token=${token}`, { token }),
      await service.call('GET', `/token?access_token=${token}&access_token=${token}`),
      await service.call('POST', follow, { token, form: { access_token: token } }),
      await service.call('POST', follow, { token, json: { access_token: token } }),
      await service.call('POST', `${follow}?access_token=${token}`, { form: { access_token: token } }),
      await service.call('POST', `${follow}?access_token=${token}`, { token, form: { access_token: token } }),
    ]
    for (const { status, body, headers } of answers) {
      expect(status).toBe(400)
      expect(body.meta.error_message).toMatch(/^Bad Request: .*once/)
      expect(headers.get('www-authenticate')).toBe(`${REALM}, error="invalid_request"`)
    }
  })

  it.each(['Bearer', 'Bearer ', 'Bearer a b', 'Bearer "x"', 'Bearer \tx', 'Bearer:x', 'Bearer a,b'])(
    'a malformed header %j is a 400',
    async (header) => {
      const answer = await raw(
        service.url,
        `GET /users/${ada.id} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${header}\r\n\r\n`,
      )
      expect(answer.status).toBe(400)
      expect(JSON.parse(answer.body).meta.error_message).toMatch(/^Bad Request: .*Authorization/)
    },
  )

  it('access_token in a JSON body that is no string is a 400; another scheme is no token', async () => {
    expect((await json(`/users/${bo.id}/follow`, 'POST', { access_token: 7 })).status).toBe(400)
    const basic = await service.call('GET', '/token', { headers: { Authorization: 'Basic YTpi' } })
    expect([basic.status, basic.headers.get('www-authenticate')]).toEqual([401, REALM])
  })

  it('QUERY_TOKEN=off: one in the URL is a 401, whatever the route needs', async () => {
    const strict = await startTestService({ QUERY_TOKEN: 'off' })
    const user = await strict.user()
    for (const path of ['/token', `/users/${user.id}`]) {
      const answer = await strict.call('GET', `${path}?access_token=${user.token}`)
      expect(answer.status, path).toBe(401)
      expect(answer.headers.get('www-authenticate')).toContain(INVALID)
    }
    expect((await strict.call('GET', '/token', { token: user.token })).status).toBe(200)
  })
})

describe('invalid tokens', () => {
  const refused = async (token: string, slug: string) => {
    for (const path of ['/token', `/users/${ada.id}`]) {
      const answer = await service.call('GET', path, { token })
      expect([answer.status, answer.body.meta.error_slug], path).toEqual([401, slug])
      expect(answer.headers.get('www-authenticate')).toMatch(
        /^Bearer realm="follow-graph", error="invalid_token", error_description="[^"]+"$/,
      )
      expect(answer.text).not.toContain(token.slice(5, 13))
    }
  }

  it('unknown ones, and valid ones with a changed letter', async () => {
    await refused(newTokenText('user'), 'invalid-token')
    const { token } = ada
    await refused(token.slice(0, 10) + (token[10] === 'a' ? 'b' : 'a') + token.slice(11), 'invalid-token')
    await refused(token.replace('fg_u_', 'fg_a_'), 'invalid-token')
    await refused('eyJhbGciOiJub25lIn0.e30.', 'invalid-token')
  })

  it('out of date: token-expired', async () => {
    const at = (seconds: number) =>
      parts.tokens.create({
        kind: 'user',
        userId: BigInt(ada.id),
        clientId: 'follow-graph',
        scopes: ['basic'],
        expiresAt: BigInt(Math.floor(Date.now() / 1000) + seconds),
      })
    await refused((await at(-1))!.text, 'token-expired')
    expect((await service.call('GET', '/token', { token: (await at(100))!.text })).status).toBe(200)
  })

  it('revoked: not-authorized, at once', async () => {
    const token = await service.tokenFor(ada)
    expect((await service.call('DELETE', '/token', { token })).status).toBe(200)
    await refused(token, 'not-authorized')
    expect((await service.call('GET', '/token', { token: ada.token })).status).toBe(200)
  })

  it('of a deleted user: invalid-token', async () => {
    const gone = await service.user()
    expect((await service.call('DELETE', `/users/${gone.id}`, { token: app })).status).toBe(200)
    await refused(gone.token, 'invalid-token')
  })
})

describe('scopes', () => {
  it('basic is always granted, and X-OAuth-Scopes has the scopes of a user token, on errors too', async () => {
    const token = await service.tokenFor(ada, ['follow'])
    for (const [path, status] of [
      ['/token', 200],
      ['/users/@nobody_here', 404],
      ['/users?ids=', 400],
    ] as const) {
      const answer = await service.call('GET', path, { token })
      expect(answer.status).toBe(status)
      expect(answer.headers.get('x-oauth-scopes')?.split(',').sort()).toEqual(['basic', 'follow'])
    }
    expect((await service.call('GET', '/token', { token: app })).headers.has('x-oauth-scopes')).toBe(false)
  })

  it('following, muting and blocking need follow, the profile update_profile', async () => {
    const scopes = ['stream', 'write_post', 'public_messages', 'messages', 'files', 'export']
    const [without, follow] = [
      await service.tokenFor(ada, [...scopes, 'update_profile']),
      await service.tokenFor(ada, ['follow']),
    ]
    for (const action of ['follow', 'mute', 'block']) {
      for (const method of ['POST', 'PUT', 'DELETE'] as Method[]) {
        const path = `/users/${bo.id}/${action}`
        expect((await service.call(method, path, { token: without })).status, `${method} ${action}`).toBe(403)
        expect((await service.call(method, path, { token: follow })).status, `${method} ${action}`).toBe(200)
      }
    }
    expect((await service.call('PATCH', '/users/me', { token: follow, json: { name: 'x' } })).status).toBe(
      403,
    )
  })
})

describe('our own tokens', () => {
  it('begin with fg_u_ or fg_a_, followed by 256 random bits and a checksum', () => {
    expect(ada.token).toMatch(/^fg_u_[A-Za-z0-9]{49}$/)
    expect(app).toMatch(/^fg_a_[A-Za-z0-9]{49}$/)
    expect(new Set(Array.from({ length: 100 }, () => newTokenText('user'))).size).toBe(100)
  })

  it('are stored as SHA-256 only', async () => {
    const rows = await parts.graph.read('test/token', 'MATCH (t:Token {hash: $hash}) RETURN properties(t)', {
      hash: hashSecret(ada.token),
    })
    expect(rows).toHaveLength(1)
    expect(
      JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain(ada.token.slice(5, 13))
  })
})

describe('/token', () => {
  it('describes the current token: app, scopes, limits, and the user of a user token', async () => {
    const user = await service.call('GET', '/token', { token: ada.token })
    expect(user.body.data).toMatchObject({
      app: { client_id: 'follow-graph', link: expect.any(String), name: expect.any(String) },
      limits: { max_file_size: expect.any(Number) },
      user: { id: ada.id },
    })
    expect(user.body.data.limits).toHaveProperty('following')
    expect(user.body.data.scopes).toContain('basic')
    expect(user.body.data.user).not.toHaveProperty('you_follow')
    const described = await service.call('GET', '/token', { token: app })
    expect(described.body.data).not.toHaveProperty('user')
    expect(described.body.data.scopes).toEqual(['basic', 'provision'])
  })

  it('DELETE revokes it and answers that Token object, of both kinds', async () => {
    for (const token of [await service.tokenFor(ada), await service.appToken()]) {
      const before = await service.call('GET', '/token', { token })
      const deleted = await service.call('DELETE', '/token', { token })
      expect(deleted.body.data).toEqual(before.body.data)
      expect((await service.call('GET', '/token', { token })).status).toBe(401)
    }
  })
})
