// PUT and PATCH users/me.
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const WHOLE = { name: 'Bo', locale: 'en_GB', timezone: 'Europe/London', description: { text: 'I am #bo' } }
const me = (method: string, json: unknown, token?: string) =>
  service.call(method, '/stream/0/users/me', { json, ...(token === undefined ? {} : { token }) })

describe('PUT users/me', () => {
  it('writes the four fields and answers the updated User', async () => {
    const user = await service.user({ type: 'feed', verified_domain: 'x.example' })
    const answer = await me('PUT', WHOLE, user.token)
    expect(answer.status).toBe(200)
    expect(answer.body.data).toMatchObject({
      id: user.id,
      username: user.username,
      type: 'feed',
      verified_domain: 'x.example',
      name: 'Bo',
      locale: 'en_GB',
      timezone: 'Europe/London',
      description: { text: 'I am #bo', entities: { hashtags: [{ name: 'bo' }] } },
    })
    expect((await service.call('GET', `/users/${user.id}`)).body.data).toEqual(answer.body.data)
  })

  it.each(['name', 'locale', 'timezone', 'description'])('needs %s', async (field) => {
    const { token } = await service.user()
    const { [field]: _, ...rest } = WHOLE as Record<string, unknown>
    const answer = await me('PUT', rest, token)
    expect(answer.status).toBe(400)
    expect(answer.body.meta.error_message).toMatch(new RegExp(`^Bad Request: .*${field}`))
  })

  it('needs description.text', async () => {
    const { token } = await service.user()
    const answer = await me('PUT', { ...WHOLE, description: {} }, token)
    expect([answer.status, answer.body.meta.error_message]).toEqual([
      400,
      expect.stringContaining('description.text'),
    ])
  })
})

describe('PATCH users/me', () => {
  it('changes nothing if a parameter of the answer is wrong, and ignores what users cannot write', async () => {
    const { id, token } = await service.user()
    const before = (await service.call('GET', `/users/${id}`)).body.data
    const path = '/users/me?include_html=2'
    for (const method of ['PATCH', 'PUT'])
      expect((await service.call(method, path, { token, json: { ...WHOLE, name: 'Lost' } })).status).toBe(400)
    expect((await service.call('GET', `/users/${id}`)).body.data).toEqual(before)
    expect((await me('PATCH', { created_at: 'yesterday' }, token)).body.data).toMatchObject(before)
  })

  it('changes the given fields and leaves the others', async () => {
    const { token } = await service.user()
    await me('PUT', WHOLE, token)
    expect((await me('PATCH', { name: 'Bob' }, token)).body.data).toMatchObject({ ...WHOLE, name: 'Bob' })
    expect((await me('PATCH', { locale: 'sv' }, token)).body.data).toMatchObject({
      ...WHOLE,
      name: 'Bob',
      locale: 'sv',
    })
    expect((await me('PATCH', {}, token)).body.data).toMatchObject({ name: 'Bob', locale: 'sv' })
    expect(
      (await me('PATCH', { id: '1', username: 'x', type: 'bot', follow: true, counts: {} }, token)).body.data,
    ).toMatchObject({ name: 'Bob', type: 'human' })
  })

  it('writes annotations, and an empty description.text removes the description', async () => {
    const { token } = await service.user()
    const annotations = [{ type: 'org.example.mood', value: { mood: 'good', big: 1 } }]
    const written = await service.call('PATCH', '/users/me?include_annotations=1', {
      token,
      json: { annotations, description: { text: 'x' } },
    })
    expect(written.body.data).toMatchObject({ annotations, description: { text: 'x' } })
    const removed = await service.call('PATCH', '/users/me?include_user_annotations=1', {
      token,
      json: { description: { text: '' } },
    })
    expect(removed.body.data).not.toHaveProperty('description')
    expect(removed.body.data.annotations).toEqual(annotations)
    const none = await service.call('PATCH', '/users/me?include_annotations=1', {
      token,
      json: { annotations: [] },
    })
    expect(none.body.data.annotations).toEqual([])
  })

  it('counts lengths in code points', async () => {
    const { token } = await service.user()
    expect((await me('PATCH', { name: '😀'.repeat(50) }, token)).body.data.name).toBe('😀'.repeat(50))
    expect((await me('PATCH', { name: '😀'.repeat(51) }, token)).status).toBe(400)
    expect(
      (await me('PATCH', { description: { text: '😀'.repeat(256) } }, token)).body.data.description.text,
    ).toBe('😀'.repeat(256))
    expect((await me('PATCH', { description: { text: '😀'.repeat(257) } }, token)).status).toBe(400)
  })

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 5 }, 'name'],
    [{ name: null }, 'name'],
    [{ locale: 'nonsense!' }, 'locale'],
    [{ timezone: 'Mars/Base' }, 'timezone'],
    [{ description: 'text' }, 'description'],
    [{ description: { text: 1 } }, 'description.text'],
    [{ annotations: {} }, 'annotations'],
    [{ annotations: ['x'] }, 'annotations'],
    [[], 'body'],
    ['x', 'body'],
  ])('refuses %j with 400 and names the field', async (json, field) => {
    const { token } = await service.user()
    const answer = await me('PATCH', json, token)
    expect(answer.status).toBe(400)
    expect(answer.body.meta.error_message).toMatch(/^Bad Request: /)
    expect(answer.body.meta.error_message).toContain(field)
  })

  it('loses neither of two simultaneous changes of different fields', async () => {
    const { token } = await service.user()
    await me('PUT', WHOLE, token)
    const answers = await Promise.all([
      me('PATCH', { name: 'New' }, token),
      me('PATCH', { locale: 'fr' }, token),
      me('PATCH', { timezone: 'Asia/Tokyo' }, token),
      me('PATCH', { description: { text: 'New' } }, token),
    ])
    for (const answer of answers) expect(answer.status).toBe(200)
    expect((await service.call('GET', '/users/me', { token })).body.data).toMatchObject({
      name: 'New',
      locale: 'fr',
      timezone: 'Asia/Tokyo',
      description: { text: 'New' },
    })
  })

  it('is refused to another user, to apps, without the scope, and without JSON', async () => {
    const [a, b] = await service.users(2)
    for (const method of ['PUT', 'PATCH']) {
      expect((await me(method, WHOLE)).status).toBe(401)
      expect((await me(method, WHOLE, await service.appToken())).status).toBe(403)
      const basic = await me(method, WHOLE, await service.tokenFor(a!, ['basic', 'follow']))
      expect([basic.status, basic.body.meta.error_slug]).toEqual([403, 'missing-scope'])
      expect(basic.body.meta.error_message).toContain('update_profile')
      expect((await service.call(method, '/users/me', { token: a!.token, form: { name: 'x' } })).status).toBe(
        415,
      )
      expect((await service.call(method, '/users/me', { token: a!.token })).status).toBe(400)
      const broken = await fetch(`${service.url}/users/me`, {
        method,
        headers: { Authorization: `Bearer ${a!.token}`, 'Content-Type': 'application/json' },
        body: '{"name":',
      })
      expect(broken.status).toBe(400)
    }
    for (const method of ['PUT', 'PATCH'])
      expect((await service.call(method, `/users/${b!.id}`, { token: a!.token, json: WHOLE })).status).toBe(
        403,
      )
  })
})
