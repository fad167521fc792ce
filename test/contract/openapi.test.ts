// Validates the success answer of each route against the OpenAPI description with ajv; openapi-failures.test.ts has the failures.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { openapi } from '../../src/openapi.ts'
import type { Route } from '../../src/routes/route.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { startTestService } from '../support/service.ts'
import { described, faults } from './described.ts'

const service = await startTestService({ MAX_FOLLOWING: '20' })
const parts = createParts(service.neo4j, { maxFollowing: null })
afterAll(() => parts.graph.close())

const ann = await service.user({
  description: 'Hi @bo, see App.net #api\nand more',
  annotations: [{ type: 'a.b', value: 1 }],
})
const [bo, cy, di, ed, blocker] = await Promise.all([
  service.user({ verified_domain: 'bo.example.org' }),
  service.user(),
  service.user(),
  service.user(),
  service.user(),
])
const bot = await service.user({ type: 'bot' })
const app = await service.appToken(['basic', 'provision', 'events'])
const STREAM = { object_types: ['user_follow'], type: 'long_poll' }
const streamOf = async () =>
  (await service.call('POST', '/streams', { token: app, json: STREAM })).body.data.id as string
const stream = await streamOf()
const WEBHOOK = { url: 'https://hook.invalid/', types: ['reset'] }
const webhookOf = async () =>
  (await service.call('POST', '/webhooks', { token: app, json: WEBHOOK })).body.data.id as string
const webhook = await webhookOf()
const client = await parts.tokens.createClient({
  name: 'Ours',
  link: '',
  scopes: ['basic'],
  maxFollowing: null,
})
const NOBODY = String(2n ** 63n - 2n)
// They wait for ann, and ann waits for the locked one.
const askers = await Promise.all(Array.from({ length: 4 }, () => service.createUser()))
const locked = await service.createUser({ locked: true })

beforeAll(async () => {
  // ann and bo follow each other, ann follows cy and di, ed follows ann and bo; so that no list is empty.
  for (const [follower, followee] of [
    [ann, bo],
    [bo, ann],
    [ann, cy],
    [ann, di],
    [cy, bo],
    [ed, ann],
    [bo, ed],
  ] as const)
    await service.follow(follower, followee)
  const lock = (on: boolean) => service.call('PATCH', '/users/me', { token: ann.token, json: { locked: on } })
  await lock(true)
  for (const asker of askers) await service.follow(asker, ann)
  await lock(false)
  await service.follow(ann, locked)
  await service.call('POST', `/users/${di.id}/mute`, { token: ann.token })
  await service.call('POST', `/users/${bot.id}/block`, { token: ann.token })
  await service.call('POST', `/users/${ann.id}/block`, { token: blocker.token })
})

const PROFILE = { name: 'Ann', locale: 'en', timezone: 'Europe/Berlin', description: { text: 'Hello' } }

/** A good request of each route, by its name; the token is ann's where nothing else is said. */
const GOOD: Record<
  string,
  {
    path?: string
    query?: string
    token?: string | (() => Promise<string>)
    json?: unknown
    form?: Record<string, string>
  }
> = {
  relationships: { query: `source=me&targets=${bo.id},${cy.id},${NOBODY}` },
  follows: { json: { follow: [cy.id, ann.id, NOBODY], unfollow: [di.id] } },
  'accept-request': { path: `/users/me/requests/${askers[0]!.id}` },
  'refuse-request': { path: `/users/me/requests/${askers[1]!.id}` },
  'answer-requests': { json: { accept: [askers[2]!.id, NOBODY], refuse: [askers[0]!.id] } },
  users: { query: `ids=${bo.id},@${cy.username},${locked.id}` },
  search: { query: `q=${bo.username}&count=2` },
  'put-me': { json: PROFILE },
  'patch-me': { json: { name: 'Anna' } },
  'put-user': { token: app, json: { username: bo.username, verified_domain: 'bo.example.org' } },
  'patch-user': { token: app, json: { name: 'Bo' } },
  'mint-token': { token: app, json: { scopes: ['follow'], expires_in: 60 } },
  'revoke-tokens': { path: `/users/${(await service.createUser()).id}/tokens`, token: app },
  move: { path: `/users/${(await service.createUser()).id}/move`, token: app, json: { to: bo.id } },
  'delete-user': { path: `/users/${(await service.createUser()).id}`, token: app },
  events: { token: app, query: 'since_id=0&count=200' },
  'my-events': { query: 'since_id=0&count=200' },
  'create-stream': { token: app, json: STREAM },
  streams: { token: app },
  stream: { token: app },
  'delete-stream': { token: app, path: `/streams/${await streamOf()}` },
  'register-webhook': { token: app, json: WEBHOOK },
  webhooks: { token: app },
  webhook: { token: app },
  'change-webhook': { token: app, json: { types: ['user'] } },
  'delete-webhook': { token: app, path: `/webhooks/${await webhookOf()}` },
  muted: { path: '/users/me/muted' },
  blocked: { path: '/users/me/blocked' },
  'remove-follower': { path: `/users/me/followers/${ed.id}` },
  'delete-token': { token: () => service.tokenFor(ann) },
  'access-token': {
    form: {
      grant_type: 'client_credentials',
      client_id: client.client_id,
      client_secret: client.client_secret,
    },
  },
}

const pathOf = (route: Route, user: string) =>
  `/stream/0${route.path.replace(':user_id', user).replace(':stream_id', stream).replace(':webhook_id', webhook)}`
const whole = 'include_annotations=1&include_html=1'
// A stream has no end to be read to: test/events/streams.test.ts reads what comes.
const calls = ROUTES.filter(({ answers }) => answers !== 'EventStream').flatMap((route) =>
  route.methods.map((method) => ({ method, route, title: `${method} ${route.path}` })),
)

describe('answers 200 as it is described', () => {
  it.each(calls)('$title', async ({ method, route }) => {
    const { path, query, token, json, form } = GOOD[route.name] ?? {}
    const text = token === undefined ? ann.token : typeof token === 'string' ? token : await token()
    const url = `${path === undefined ? pathOf(route, bo.id) : `/stream/0${path}`}?${whole}&${query ?? ''}`
    const answer = await service.call(method, url, {
      ...(route.access.token === 'none' && form !== undefined ? {} : { token: text }),
      ...(json === undefined ? {} : { json }),
      ...(form === undefined ? {} : { form }),
    })
    expect(answer.status, answer.text).toBe(200)
    expect(faults(method, route.path, answer)).toBeNull()
  })

  it.each(calls.filter(({ method, route }) => method === 'GET' && route.access.token !== 'user'))(
    '$title for an app token',
    async ({ method, route }) => {
      const answer = await service.call(
        method,
        `${pathOf(route, ann.id)}?ids=${ann.id}&source=${ann.id}&targets=${bo.id},${NOBODY}&q=a`,
        { token: app },
      )
      expect(answer.status, answer.text).toBe(200)
      expect(faults(method, route.path, answer)).toBeNull()
    },
  )

  it.each(calls.filter(({ route }) => ['Page', 'Ids'].includes(route.answers)))(
    '$title, an empty page and a page of one',
    async ({ method, route }) => {
      const orders = route.query?.includes('sort') ? ['oldest', 'username', 'followers'] : []
      const sorted = orders.map((sort) => `sort=${sort}&count=1&q=t`)
      for (const query of ['count=0', 'count=1', 'count=-1', 'before_id=1', 'q=t', ...sorted]) {
        const answer = await service.call(method, `${pathOf(route, 'me')}?${query}`, { token: ann.token })
        expect(answer.status, answer.text).toBe(200)
        expect(faults(method, route.path, answer), query).toBeNull()
      }
    },
  )
})

describe('beside the API', () => {
  it.each(['/health/live', '/health/ready', '/openapi.json'])('%s', async (path) => {
    const answer = await service.call('GET', path)
    expect(answer.status).toBe(200)
    expect(faults('GET', path, answer)).toBeNull()
  })

  it('serves the description, the same under every address', async () => {
    expect((await service.call('GET', '/openapi.json')).text).toBe(openapi())
  })

  it('describes 405, too, for every route', () => {
    for (const { method, route } of calls) expect(described(method, route.path, 405)).toBe(true)
  })
})

it('finds an answer that is not as described: the checks above are awake', async () => {
  const answer = await service.call('GET', `/users/${bo.id}`)
  expect(faults('GET', '/users/:user_id', { ...answer, body: { ...answer.body, stray: 1 } })).not.toBeNull()
  expect(faults('GET', '/users/:user_id', { ...answer, status: 299 })).toBe(
    'the description knows no GET /users/:user_id 299',
  )
})
