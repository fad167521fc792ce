// JSONP.
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { raw } from '../support/raw.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const ada = await service.user({ name: 'line\u2028break' })

/** Runs an answer as a browser would run the script, and returns what the callback was called with. */
function calledWith(text: string, name = 'f'): { meta: { code: number } } {
  const seen: unknown[] = []
  const record = (value: unknown) => seen.push(value)
  const [first, ...rest] = name.split('.') as [string, ...string[]]
  const scope = { [first]: rest.reduceRight<unknown>((inner, part) => ({ [part]: inner }), record) }
  runInNewContext(text, scope)
  expect(seen).toHaveLength(1)
  return JSON.parse(JSON.stringify(seen[0]))
}

it('a route that needs no token answers name({...}) as a script', async () => {
  const plain = await service.call('GET', `/users/${ada.id}`)
  for (const name of ['f', 'jQuery_1.cb$', 'a.b.c']) {
    const answer = await service.call('GET', `/stream/0/users/${ada.id}?callback=${name}`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/javascript; charset=utf-8')
    expect(answer.text.startsWith(`${name}({`) && answer.text.endsWith('})')).toBe(true)
    expect(answer.text).not.toContain('\u2028')
    expect(calledWith(answer.text, name)).toEqual(plain.body)
  }
})

it('the HTTP status is 200 whatever meta.code says', async () => {
  for (const [method, path, code] of [
    ['GET', '/users/@nobody_here?callback=f', 404],
    ['GET', '/nothing?callback=f', 404],
    ['POST', '/users/7?callback=f', 405],
    ['GET', `/users/${ada.id}?include_html=2&callback=f`, 400],
  ] as const) {
    const answer = await service.call(method, path)
    expect(answer.status, path).toBe(200)
    expect(calledWith(answer.text).meta.code, path).toBe(code)
  }
})

it.each([
  '',
  '1f',
  'f()',
  'f;g',
  'a..b',
  '.a',
  'a.',
  'a[0]',
  'f-g',
  'alert(1)//',
  'if',
  'a.class',
  'é',
  'f%0A',
  'f%20',
])('the callback %j is refused with 400', async (name) => {
  const answer = await service.call('GET', `/users/${ada.id}?callback=${name}`)
  expect(answer.status).toBe(400)
  expect(answer.body.meta.error_message).toMatch(/^Bad Request: .*callback/)
})

it('two callback parameters are refused', async () => {
  expect((await service.call('GET', `/users/${ada.id}?callback=f&callback=g`)).status).toBe(400)
})

it('two Authorization lines are a wrapped 400', async () => {
  const answer = await raw(
    service.url,
    `GET /users/${ada.id}?callback=f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${`Authorization: Bearer ${ada.token}\r\n`.repeat(2)}\r\n`,
  )
  expect([answer.status, calledWith(answer.body).meta.code]).toEqual([200, 400])
})

describe('a route that needs a token', () => {
  it('answers a wrapped 401, whatever the method and whatever token is sent', async () => {
    const app = await service.appToken()
    for (const route of ROUTES.filter(({ access }) => access.token !== 'none')) {
      for (const method of route.methods) {
        const path = route.path.replace(':user_id', '2')
        for (const options of [{}, { token: ada.token }, { token: app }, { token: 'garbage' }]) {
          const answer = await service.call(method, `${path}?callback=f`, options)
          expect(answer.status, `${method} ${path}`).toBe(200)
          expect(calledWith(answer.text).meta.code, `${method} ${path}`).toBe(401)
        }
        const inQuery = await service.call(method, `${path}?callback=f&access_token=${ada.token}`)
        expect(calledWith(inQuery.text).meta.code).toBe(401)
      }
    }
  })

  it('does nothing: no follow, no mute, no revocation, no deletion', async () => {
    const [a, b] = await service.users(2)
    const app = await service.appToken()
    for (const action of ['follow', 'mute', 'block'])
      await service.call('POST', `/users/${b!.id}/${action}?callback=f`, { token: a!.token })
    await service.call('DELETE', '/token?callback=f', { token: a!.token })
    await service.call('DELETE', `/users/${b!.id}?callback=f`, { token: app })
    const seen = await service.call('GET', `/users/${b!.id}`, { token: a!.token })
    expect(seen.status).toBe(200)
    expect(seen.body.data).toMatchObject({ you_follow: false, you_muted: false, you_blocked: false })
  })
})
