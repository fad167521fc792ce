// Changes whose repeat has another answer, and whose answer is lost with the connection: the service does not repeat them itself.
import { afterAll, afterEach, expect, inject, it } from 'vitest'
import { startTestService } from '../support/service.ts'
import { startProxy } from './proxy.ts'

const direct = await startTestService()
const proxy = await startProxy(inject('neo4j').uri, 1)
const service = await startTestService({ NEO4J_URI: proxy.uri })
const app = await direct.appToken()
afterAll(() => proxy.close())
afterEach(() => {
  proxy.faults = {}
  proxy.only = undefined
})

/** The answer to the next query with this name is lost, and then no other. */
function loseNext(name: string): void {
  const before = proxy.struck['cut-late']
  proxy.only = name
  proxy.faults = {
    get 'cut-late'() {
      return proxy.struck['cut-late'] === before ? 1 : 0
    },
  } as typeof proxy.faults
}

it.each([
  ['accept-request', 'POST', true],
  ['refuse-request', 'DELETE', false],
])(
  'a lost answer of %s is a 503, and never the 404 of what is done already',
  { timeout: 60_000 },
  async (kind, method, follows) => {
    const [owner, fan] = [await direct.user({ locked: true }), await direct.user()]
    await direct.follow(fan, owner)
    loseNext(`changes/${kind}`)
    const path = `/users/me/requests/${fan.id}`
    const lost = await service.call(method, path, { token: owner.token })
    expect([lost.status, lost.headers.get('retry-after')], lost.text).toEqual([503, '1'])
    const { data } = (await direct.call('GET', `/users/${fan.id}/following/ids`, { token: app })).body
    expect(data).toEqual(follows ? [owner.id] : [])
    // The caller's repeat tells that it was done.
    const repeat = await direct.call(method, path, { token: owner.token })
    expect([repeat.status, repeat.body.meta.error_slug]).toEqual([404, 'not-requested'])
  },
)

it('a lost answer of DELETE users/{id}/tokens is a 503, and never the count of a repeat', {
  timeout: 60_000,
}, async () => {
  const user = await direct.user()
  loseNext('tokens/revoke-all')
  const lost = await service.call('DELETE', `/users/${user.id}/tokens`, { token: app })
  expect(lost.status, lost.text).toBe(503)
  expect((await direct.call('GET', '/token', { token: user.token })).status).toBe(401)
  const repeat = await direct.call('DELETE', `/users/${user.id}/tokens`, { token: app })
  expect(repeat.body.data.revoked).toBe(0)
})

it('a follow beside them is still sent again', { timeout: 60_000 }, async () => {
  const [a, b] = await direct.users(2)
  loseNext('changes/follow')
  const before = proxy.struck['cut-late']
  const answer = await service.call('POST', `/users/${b!.id}/follow`, { token: a!.token })
  expect([answer.status, proxy.struck['cut-late'] - before]).toEqual([200, 1])
})
