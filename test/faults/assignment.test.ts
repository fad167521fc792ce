// Promise 21: whatever JSON a route receives, it changes nothing in the graph except what this route may write.
import { randomInt } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, expect, inject, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { measured, runs } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'
import {
  forbidden,
  grantsOf,
  type Run,
  shownOtherwise,
  stateOf,
  type Target,
  type World,
} from './difference.ts'
import { newSeed } from './proxy.ts'

const service = await startTestService()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())

const WRITES = ROUTES.flatMap((route) => route.methods.map((method) => ({ route, method }))).filter(
  ({ method }) => method !== 'GET',
)

async function world(): Promise<World> {
  const [me, other, third] = await service.users(3)
  await service.follow(other!, me!)
  await service.call('PATCH', '/users/me', { token: me!.token, json: { locked: true } })
  // A request: me is locked and does not follow the third yet.
  await service.follow(third!, me!)
  await service.follow(me!, third!)
  return {
    ...{ me: me!.id, other: other!.id, third: third!.id, token: me!.token },
    unknown: String(2n ** 61n + BigInt(randomInt(2 ** 47))),
    app: await service.appToken(),
    client: await parts.tokens.createClient({ name: 'A', link: '', scopes: ['basic'], maxFollowing: null }),
  }
}

const NAMES = [
  ...'id username username_key name type counts created_at verified_domain annotations avatar_image cover_image description timezone locale'.split(
    ' ',
  ),
  ...'follows_you you_follow you_muted you_blocked you_can_follow you_requested canonical_url rendered mentions locked hides_lists moved_to moving_to labels'.split(
    ' ',
  ),
  ...'user_id kind scope scopes hash revoked_at expires_at max_following client_id secret_hash follow unfollow accept refuse followed_at pagination_id is_admin'.split(
    ' ',
  ),
]
const VALUES = [
  '1',
  'bot',
  'feed',
  '2001-01-01T00:00:00Z',
  'evil.example',
  'provision',
  true,
  1,
  null,
  {},
  [],
  ['basic', 'provision'],
  { following: 9, followers: 9 },
]
const hostile = fc.dictionary(
  fc.constantFrom(...NAMES),
  fc.oneof(fc.constantFrom(...VALUES), fc.jsonValue({ maxDepth: 2 })),
  { maxKeys: 8, noNullPrototype: true },
)
const image = fc.constant({ url: 'https://i.example/x.png', width: 10, height: 20, is_default: true, id: 9 })
const good = fc.record(
  {
    name: fc.string({ minLength: 1, maxLength: 20 }),
    locale: fc.constantFrom('en', 'sv_SE'),
    timezone: fc.constantFrom('UTC', 'Asia/Tokyo'),
    description: fc.record({
      text: fc.string({ maxLength: 40 }),
      html: fc.constant('<script>'),
      entities: fc.constant([]),
    }),
    annotations: fc.constant([{ type: 'a', value: {} }]),
    type: fc.constantFrom('human', 'bot', 'feed'),
    verified_domain: fc.constant('good.example'),
    avatar_image: image,
    cover_image: image,
  },
  { requiredKeys: ['name', 'locale', 'timezone', 'description'] },
)
const POLLUTING =
  '{"__proto__":{"type":"bot","username":"p"},"constructor":{"prototype":{"type":"bot"}},"name":"p"}'
const bodies = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(hostile, good).map(([bad, right]): unknown => ({ ...bad, ...right })) },
  { weight: 3, arbitrary: fc.tuple(hostile, good).map(([bad, right]): unknown => ({ ...right, ...bad })) },
  { weight: 2, arbitrary: hostile.map((bad): unknown => bad) },
  { weight: 1, arbitrary: fc.jsonValue() },
  { weight: 1, arbitrary: fc.constant(JSON.parse(POLLUTING) as unknown) },
)

const statuses = new Map<string, number>()

async function send(now: World, run: Run, sent: unknown, inQuery: boolean): Promise<number> {
  const { route, method, target } = run
  const fields = typeof sent === 'object' && sent !== null && !Array.isArray(sent) ? { ...sent } : {}
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  const flat = Object.entries(fields).map(([key, value]) => [key, text(value)] as [string, string])
  const query = inQuery ? `?${new URLSearchParams(flat)}` : ''
  const token =
    route.access.token === 'none' ? {} : { token: route.access.token === 'app' ? now.app : now.token }
  const path = `${route.path.replace(':user_id', now[target])}${query}`
  if (method === 'DELETE') return (await service.call(method, path, token)).status
  if (route.accepts?.includes('json') === false) {
    const own = { grant_type: 'client_credentials', ...now.client }
    return (await service.call(method, path, { form: { ...Object.fromEntries(flat), ...own } })).status
  }
  return (
    await service.call(method, path, {
      ...token,
      headers: { 'Content-Type': 'application/json' },
      json: sent,
    })
  ).status
}

/** The body as this route would take it, so that most get beyond the first check. */
function fitting(now: World, { route, target }: Run, body: unknown, coin: number): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body
  if (route.path === '/follows' && coin < 3) return { ...body, follow: [now.other], unfollow: [now.third] }
  if (route.path === '/users/me/requests' && coin < 3)
    return { ...body, [coin === 0 ? 'refuse' : 'accept']: [now.third] }
  if (route.name === 'move' && coin < 3) return { ...body, to: now.third }
  if (route.access.token === 'app' && coin < 3)
    return { ...body, username: `q${BigInt(now[target]).toString(36)}${coin}`.slice(0, 20) }
  return body
}

const one = fc.record({
  write: fc.constantFrom(...WRITES),
  target: fc.constantFrom<Target[]>('me', 'other', 'unknown'),
  body: bodies,
  coin: fc.nat(3),
  inQuery: fc.boolean(),
})
type One = typeof one extends fc.Arbitrary<infer Value> ? Value : never

/** Run after run in one world, which is made anew when a user or a token is used up. */
async function walk(seed: number, numRuns: number): Promise<void> {
  let now = await world()
  let grants = 0n
  let before = await stateOf(parts, now)
  const step = async ({ write, target, body, coin, inQuery }: One) => {
    const run: Run = { ...write, target, text: '' }
    const sent = fitting(now, run, body, coin)
    run.text = JSON.stringify(sent)
    const status = await send(now, run, sent, inQuery)
    const after = await stateOf(parts, now)
    const was = before
    before = after
    const told = `${status} for ${run.method} ${run.route.path} ${target} ${run.text}`
    statuses.set(`${status}`, (statuses.get(`${status}`) ?? 0) + 1)
    // After a 503 on a busy machine the change may still commit later, so the next request uses new users.
    if (status !== 503) expect(status, told).toBeLessThan(500)
    if (status !== 200 && status !== 503) expect([...after], told).toEqual([...was])
    expect(forbidden(run, now, was, after)).toEqual([])
    for (const id of [now.me, now.other, now.unknown]) expect(shownOtherwise(after, id), told).toEqual([])
    expect(({} as Record<string, unknown>).type).toBeUndefined()
    if (status === 200 && run.route.answers === 'AccessToken') grants += 1n
    const spent = [now.me, now.other, now.third].some((id) => !after.has(`user ${id} id`))
    if (spent || status === 503 || ['Token', 'Revoked'].includes(run.route.answers)) {
      if (status !== 503)
        expect(await grantsOf(parts, now.client.client_id)).toEqual({ made: grants, wrong: 0n })
      grants = 0n
      now = await world()
      before = await stateOf(parts, now)
    }
  }
  await fc.assert(fc.asyncProperty(one, step), { numRuns, seed, endOnFailure: true })
  expect(await grantsOf(parts, now.client.client_id)).toEqual({ made: grants, wrong: 0n })
}

it('21: random JSON to every route that writes changes only what the route may change', {
  timeout: 3_600_000,
}, async () => {
  const seed = newSeed()
  const count = runs(500, 50_000)
  const worlds = 8
  await Promise.all(Array.from({ length: worlds }, (_, n) => walk(seed + n, Math.ceil(count / worlds))))
  const done = [...statuses.values()].reduce((sum, count) => sum + count, 0)
  measured(
    21,
    `${done} runs over ${WRITES.length} writes in ${worlds} worlds, statuses ${JSON.stringify(Object.fromEntries(statuses))}: nothing else differs`,
  )
  expect(statuses.get('200') ?? 0).toBeGreaterThan(count / 4)
})
