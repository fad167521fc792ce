// The field moved_to, which a move writes and nothing else, and which calls of a move are refused.
import { describe, expect, it, vi } from 'vitest'
import { startTestService, type TestService } from '../support/service.ts'

// A new database plans each statement first.
vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()
const app = await service.appToken()
type Person = Awaited<ReturnType<TestService['user']>>

const people = async (count: number) => (await service.users(count)) as [Person, Person, ...Person[]]
const move = (id: string, to: unknown) =>
  service.call('POST', `/users/${id}/move`, { token: app, json: { to } })
const shown = async (id: string) => (await service.call('GET', `/users/${id}`)).body.data

describe('moved_to', () => {
  it('never leads in a circle: who is moved to has moved to nobody', async () => {
    const [a, b, fan] = (await people(3)) as [Person, Person, Person]
    await service.follow(fan, a)
    await move(a.id, b.id)
    expect((await move(b.id, a.id)).body.data).toMatchObject({ moved: 1 })
    expect(await shown(a.id)).not.toHaveProperty('moved_to')
    expect((await shown(b.id)).moved_to).toBe(a.id)
    const { data } = (await service.call('GET', `/users/${a.id}/followers/ids`, { token: app })).body
    expect(data).toEqual([fan.id])
  })

  it('of the other user stays when a move is only repeated', async () => {
    const [a, b, c] = (await people(3)) as [Person, Person, Person]
    await move(a.id, b.id)
    await move(b.id, c.id)
    await move(a.id, b.id)
    expect((await shown(a.id)).moved_to).toBe(b.id)
    expect((await shown(b.id)).moved_to).toBe(c.id)
  })

  it('is written by a move only', async () => {
    const [from, to] = await people(2)
    const whole = { name: 'Bo', locale: 'en', timezone: 'UTC', description: { text: '' } }
    const calls: [string, string, string, object][] = [
      ['PATCH', '/users/me', from.token, {}],
      ['PUT', '/users/me', from.token, whole],
      ['PATCH', `/users/${from.id}`, app, {}],
      ['PUT', `/users/${from.id}`, app, { ...whole, username: from.username }],
    ]
    for (const [method, path, token, fields] of calls) {
      const { status } = await service.call(method, path, { token, json: { ...fields, moved_to: to.id } })
      expect([method, path, status]).toEqual([method, path, 200])
      expect(await shown(from.id)).not.toHaveProperty('moved_to')
    }
    await move(from.id, to.id)
    for (const [method, path, token, fields] of calls) {
      await service.call(method, path, { token, json: fields })
      expect((await shown(from.id)).moved_to, `${method} ${path}`).toBe(to.id)
    }
  })

  it('ends when the user who was moved to is deleted', async () => {
    const [from, to, fan] = (await people(3)) as [Person, Person, Person]
    await service.follow(fan, from)
    await move(from.id, to.id)
    expect((await service.call('DELETE', `/users/${to.id}`, { token: app })).status).toBe(200)
    expect(await shown(from.id)).not.toHaveProperty('moved_to')
    expect((await shown(fan.id)).counts.following).toBe(0)
  })
})

describe('a call', () => {
  it('of or to nobody is a 404, to oneself a 400, with another body a 400', async () => {
    const [from, to] = await people(2)
    const nobody = String(BigInt(from.id) + 500n)
    for (const [id, target, status, slug] of [
      [nobody, to.id, 404, 'not-found'],
      [from.id, nobody, 404, 'not-found'],
      [from.id, '9999999999999999999', 404, 'not-found'],
      [from.id, from.id, 400, 'bad-request'],
      [from.id, 9, 400, 'bad-request'],
      [from.id, '@bo', 400, 'bad-request'],
      [from.id, '', 400, 'bad-request'],
      [from.id, undefined, 400, 'bad-request'],
    ] as const) {
      const answer = await move(id, target)
      expect([id, target, answer.status, answer.body.meta.error_slug]).toEqual([id, target, status, slug])
    }
    expect(await shown(from.id)).not.toHaveProperty('moved_to')
  })

  it('needs the account system', async () => {
    const [from, to] = await people(2)
    const path = `/users/${from.id}/move`
    for (const [token, status] of [
      [from.token, 403],
      [await service.appToken(['basic', 'events']), 403],
      [undefined, 401],
    ] as const)
      expect(
        (await service.call('POST', path, { json: { to: to.id }, ...(token === undefined ? {} : { token }) }))
          .status,
      ).toBe(status)
    expect((await service.call('POST', '/users/me/move', { token: app, json: { to: to.id } })).status).toBe(
      404,
    )
  })
})
