// Promise 20: every route with every kind of token, every user that it can name, and the three ways to send a token. No case is written by
// hand: the cases come from the route table, and the expected answers from access-rule.ts.
// Long, because all of it is made from one table of routes.
import { randomInt } from 'node:crypto'
import { Agent, request } from 'node:http'
import { afterAll, expect, inject, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import type { Route } from '../../src/routes/route.ts'
import { ROUTES } from '../../src/routes/table.ts'
import { newTokenText, USER_SCOPES } from '../../src/tokens/token.ts'
import { startIdentityProvider } from '../support/identity-provider.ts'
import { startTestService } from '../support/service.ts'
import { expected, type Sent, SUBJECTS, type Subject } from './access-rule.ts'

const idp = await startIdentityProvider()
await idp.reset()
const service = await startTestService({ JWT_ISSUER: idp.issuer, JWT_AUDIENCE: 'follow-graph' })
const parts = createParts(inject('neo4j'), { maxFollowing: null })
const agent = new Agent({ keepAlive: true, maxSockets: 32 })
afterAll(async () => {
  agent.destroy()
  idp.close()
  await parts.graph.close()
})
const inFiveMinutes = Math.floor(Date.now() / 1000) + 300
const ALL: string[] = [...USER_SCOPES]

const WAYS = ['header', 'query', 'body'] as const
type Way = (typeof WAYS)[number]
type User = { id: string; username: string }
type Stage = { me: User; other: User; hidden: User; unknown: string; tokens: Map<string, Promise<string>> }
type Operation = { route: Route; method: string; path: string; needs: Route['access'] }
type Kind = { text(stage: Stage, needs: Route['access']): Promise<string> | string; sent(way: Way): Sent } & {
  scopes?(needs: Route['access']): string[]
}

const client = await parts.tokens.createClient({ name: 'M', link: '', scopes: ['basic'], maxFollowing: null })
const stored = async (
  kind: 'user' | 'app',
  user: User | null,
  scopes: string[],
  expiresAt: bigint | null = null,
): Promise<string> => {
  const userId = user === null ? null : BigInt(user.id)
  const made = await parts.tokens.create({ kind, userId, clientId: client.client_id, scopes, expiresAt })
  return (made as { text: string }).text
}
const refused = (text: string, slug: string): Kind => ({
  text: () => text,
  sent: () => ({ token: 'refused', answer: `401 ${slug}` }),
})
const ours = (token: 'user' | 'app', scopes: (needs: Route['access']) => string[]): Kind => ({
  text: ({ me }, needs) => stored(token, token === 'user' ? me : null, scopes(needs)),
  sent: () => ({ token, scopes: [], issuer: 'us' }),
  scopes,
})
const jwt = (scopes: string[]): Kind => ({
  text: ({ me }) => idp.sign({ sub: me.id, exp: inFiveMinutes, scope: scopes.join(' ') }),
  sent: () => ({ token: 'user', scopes: [], issuer: 'another' }),
  scopes: () => scopes,
})

const [stranger, gone] = (await service.users(2)) as [User & { token: string }, User & { token: string }]
await service.call('DELETE', `/users/${gone.id}`, { token: await service.appToken() })
const revoked = await service.tokenFor(stranger)
await service.call('DELETE', '/token', { token: revoked })
const unknownText = newTokenText('user')
const badJwt = async (changes: object, key = idp.ec.privateKey) =>
  idp.sign({ sub: stranger.id, exp: inFiveMinutes, ...changes }, {}, key)
const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await badJwt({})).split('.')[1]}.`
const but = (needs: Route['access']) => ALL.filter((scope) => scope !== needs.scope)

const KINDS: Record<string, Kind> = {
  none: { text: () => '', sent: () => ({ token: 'none' }) },
  garbage: refused('garbage', 'invalid-token'),
  'of our form, unknown': refused(unknownText, 'invalid-token'),
  'a letter changed': refused(`${unknownText.slice(0, -1)}-`, 'invalid-token'),
  malformed: {
    text: () => 'a b',
    sent: (way) => ({
      token: 'refused',
      answer: way === 'header' ? '400 bad-request' : '401 invalid-token',
    }),
  },
  revoked: refused(revoked, 'not-authorized'),
  expired: refused(await stored('user', stranger, ALL, BigInt(inFiveMinutes - 301)), 'token-expired'),
  "a deleted user's": refused(gone.token, 'invalid-token'),
  // In the header as HTTP Basic, elsewhere the client's secret as a token: neither is a token.
  "a client's secret": {
    text: () => client.client_secret,
    sent: (way) => (way === 'header' ? { token: 'none' } : { token: 'refused', answer: '401 invalid-token' }),
  },
  'user, all scopes': ours('user', () => ALL),
  'user, basic': ours('user', () => ['basic']),
  'user, all but the scope': ours('user', but),
  'user, the scope alone': ours('user', ({ scope }) => ['basic', ...(scope === undefined ? [] : [scope])]),
  'user, with provision': ours('user', () => [...ALL, 'provision']),
  'app, basic': ours('app', () => ['basic']),
  'app, events': ours('app', () => ['basic', 'events']),
  'app, provision': ours('app', () => ['basic', 'provision']),
  "app, a user's scopes": ours('app', () => ALL),
  'JWT, all scopes': jwt(ALL),
  'JWT, basic': jwt(['basic']),
  'JWT, provision': { ...jwt(['provision']), scopes: () => ['basic'] },
  'JWT, expired': refused(await badJwt({ exp: inFiveMinutes - 360 }), 'token-expired'),
  'JWT, another audience': refused(await badJwt({ aud: 'other' }), 'invalid-token'),
  'JWT, another key': refused(await badJwt({}, idp.other.privateKey), 'invalid-token'),
  'JWT, alg none': refused(unsigned, 'invalid-token'),
}

const OPERATIONS: Operation[] = ROUTES.flatMap((route) =>
  route.methods.map((method) => ({ route, method, path: route.path, needs: route.access })),
)
const fresh = () => String(2n ** 61n + BigInt(randomInt(2 ** 47)))
const name = (id: string) => `x${BigInt(id).toString(36)}`

async function stage(): Promise<Stage> {
  const [me, other, hidden] = await Promise.all([
    service.createUser(),
    service.createUser(),
    service.createUser({ hides_lists: true }),
  ])
  return { me, other, hidden, unknown: fresh(), tokens: new Map() }
}
// Calls that delete or revoke something get users and tokens of their own; the others share those of their operation.
const consumes = ({ method, route }: Operation) =>
  method === 'DELETE' && (route.answers === 'Token' || route.access.token === 'app')
const stages = new Map<Operation, Promise<Stage>>()
function stageOf(operation: Operation): Promise<Stage> {
  if (consumes(operation)) return stage()
  const known = stages.get(operation) ?? stage()
  stages.set(operation, known)
  return known
}

/** Where the operation names a user: in its path, in a query parameter or in its body; or nowhere. */
function subjectsOf({ route, path }: Operation): Subject[] {
  const names = path.includes(':user_id') || (route.query ?? []).some((one) => /^(ids|source)$/.test(one))
  if (!names && route.answers !== 'Outcomes') return ['-']
  return SUBJECTS.filter((one) => one !== '-').filter(
    (one) => one !== 'me' || (route.only ?? route.matches)?.({ user_id: 'me' }) !== false,
  )
}

const STREAM = { object_types: ['user'], type: 'long_poll' }
// One that stays, and one for each call that deletes.
const streamOf = async () => String((await parts.events.streams.create(client.client_id, ['user'], null)).id)
const stream = await streamOf()
// A host name that does not resolve is accepted; nothing is delivered, because no event of the type `reset` occurs here.
const WEBHOOK = { url: 'https://hook.invalid/', types: ['reset'] }
const appOfEvents = await stored('app', null, ['basic', 'events'])
const webhookOf = async () =>
  (await service.call('POST', '/webhooks', { token: appOfEvents, json: WEBHOOK })).body.data.id as string
const webhook = await webhookOf()
const PROFILE = { name: 'M', locale: 'en', timezone: 'UTC', description: { text: 'm' } }
async function ask(
  operation: Operation,
  kind: string,
  subject: Subject,
  way: Way,
  at: Stage,
  text: string,
): Promise<string> {
  const { route, method } = operation
  const { me, other, hidden, unknown } = at
  const named = { own: me.id, me: 'me', other: other.id, hidden: hidden.id, unknown, '-': '' }[subject]
  const username = { own: me, other, hidden }[subject as 'own']?.username ?? name(unknown)
  const query = new URLSearchParams()
  if (route.query?.includes('ids')) query.set('ids', named)
  if (route.query?.includes('q')) query.set('q', 'm')
  if (route.query?.includes('source')) for (const key of ['source', 'targets']) query.set(key, named)
  const headers: Record<string, string> = {}
  const basic = kind === "a client's secret" && way === 'header'
  if (text !== '' && way === 'header')
    headers.Authorization = basic
      ? `Basic ${Buffer.from(`${client.client_id}:${text}`).toString('base64')}`
      : `Bearer ${text}`
  if (text !== '' && way === 'query') query.set('access_token', text)
  const inBody = text !== '' && way === 'body' ? { access_token: text } : {}
  const credentials = basic ? {} : client
  let body = ''
  if (route.accepts?.includes('json') === false) {
    headers['Content-Type'] = 'application/x-www-form-urlencoded'
    body = String(new URLSearchParams({ grant_type: 'client_credentials', ...credentials, ...inBody }))
  } else if (route.body !== undefined || inBody.access_token !== undefined) {
    headers['Content-Type'] = 'application/json'
    const fields = {
      '/follows': { unfollow: [named] },
      '/users/me/requests': { accept: [named] },
      '/users/:user_id/move': { to: stranger.id },
      '/streams': STREAM,
      '/webhooks': WEBHOOK,
      '/webhooks/:webhook_id': { types: ['reset'] },
    }[route.path] ?? {
      ...PROFILE,
      username,
    }
    body = JSON.stringify(route.body === undefined ? inBody : { ...fields, ...inBody })
  }
  headers['Content-Length'] = String(Buffer.byteLength(body))
  const ends = method === 'DELETE' && kind === 'app, events'
  let path = route.path.replace(':user_id', named)
  if (path.includes(':stream_id')) path = path.replace(':stream_id', ends ? await streamOf() : stream)
  if (path.includes(':webhook_id')) path = path.replace(':webhook_id', ends ? await webhookOf() : webhook)
  const url = `${service.url}${path}?${query}`
  return new Promise<string>((resolve, reject) => {
    const sent = request(url, { method, headers, agent }, (response) => {
      if (route.answers === 'EventStream' && response.statusCode === 200) {
        resolve('200')
        return sent.destroy()
      }
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('end', () => {
        const { meta } = JSON.parse(Buffer.concat(pieces).toString()) as { meta?: { error_slug?: string } }
        resolve(`${response.statusCode} ${meta?.error_slug ?? ''}`.trim())
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

it('every case of the access matrix is answered as the rule says', { timeout: 120_000 }, async () => {
  const cells = OPERATIONS.flatMap((operation) =>
    subjectsOf(operation).flatMap((subject) =>
      Object.keys(KINDS).flatMap((kind) => WAYS.map((way) => ({ operation, subject, kind, way }))),
    ),
  )
  const wrong: string[] = []
  const answers = new Map<string, number>()
  let [next, again] = [0, 0]
  const began = performance.now()
  const lane = async () => {
    for (let cell = cells[next++]; cell !== undefined; cell = cells[next++]) {
      const { operation, subject, kind, way } = cell
      const { method, path, needs } = operation
      const { text, sent, scopes } = KINDS[kind] as Kind
      let got = ''
      for (let tries = 0; tries < 20 && (tries === 0 || got.startsWith('503')); tries += 1) {
        const at = await stageOf(operation)
        const known = at.tokens.get(kind) ?? Promise.resolve(text(at, needs))
        at.tokens.set(kind, known)
        // A 503 on a busy machine says nothing about access: the call is repeated, with new users where it needs them.
        if (tries > 0) again += 1
        got = await ask(operation, kind, subject, way, at, await known)
      }
      // GET and DELETE never read a body, so a token there does not count.
      const unread = way === 'body' && (method === 'GET' || method === 'DELETE')
      const what: Sent = unread ? { token: 'none' } : sent(way)
      if ('scopes' in what) what.scopes = scopes?.(needs) ?? []
      const due = expected(operation, what, subject)
      answers.set(due, (answers.get(due) ?? 0) + 1)
      if (got !== due) wrong.push(`${method} ${path} | ${subject} | ${kind} | ${way}: ${got}, not ${due}`)
    }
  }
  await Promise.all(Array.from({ length: 32 }, lane))
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  const told = [...answers].map(([answer, count]) => `${count} × ${answer}`).join(', ')
  process.stderr.write(
    `promise 20: ${OPERATIONS.length} operations, ${Object.keys(KINDS).length} kinds of token, ${cells.length} cells in ${seconds} s, ${again} asked again after a 503, ${wrong.length} wrong: ${told}\n`,
  )
  expect(Object.keys(KINDS).length).toBeGreaterThanOrEqual(14)
  expect(new Set(cells.map(({ operation }) => operation.route)).size).toBe(ROUTES.length)
  expect(wrong.slice(0, 30)).toEqual([])
})
