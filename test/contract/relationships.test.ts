// GET relationships: the relations of a user to others.
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const app = await service.appToken()

type Told = { target: string; can_follow: boolean }

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const get = (path: string, token?: string) =>
  service.call('GET', `/stream/0/${path}`, token === undefined ? {} : { token })
const NOBODY = '8999999999999999999'

describe('GET relationships', () => {
  it('has an entry for each target in its place; the caller also gets mutes, blocks and can_follow', async () => {
    const [a, b, c, d] = await service.users(4)
    await service.follow(a!, b!)
    await service.follow(c!, a!)
    await service.call('POST', `/users/${b!.id}/mute`, { token: a!.token })
    await service.call('POST', `/users/${a!.id}/block`, { token: d!.token })
    const at = `@${b!.username.toUpperCase()}`
    const targets = [c!.id, at, NOBODY, '@nobody_has_this', 'x', '007', d!.id, 'me', c!.id].join(',')
    const { status, body } = await get(`relationships?source=me&targets=${targets}`, a!.token)
    expect(status).toBe(200)
    const none = {
      following: false,
      followed_by: false,
      followed_at: null,
      followed_by_at: null,
      muted: false,
      blocked: false,
      can_follow: true,
      requested: false,
      requested_by: false,
    }
    const date = expect.stringMatching(DATE)
    const ofC = {
      target: c!.id,
      id: c!.id,
      username: c!.username,
      ...none,
      followed_by: true,
      followed_by_at: date,
    }
    expect(body).toEqual({
      data: [
        ofC,
        {
          target: at,
          id: b!.id,
          username: b!.username,
          ...none,
          following: true,
          followed_at: date,
          muted: true,
        },
        ...[NOBODY, '@nobody_has_this', 'x', '007'].map((target) => ({ target, found: false })),
        { target: d!.id, id: d!.id, username: d!.username, ...none, can_follow: false },
        { target: 'me', id: a!.id, username: a!.username, ...none, can_follow: false },
        ofC,
      ],
      meta: { code: 200 },
    })
  })

  it('shows others and apps no mutes and blocks', async () => {
    const [a, b] = await service.users(2)
    await service.call('POST', `/users/${b!.id}/block`, { token: a!.token })
    const shape = {
      target: b!.id,
      id: b!.id,
      username: b!.username,
      following: false,
      followed_by: false,
      followed_at: null,
      followed_by_at: null,
    }
    for (const token of [b!.token, app]) {
      expect((await get(`relationships?source=${a!.id}&targets=${b!.id}`, token)).body.data).toEqual([shape])
    }
    const own = {
      ...shape,
      muted: false,
      blocked: true,
      can_follow: false,
      requested: false,
      requested_by: false,
    }
    for (const source of ['me', a!.id, `@${a!.username}`]) {
      expect((await get(`relationships?source=${source}&targets=${b!.id}`, a!.token)).body.data).toEqual([
        own,
      ])
    }
  })

  it('agrees with POST follow on can_follow, bots included', async () => {
    const [bot, fan, blocker, other] = [await service.user({ type: 'bot' }), ...(await service.users(3))]
    await service.follow(fan!, bot)
    await service.call('POST', `/users/${bot.id}/block`, { token: blocker!.token })
    const ids = [fan, blocker, other, bot].map((user) => user!.id)
    const { body } = await get(`relationships?source=me&targets=${ids.join(',')}`, bot.token)
    expect(body.data.map((entry: Told) => entry.can_follow)).toEqual([true, false, false, false])
    for (const [place, id] of ids.entries()) {
      const { status } = await service.call('POST', `/users/${id}/follow`, { token: bot.token })
      expect(status === 200).toBe(body.data[place].can_follow)
    }
  })

  it('accepts repeated targets and refuses missing or too many ones', async () => {
    const [a, b] = await service.users(2)
    const { body } = await get(`relationships?source=me&targets=${b!.id}&targets=${a!.id}`, a!.token)
    expect(body.data.map((entry: Told) => entry.target)).toEqual([b!.id, a!.id])
    const many = (count: number) => Array.from({ length: count }, (_, n) => n + 1).join(',')
    expect((await get(`relationships?source=me&targets=${many(200)}`, a!.token)).body.data).toHaveLength(200)
    for (const query of [
      '',
      '?source=me',
      '?targets=1',
      '?source=&targets=1',
      '?source=me&targets=',
      '?source=me&targets=1,,2',
      `?source=me&targets=${many(201)}`,
      '?source=me&source=me&targets=1',
    ]) {
      const answer = await get(`relationships${query}`, a!.token)
      expect(answer.status, query).toBe(400)
      expect(answer.body.meta.error_message).toMatch(/^Bad Request: /)
    }
    for (const source of [NOBODY, '@nobody_has_this', '01']) {
      expect((await get(`relationships?source=${source}&targets=1`, a!.token)).status, source).toBe(404)
    }
    expect((await get(`relationships?source=me&targets=${a!.id}`, app)).status).toBe(403)
    expect((await get('relationships?source=me&targets=1')).status).toBe(401)
  })
})
