// The envelope of successes and failures.
import { expect, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const [ada, bo] = await service.users(2)

it('a success is data and meta with code 200, and nothing else', async () => {
  for (const path of [
    `/users/${ada!.id}`,
    `/users?ids=${ada!.id}`,
    `/users/${ada!.id}/followers`,
    `/users/${ada!.id}/followers/ids`,
    '/token',
  ]) {
    const answer = await service.call('GET', path, { token: ada!.token })
    expect(answer.status, path).toBe(200)
    expect(Object.keys(answer.body), path).toEqual(['data', 'meta'])
    expect(answer.body.meta.code, path).toBe(200)
  }
})

it('a write answers 200, never 201 or 204', async () => {
  const [app, id] = [await service.appToken(), String(BigInt(ada!.id) + 500_000n)]
  const writes = [
    ['PUT', `/users/${id}`, app, { username: `w${BigInt(id).toString(36)}` }],
    ['DELETE', `/users/${id}`, app, undefined],
    ...['follow', 'mute', 'block'].flatMap((name) =>
      ['POST', 'PUT', 'DELETE'].map((method) => [method, `/users/${bo!.id}/${name}`, ada!.token, undefined]),
    ),
    ['PATCH', '/users/me', ada!.token, { name: 'Ada' }],
    ['DELETE', '/token', await service.tokenFor(ada!), undefined],
  ] as [string, string, string, object | undefined][]
  for (const [method, path, token, json] of writes) {
    const answer = await service.call(method, path, { token, ...(json === undefined ? {} : { json }) })
    expect(answer.status, `${method} ${path} ${answer.text}`).toBe(200)
    expect(answer.body.meta.code).toBe(200)
    expect(answer.body).toHaveProperty('data')
  }
})

it('a failure is meta alone: code, error_message, error_slug and an error_id of 32 hex digits, new each time', async () => {
  const seen = new Set<string>()
  for (const [method, path] of [
    ['GET', '/nothing'],
    ['GET', '/token'],
    ['PATCH', '/users'],
    ['GET', '/users/@nobody_here'],
    ['GET', `/users/${ada!.id}?include_html=x`],
  ] as const) {
    const answer = await service.call(method, path)
    expect(Object.keys(answer.body)).toEqual(['meta'])
    expect(Object.keys(answer.body.meta).sort()).toEqual(['code', 'error_id', 'error_message', 'error_slug'])
    expect(answer.body.meta.code, path).toBe(answer.status)
    expect(answer.body.meta.error_id).toMatch(/^[0-9a-f]{32}$/)
    seen.add(answer.body.meta.error_id)
  }
  expect(seen.size).toBe(5)
})

it('messages of 400 begin with "Bad Request: " and name the parameter', async () => {
  for (const [name, value] of [
    ['count', '201'],
    ['count', 'x'],
    ['before_id', '-1'],
    ['since_id', '9223372036854775808'],
    ['include_annotations', '2'],
    ['include_user_annotations', ''],
    ['include_html', 'yes'],
  ]) {
    const answer = await service.call('GET', `/users/${ada!.id}/followers?${name}=${value}`, {
      token: ada!.token,
    })
    expect(answer.status, `${name}=${value}`).toBe(400)
    expect(answer.body.meta.error_message).toMatch(new RegExp(`^Bad Request: .*${name}`))
  }
  for (const json of [undefined, { follow: 'x' }]) {
    const answer = await service.call('POST', '/follows', {
      token: ada!.token,
      ...(json === undefined ? {} : { json }),
    })
    expect(answer.body.meta.error_message).toMatch(/^Bad Request: /)
  }
})

it('a 403 for a missing scope names the scope, on every route that needs one', async () => {
  const [basic, app] = [await service.tokenFor(ada!, []), await service.appToken(['basic'])]
  const scoped = ROUTES.filter(({ access }) => access.scope !== undefined)
  expect(scoped.length).toBeGreaterThan(8)
  for (const route of scoped) {
    for (const method of route.methods) {
      const answer = await service.call(method, route.path.replace(':user_id', '2'), {
        token: route.access.token === 'app' ? app : basic,
      })
      expect(answer.status, route.name).toBe(403)
      expect(answer.body.meta.error_message).toContain(route.access.scope)
      expect(answer.headers.get('www-authenticate')).toBe(
        `Bearer realm="follow-graph", error="insufficient_scope", scope="${route.access.scope}"`,
      )
    }
  }
})
