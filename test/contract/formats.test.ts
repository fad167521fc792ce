// Base paths, formats and methods.
import { describe, expect, it } from 'vitest'
import type { Method } from '../../src/routes/route.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { raw } from '../support/raw.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const [ada, bo] = (await service.users(2)) as [
  Awaited<ReturnType<typeof service.user>>,
  Awaited<ReturnType<typeof service.user>>,
]
await service.follow(bo, ada)
const BASES = ['', '/stream/0']
const METHODS: Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

const pathOf = (pattern: string) => pattern.replace(':user_id', ada.id)
const methodsAt = (path: string) =>
  METHODS.filter((method) =>
    ROUTES.some((route) => {
      const params = { user_id: path.split('/').at(route.path.split('/').indexOf(':user_id')) ?? '' }
      const fits = new RegExp(`^${route.path.replace(':user_id', '[^/]+')}$`).test(path)
      return (
        fits &&
        (route.only?.(params) ?? true) &&
        (route.matches?.(params) ?? true) &&
        route.methods.includes(method)
      )
    }),
  )

describe('base path', () => {
  it('every route answers under /stream/0 and without it, as the same resource', async () => {
    for (const route of ROUTES.filter(({ methods }) => methods.includes('GET'))) {
      const path = pathOf(route.path)
      const [bare, based] = await Promise.all(
        // A stream has no end to wait for.
        BASES.map((base) =>
          service.call(route.answers === 'EventStream' ? 'HEAD' : 'GET', base + path, { token: ada.token }),
        ),
      )
      expect(based!.status, path).toBe(bare!.status)
      if (route.answers === 'EventStream') continue
      expect(based!.body.data, path).toEqual(bare!.body.data)
      expect(based!.body.meta.error_slug, path).not.toBe('not-found')
    }
  })

  it('a write on one base is seen on the other', async () => {
    const [a, b] = await service.users(2)
    await service.call('POST', `/users/${b!.id}/follow`, { token: a!.token })
    expect(
      (await service.call('GET', `/stream/0/users/${b!.id}`, { token: a!.token })).body.data.you_follow,
    ).toBe(true)
  })

  it('the base itself, twice, or another version is no route', async () => {
    for (const path of [
      '/',
      '/stream/0',
      '/stream/0/',
      `/stream/0/stream/0/users/${ada.id}`,
      `/stream/1/users/${ada.id}`,
      `/v1/users/${ada.id}`,
    ]) {
      expect((await service.call('GET', path)).status, path).toBe(404)
    }
  })
})

describe('JSON', () => {
  it('is UTF-8 and minified by default', async () => {
    const named = await service.user({ name: 'Ada 𝒜' })
    const answer = await service.call('GET', `/users/${named.id}`)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(answer.body.data.name).toBe('Ada 𝒜')
    expect(answer.text).toBe(JSON.stringify(answer.body))
  })

  it.each(['1', '0', '', 'no'])(
    'any X-ADN-Pretty-JSON header (%j) indents it, with a line break at the end',
    async (value) => {
      for (const path of [`/users/${ada.id}`, `/users/${ada.id}/followers/ids`, '/nothing']) {
        const plain = await service.call('GET', path, { token: ada.token })
        const pretty = await service.call('GET', path, {
          token: ada.token,
          headers: { 'X-ADN-Pretty-JSON': value },
        })
        expect(pretty.text).toBe(`${JSON.stringify(pretty.body, null, 2)}\n`)
        if (plain.status === 200) expect(pretty.body).toEqual(plain.body)
      }
    },
  )

  it('an empty list of ids is the same plain and indented', async () => {
    const plain = await service.call('GET', `/users/${ada.id}/following/ids`, { token: ada.token })
    const pretty = await service.call('GET', `/users/${ada.id}/following/ids`, {
      token: ada.token,
      headers: { 'X-ADN-Pretty-JSON': '1' },
    })
    expect(plain.text).toBe('{"data":[],"meta":{"code":200}}')
    expect(pretty.text).toBe(`${JSON.stringify(plain.body, null, 2)}\n`)
  })

  it('dates are UTC in whole seconds, ids are strings', async () => {
    const { data } = (await service.call('GET', `/users/${ada.id}`)).body
    expect(data.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    expect(data.id).toBe(ada.id)
    const page = (await service.call('GET', `/users/${ada.id}/followers`, { token: ada.token })).body
    expect(page.data[0].pagination_id).toMatch(/^\d+$/)
    expect(page.data[0].followed_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })
})

describe('methods', () => {
  it('another method on a known route: 405 with Allow in order, without HEAD and OPTIONS', async () => {
    for (const path of new Set(ROUTES.map((route) => pathOf(route.path)))) {
      const allowed = methodsAt(path)
      for (const method of METHODS.filter((name) => !allowed.includes(name))) {
        for (const base of BASES) {
          const answer = await service.call(method, base + path, { token: ada.token })
          expect(answer.status, `${method} ${path}`).toBe(405)
          expect(answer.headers.get('allow'), path).toBe(allowed.join(','))
          expect(answer.body.meta).toMatchObject({
            code: 405,
            error_message: `Method not allowed. Please use: ${allowed.join(',')}`,
          })
          expect(answer.body).not.toHaveProperty('data')
        }
      }
    }
  })

  it('404 where the path names no user that the route takes', async () => {
    for (const path of ['/users/@bo/tokens', '/users/me/move', '/users/xyz/tokens'])
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'])
        expect((await service.call(method, path)).status, `${method} ${path}`).toBe(404)
  })

  it('says POST,PUT,DELETE for a follow, and what /users/me and a number take', async () => {
    const allow = async (path: string) => (await service.call('OPTIONS', path)).headers.get('allow')
    expect(await allow('/stream/0/users/2/follow')).toBe('POST,PUT,DELETE')
    expect(await allow('/users/me')).toBe('GET,PUT,PATCH')
    expect(await allow('/users/2')).toBe('GET,PUT,PATCH,DELETE')
    expect(await allow('/users/@bo')).toBe('GET')
  })

  it('OPTIONS answers 200 or 204 with Allow on every route', async () => {
    for (const path of new Set(ROUTES.map((route) => pathOf(route.path)))) {
      const answer = await service.call('OPTIONS', path)
      expect([200, 204]).toContain(answer.status)
      expect(answer.headers.get('allow'), path).toBe(methodsAt(path).join(','))
      expect(answer.text).toBe('')
    }
    expect((await service.call('OPTIONS', '/nothing')).status).toBe(404)
  })

  it('HEAD works as GET: the same status and headers, no body; lists of ids and compressed answers too', async () => {
    const varying = new Set(['date', 'x-request-id', 'connection', 'keep-alive', 'transfer-encoding'])
    for (const path of [
      `/users/${ada.id}`,
      `/users/${ada.id}/followers`,
      `/users/${ada.id}/followers/ids`,
      '/token',
      '/nothing',
      `/users/${ada.id}/follow`,
    ]) {
      for (const encoding of ['identity', 'gzip']) {
        const options = { token: ada.token, headers: { 'Accept-Encoding': encoding } }
        const [get, head] = await Promise.all([
          service.call('GET', path, options),
          service.call('HEAD', path, options),
        ])
        const told = (headers: Headers) =>
          Object.fromEntries([...headers].filter(([name]) => !varying.has(name)))
        expect(head.status, path).toBe(get.status)
        const [a, b] = [told(get.headers), told(head.headers)]
        // An error has an id of its own, but all ids are as long.
        expect(b, path).toEqual(a)
        expect(head.text).toBe('')
      }
    }
  })

  it('an unknown route is 404, and a trailing slash makes one', async () => {
    for (const route of ROUTES) {
      const path = `${pathOf(route.path)}/`
      const answer = await service.call(route.methods[0]!, path, { token: ada.token })
      expect(answer.status, path).toBe(404)
      expect(answer.body.meta.error_slug).toBe('not-found')
    }
  })
})

describe('X-ADN-Migrations-Enabled', () => {
  it('stands, empty, on every response: answers, errors, preflights, pages, and what the parser refuses', async () => {
    for (const [method, path] of [
      ['GET', `/users/${ada.id}`],
      ['GET', '/nothing'],
      ['POST', '/users'],
      ['OPTIONS', '/users'],
      ['GET', '/health/live'],
      ['GET', '/metrics'],
      ['GET', `/users/${ada.id}/followers/ids`],
      ['GET', '/token'],
      ['GET', `/users/${'9'.repeat(9000)}`],
    ] as const) {
      expect((await service.call(method, path)).headers.get('x-adn-migrations-enabled'), path).toBe('')
    }
    const refused = await raw(
      service.url,
      `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(17_000)}\r\n\r\n`,
    )
    expect(refused.status).toBe(431)
    expect(refused.headers.get('x-adn-migrations-enabled')).toBe('')
    const malformed = await raw(service.url, 'GET\r\n\r\n')
    expect(malformed.status).toBe(400)
    expect(malformed.headers.get('x-adn-migrations-enabled')).toBe('')
  })
})
