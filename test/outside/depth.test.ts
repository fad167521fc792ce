// Depth: a body whose lists and objects stand within each other without end is a 400 that names the field, on every route.
import { describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { startTestService } from '../support/service.ts'
import { JSON_TYPE, sender } from './send.ts'

const service = await startTestService()
const bytes = sender(service)
const send = (method: string, path: string, body: string, token: string) =>
  bytes(method, path, body, JSON_TYPE, token)
const me = await service.user()
const app = await service.appToken(['basic', 'provision'])

const lists = (depth: number, inner = '') => '['.repeat(depth) + inner + ']'.repeat(depth)
const objects = (depth: number, inner = '1') => '{"a":'.repeat(depth) + inner + '}'.repeat(depth)
const mixed = (depth: number) => `${'[{"a":'.repeat(depth)}1${'}]'.repeat(depth)}`

const WRITES = ROUTES.filter(({ accepts }) => accepts?.includes('json') ?? true).flatMap((route) =>
  route.methods
    .filter((method) => ['POST', 'PUT', 'PATCH'].includes(method))
    .map((method) => ({ method, route, title: `${method} ${route.path}` })),
)

describe.each(WRITES)('$title', ({ method, route }) => {
  const path = `/stream/0${route.path.replace(':user_id', route.access.token === 'app' ? '4611686018427387999' : me.id)}`
  const token = route.access.token === 'app' ? app : me.token

  it.each([
    ['30,000 lists', lists(30_000), 'the body'],
    ['30,000 objects', objects(30_000), 'the field a'],
    ['60,000 lists and objects in turn', mixed(60_000), 'the body'],
    ['as many lists as go into a body', lists(499_999), 'the body'],
    ['as many objects as go into a body', objects(166_000), 'the field a'],
    [
      'annotations of 30,000 lists',
      `{"username":"deep","annotations":${lists(30_000)}}`,
      'the field annotations',
    ],
    [
      'a field that is not known',
      `{"username":"deep","name":"x","what":{"ever":${lists(30_000)}}}`,
      'the field what',
    ],
    ['a list of follows', `{"follow":["2",${lists(30_000)}]}`, 'the field follow'],
    ['a field behind a wide one', `{"w":[${'0,'.repeat(9_000)}0],"d":${lists(30_000)}}`, 'the field d'],
  ])('%s: 400', async (_, body, field) => {
    const { status, message } = await send(method, path, body, token)
    expect([status, message]).toEqual([400, expect.stringContaining(field)])
    expect(message).toMatch(/^Bad Request: .*64/)
  })
})

it('64 levels in a field are stored and shown, also indented, 65 are refused', async () => {
  const { token } = await service.user()
  for (const [value, deeper] of [
    [`[{"v":${lists(62, '"x"')}}]`, `[{"v":${lists(63, '"x"')}}]`],
    [`[${objects(63)}]`, `[${objects(64)}]`],
  ]) {
    const written = await send('PATCH', '/users/me?include_annotations=1', `{"annotations":${value}}`, token)
    expect(written.status).toBe(200)
    expect(JSON.stringify(written.answer.data.annotations)).toBe(value)
    const shown = await service.call('GET', '/users/me?include_annotations=1', {
      token,
      headers: { 'X-ADN-Pretty-JSON': '1' },
    })
    expect(JSON.stringify(shown.body.data.annotations)).toBe(value)
    const refused = await send('PATCH', '/users/me', `{"annotations":${deeper}}`, token)
    expect([refused.status, refused.message]).toEqual([400, expect.stringContaining('annotations')])
    const after = await service.call('GET', '/users/me?include_annotations=1', { token })
    expect(JSON.stringify(after.body.data.annotations)).toBe(value)
  }
})

it('what is not closed, and what is wide, is no depth', async () => {
  const { token } = await service.user()
  const open = await send('PATCH', '/users/me', '['.repeat(60), token)
  expect([open.status, open.message]).toEqual([400, expect.stringContaining('JSON')])
  const wide = (lists: number) => `{"name":"Wide","what":[${'[],'.repeat(lists)}{}]}`
  const written = await send('PATCH', '/users/me', wide(9_000), token)
  expect([written.status, written.answer.data.name]).toEqual([200, 'Wide'])
  const wider = await send('PATCH', '/users/me', wide(11_000), token)
  expect([wider.status, wider.message]).toEqual([400, expect.stringContaining('20000 values')])
})

it('depth in a string is no depth, and a token may stand beside it', async () => {
  const [a, b] = await service.users(2)
  const body = JSON.stringify({ access_token: a!.token, note: lists(30_000), quoted: '"\\[{' })
  const response = await fetch(`${service.url}/users/${b!.id}/follow`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json' },
  })
  expect(response.status).toBe(200)
})
