// Webhooks over HTTP: an app registers, sees, changes and deletes its own. The names of their hosts resolve to nothing.
import { afterEach, describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const [app, stranger] = await Promise.all([
  service.appToken(['basic', 'events']),
  service.appToken(['basic', 'events']),
])
const url = 'https://hooks.invalid/x?y=1#z'

const call = (method: string, path: string, json?: unknown, token = app) =>
  service.call(method, path, { token, ...(json === undefined ? {} : { json }) })
const show = async (path: string) => (await call('GET', path)).body.data

// How deliveries go depends on what other files do meanwhile, and on the name that resolves to nothing.
const stable = ({ secret, last_id, last_status, last_error, ...hook }: Record<string, unknown>) => hook

/** The path of a webhook that was registered, and what was answered. */
async function registered(json: object = { url }) {
  const answer = await call('POST', '/webhooks', json)
  expect(answer.status, answer.text).toBe(200)
  return { path: `/webhooks/${answer.body.data.id}`, hook: answer.body.data }
}

afterEach(async () => {
  for (const { id } of (await call('GET', '/webhooks')).body.data) await call('DELETE', `/webhooks/${id}`)
})

describe('registration', () => {
  it('answers the webhook with its secret, which is never shown again', async () => {
    const answer = await call('POST', '/webhooks', { url, types: ['block', 'user_follow', 'block'] })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { secret, ...hook } = answer.body.data
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(hook).toEqual({
      id: expect.stringMatching(/^[1-9]\d*$/),
      url,
      types: ['user_follow', 'block'],
      enabled: true,
      last_id: hook.id,
      last_status: null,
      last_error: null,
    })
    const again = await show(`/webhooks/${hook.id}`)
    expect(Object.keys(again)).toEqual(Object.keys(hook))
    expect(stable(again)).toEqual(stable(hook))
    expect((await call('GET', '/webhooks')).body.data.map(stable)).toEqual([stable(hook)])
  })

  it('needs an app token with the scope events', async () => {
    const [user, plain] = await Promise.all([service.user(), service.appToken(['basic', 'provision'])])
    const metas = [user.token, plain].map(
      async (token) => (await call('POST', '/webhooks', { url }, token)).body.meta,
    )
    expect(await Promise.all(metas)).toMatchObject([
      { code: 403, error_slug: 'wrong-token' },
      { code: 403, error_slug: 'missing-scope' },
    ])
  })

  it('refuses the fifty-first webhook of an app, not that of another', async () => {
    const made: Awaited<ReturnType<typeof call>>[] = []
    while (made.length < 52)
      made.push(
        ...(await Promise.all([1, 2, 3, 4].map(() => call('POST', '/webhooks', { url, types: ['block'] })))),
      )
    expect(made.map(({ status }) => status).sort()).toEqual([...Array(50).fill(200), 403, 403])
    const refused = made.find(({ status }) => status === 403)
    expect(refused?.body.meta).toMatchObject({
      error_slug: 'forbidden',
      error_message: 'Forbidden: an app has at most 50 webhooks; delete one first.',
    })
    const theirs = await call('POST', '/webhooks', { url }, stranger)
    expect(theirs.status).toBe(200)
    expect((await call('GET', '/webhooks', undefined, stranger)).body.data).toHaveLength(1)
    await call('DELETE', `/webhooks/${theirs.body.data.id}`, undefined, stranger)
  })
})

describe('a webhook', () => {
  it('is changed in part and as a whole, and deleted', async () => {
    const { hook, path } = await registered()
    const shown = stable(hook)
    const all = ['user_follow', 'mute', 'block', 'request', 'user', 'reset']
    expect(shown.types).toEqual(all)
    expect(stable((await call('PATCH', path, {})).body.data)).toEqual(shown)
    const other = { url: 'https://others.invalid/', types: ['mute'], enabled: false }
    expect(stable((await call('PATCH', path, other)).body.data)).toEqual({ ...shown, ...other })
    const given = { id: '1', secret: 'whsec_AAAA', last_id: '0', types: null }
    expect(stable((await call('PATCH', path, given)).body.data)).toEqual({ ...shown, ...other, types: all })
    const last = await call('DELETE', path)
    expect([last.status, stable(last.body.data)]).toEqual([200, { ...shown, ...other, types: all }])
    for (const method of ['GET', 'PATCH', 'DELETE'])
      expect((await call(method, path, method === 'PATCH' ? {} : undefined)).status).toBe(404)
  })

  it('does not exist for another app', async () => {
    const { path } = await registered()
    expect((await call('GET', '/webhooks', undefined, stranger)).body.data).toEqual([])
    for (const [method, json] of [['GET'], ['PATCH', { enabled: false }], ['DELETE']] as const) {
      const answer = await call(method, path, json, stranger)
      expect([answer.status, answer.body.meta.error_slug]).toEqual([404, 'not-found'])
    }
    expect((await show(path)).enabled).toBe(true)
  })

  it.each(['0', '01', 'x', '-1', '1.0', '9223372036854775807', '9223372036854775808', '@bo', 'me'])(
    'of the id %s is none',
    async (id) => {
      for (const method of ['GET', 'DELETE'])
        expect((await call(method, `/webhooks/${id}`)).status, id).toBe(404)
      expect((await call('PATCH', `/webhooks/${id}`, { enabled: true })).status).toBe(404)
    },
  )
})

const BAD: [string, unknown, RegExp][] = [
  ['a url that is no string', { url: 7 }, /url must be of the type string/],
  ['a url that is null', { url: null }, /url must be of the type string/],
  ['a url that is none', { url: 'example.org/hook' }, /whole address such as https/],
  ['an empty url', { url: '' }, /whole address/],
  ['http', { url: 'http://hooks.invalid/' }, /begin with https/],
  ['another scheme', { url: 'ftp://hooks.invalid/' }, /begin with https/],
  ['a password', { url: 'https://bo:secret@hooks.invalid/' }, /user name or a password/],
  ['a url too long', { url: `https://hooks.invalid/${'x'.repeat(2_000)}` }, /at most 2000 characters/],
  ['an unknown type', { url, types: ['like'] }, /one of user_follow, mute/],
  ['no type at all', { url, types: [] }, /at least one type/],
  ['types in one string', { url, types: 'block' }, /list, such as/],
  ['a type that is no string', { url, types: [null] }, /one of user_follow, mute/],
]

describe('a bad body', () => {
  it.each([
    ...BAD,
    ['no url', { types: ['block'] }, /url is missing/],
    ['a list', [], /must be of the type object/],
    ['null', null, /must be of the type object/],
  ] as typeof BAD)('with %s is no registration', async (_, json, why) => {
    const answer = await call('POST', '/webhooks', json)
    expect([answer.status, answer.body.meta.error_message]).toEqual([400, expect.stringMatching(why)])
    expect(answer.body.meta.error_message).toMatch(/^Bad Request: /)
    expect(answer.text).not.toContain('secret@')
  })

  it.each([
    ...BAD,
    ['enabled that is no boolean', { enabled: 'yes' }, /enabled must be of the type boolean/],
  ] as typeof BAD)('with %s changes nothing', async (_, json, why) => {
    const { hook, path } = await registered()
    const answer = await call('PATCH', path, json)
    expect([answer.status, answer.body.meta.error_message]).toEqual([400, expect.stringMatching(why)])
    expect(stable(await show(path))).toEqual(stable(hook))
  })
})
