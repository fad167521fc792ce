// Changes whose repeat has another answer, and whose answer is lost with the connection: the service does not repeat them itself.
import { afterAll, afterEach, expect, inject, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
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

/** So that Neo4j has planned the statements: otherwise the connection may be cut before anything is done. */
async function makeAndDelete(path: string, json: object, token: string): Promise<void> {
  const { body } = await direct.call('POST', path, { token, json })
  expect((await direct.call('DELETE', `${path}/${body.data.id}`, { token })).status).toBe(200)
}

it('a lost answer of POST streams is a 503 and one stream, and that of its DELETE a 503, and never a 404', {
  timeout: 60_000,
}, async () => {
  const token = await direct.appToken(['basic', 'events'])
  const json = { object_types: ['user_follow'], type: 'long_poll' }
  await makeAndDelete('/streams', json, token)
  loseNext('events/create-stream')
  const lost = await service.call('POST', '/streams', { token, json })
  expect([lost.status, lost.headers.get('retry-after')], lost.text).toEqual([503, '1'])
  const streams = async () => (await direct.call('GET', '/streams', { token })).body.data
  const [stream, ...others] = await streams()
  expect(others).toEqual([])
  loseNext('events/delete-stream')
  const removed = await service.call('DELETE', `/streams/${stream.id}`, { token })
  expect(removed.status, removed.text).toBe(503)
  expect(await streams()).toEqual([])
})

it('a lost answer of DELETE webhooks/{id} is a 503, and never the 404 of what is done already', {
  timeout: 60_000,
}, async () => {
  const token = await direct.appToken(['basic', 'events'])
  const hooks = async () => (await direct.call('GET', '/webhooks', { token })).body.data
  const json = { url: 'https://hooks.invalid/' }
  await makeAndDelete('/webhooks', json, token)
  // The registration is sent again: a repeat finds the webhook by its secret.
  loseNext('webhooks/create')
  const made = await service.call('POST', '/webhooks', { token, json })
  expect(made.status, made.text).toBe(200)
  expect((await hooks()).map(({ id }: { id: string }) => id)).toEqual([made.body.data.id])
  loseNext('webhooks/remove')
  const lost = await service.call('DELETE', `/webhooks/${made.body.data.id}`, { token })
  expect(lost.status, lost.text).toBe(503)
  expect(await hooks()).toEqual([])
})

it('a lost answer of a registration of a client is asked for again, and its secret is the stored one', {
  timeout: 60_000,
}, async () => {
  const parts = createParts({ ...inject('neo4j'), uri: proxy.uri }, { maxFollowing: null })
  try {
    loseNext('tokens/create-client')
    const before = proxy.struck['cut-late']
    const made = await parts.tokens.createClient({
      name: 'C',
      link: '',
      scopes: ['basic'],
      maxFollowing: null,
    })
    expect(proxy.struck['cut-late'] - before).toBe(1)
    const form = { grant_type: 'client_credentials', ...made }
    expect((await direct.call('POST', '/oauth/access_token', { form })).status).toBe(200)
  } finally {
    await parts.graph.close()
  }
})

it('a follow beside them is still sent again', { timeout: 60_000 }, async () => {
  const [a, b] = await direct.users(2)
  loseNext('changes/follow')
  const before = proxy.struck['cut-late']
  const answer = await service.call('POST', `/users/${b!.id}/follow`, { token: a!.token })
  expect([answer.status, proxy.struck['cut-late'] - before]).toEqual([200, 1])
})
