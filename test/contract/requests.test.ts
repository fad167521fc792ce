// Locked accounts: a follow becomes a request, which its two users see, take back, accept and refuse.
// Long, because one topic of the API is one file.
import { afterAll, describe, expect, inject, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())
const app = await service.appToken()

type Person = { id: string; username: string; token: string }
const call = (by: Person, method: string, path: string, json?: unknown) =>
  service.call(method, `/stream/0${path}`, { token: by.token, ...(json === undefined ? {} : { json }) })
const follow = (by: Person, whom: Person) => call(by, 'POST', `/users/${whom.id}/follow`)
const dataOf = async (by: Person, path: string) => {
  const { status, body } = await call(by, 'GET', path)
  expect(status).toBe(200)
  return body.data
}
const idsOf = async (by: Person, path: string): Promise<string[]> =>
  (await dataOf(by, path)).map(({ id }: Person) => id)
const waiting = (of: Person) => idsOf(of, '/users/me/requests')
const sent = (of: Person) => idsOf(of, '/users/me/requests/sent')
const slugOf = ({ status, body }: { status: number; body: { meta: { error_slug?: string } } }) =>
  `${status} ${body.meta.error_slug ?? ''}`.trim()

/** A user who is not locked, and one who is. */
async function two(): Promise<[Person, Person]> {
  return [await service.user(), await service.user({ locked: true })]
}
/** The same, and the first has requested to follow the second. */
async function waitingPair(): Promise<[Person, Person]> {
  const [ada, bo] = await two()
  expect((await follow(ada, bo)).body.data).toMatchObject({ you_follow: false, you_requested: true })
  return [ada, bo]
}

describe('the field locked', () => {
  const PUT = { name: 'Bo', locale: 'en', timezone: 'UTC', description: { text: '' } }

  it('is shown only where it is true, and is reset by a PUT without it', async () => {
    const bo = await service.user()
    const me = async (method: string, json: object) => (await call(bo, method, '/users/me', json)).body.data
    expect(await dataOf(bo, '/users/me')).not.toHaveProperty('locked')
    expect(await me('PATCH', { locked: true })).toMatchObject({ locked: true })
    expect(await me('PATCH', { name: 'Bo' })).toMatchObject({ name: 'Bo', locked: true })
    expect(await me('PUT', { ...PUT, locked: true })).toMatchObject({ locked: true })
    expect(await me('PUT', PUT)).not.toHaveProperty('locked')
    expect(await me('PATCH', { locked: true })).toMatchObject({ locked: true })
    expect(await me('PATCH', { locked: false })).not.toHaveProperty('locked')
    const [row] = await parts.graph.read('test/locked', 'MATCH (u:User {id: $id}) RETURN u.locked', {
      id: BigInt(bo.id),
    })
    expect(row).toEqual([null])
  })

  it('is written by the account system as well', async () => {
    const bo = await service.user()
    const account = async (method: string, json: object) =>
      (await service.call(method, `/users/${bo.id}`, { token: app, json })).body.data
    expect(await account('PATCH', { locked: true })).toMatchObject({ locked: true })
    expect(await account('PATCH', { name: 'B' })).toMatchObject({ locked: true })
    expect(await account('PUT', { username: bo.username })).not.toHaveProperty('locked')
  })

  it.each(['true', 1, null, {}])('refuses %j', async (locked) => {
    const bo = await service.user()
    const answer = await call(bo, 'PATCH', '/users/me', { locked })
    expect(slugOf(answer)).toBe('400 bad-request')
    expect(answer.body.meta.error_message).toContain('the field locked ')
  })
})

describe('a follow of a locked user', () => {
  it('makes a request, and changes neither counts nor lists', async () => {
    const [ada, bo] = await two()
    const answer = await follow(ada, bo)
    expect(answer.status).toBe(200)
    expect(answer.body.data).toMatchObject({
      id: bo.id,
      locked: true,
      you_follow: false,
      follows_you: false,
      you_requested: true,
      you_can_follow: true,
      counts: { following: 0, followers: 0 },
    })
    expect(await dataOf(ada, `/users/${bo.id}`)).toEqual(answer.body.data)
    expect(await idsOf(ada, '/users/me/following')).toEqual([])
    expect(await dataOf(ada, `/users/${bo.id}/followers/ids`)).toEqual([])
    expect([await waiting(bo), await sent(ada)]).toEqual([[ada.id], [bo.id]])
    expect([await waiting(ada), await sent(bo)]).toEqual([[], []])
  })

  it('is idempotent, by POST and PUT, and the request keeps its pagination_id', async () => {
    const [ada, bo] = await waitingPair()
    const [before] = await dataOf(bo, '/users/me/requests')
    for (const method of ['POST', 'PUT', 'POST'])
      expect((await call(ada, method, `/users/${bo.id}/follow`)).body.data.you_requested).toBe(true)
    expect(await dataOf(bo, '/users/me/requests')).toEqual([before])
    expect(before.requested_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  })

  it('is a follow where the locked user follows the caller', async () => {
    const [ada, bo] = await two()
    await follow(bo, ada)
    const { data } = (await follow(ada, bo)).body
    expect(data).toMatchObject({ you_follow: true, counts: { followers: 1 } })
    expect(data).not.toHaveProperty('you_requested')
  })

  it('leaves followers of before as they are', async () => {
    const [ada, bo] = (await service.users(2)) as [Person, Person]
    await follow(ada, bo)
    await call(bo, 'PATCH', '/users/me', { locked: true })
    const { data } = (await follow(ada, bo)).body
    expect(data).toMatchObject({ you_follow: true, locked: true })
    expect(data).not.toHaveProperty('you_requested')
  })

  it('is refused as any follow is: oneself, a block, the bot rule, the limit', async () => {
    const [ada, bo] = await two()
    expect(slugOf(await follow(bo, bo))).toBe('400 self-follow')
    await call(bo, 'POST', `/users/${ada.id}/block`)
    expect(slugOf(await follow(ada, bo))).toBe('403 blocked')
    const bot = await service.user({ type: 'bot' })
    expect(slugOf(await follow(bot, bo))).toBe('403 bot-rule')
    const full = await startTestService({ MAX_FOLLOWING: '0' })
    const eve = await service.user()
    const answer = await full.call('POST', `/users/${bo.id}/follow`, { token: eve.token })
    expect(slugOf(answer)).toBe('507 follow-limit')
    expect(await waiting(bo)).toEqual([])
  })

  it('shows you_requested in every list and single User, to the one who asked only', async () => {
    const [ada, bo] = await waitingPair()
    const eve = await service.user()
    await follow(bo, eve)
    const own = async (by: Person, path: string) =>
      (await dataOf(by, path)).find(({ id }: Person) => id === bo.id).you_requested
    // A second time each, because the memory answers from then on.
    for (const _ of [1, 2, 3]) {
      for (const path of [`/users/${eve.id}/followers`, `/users?ids=${bo.id}`, '/users/me/requests/sent'])
        expect([path, await own(ada, path)]).toEqual([path, true])
      expect(await dataOf(ada, `/users/search?q=@${bo.username}`)).toMatchObject([{ you_requested: true }])
      expect(await own(eve, `/users/${eve.id}/followers`)).toBeUndefined()
      expect(await dataOf(bo, `/users/${ada.id}`)).not.toHaveProperty('you_requested')
      expect((await service.call('GET', `/users/${bo.id}`)).body.data).not.toHaveProperty('you_requested')
    }
    await call(ada, 'DELETE', `/users/${bo.id}/follow`)
    expect(await own(ada, `/users/${eve.id}/followers`)).toBeUndefined()
    await follow(ada, bo)
    expect(await own(ada, `/users/${eve.id}/followers`)).toBe(true)
  })
})

describe('a request ends', () => {
  it('if it is taken back', async () => {
    const [ada, bo] = await waitingPair()
    for (const _ of [1, 2]) {
      const { status, body } = await call(ada, 'DELETE', `/users/${bo.id}/follow`)
      expect([status, body.data.you_follow]).toEqual([200, false])
      expect(body.data).not.toHaveProperty('you_requested')
    }
    expect([await waiting(bo), await sent(ada)]).toEqual([[], []])
  })

  it.each([
    ['by the one who was asked', 1],
    ['by the one who asked', 0],
  ])('if one blocks the other: %s', async (_, blocker) => {
    const pair = await waitingPair()
    const [ada, bo] = pair
    const blocked = await call(pair[blocker]!, 'POST', `/users/${pair[1 - blocker]!.id}/block`)
    expect(blocked.body.data).not.toHaveProperty('you_requested')
    expect([await waiting(bo), await sent(ada)]).toEqual([[], []])
    await call(pair[blocker]!, 'DELETE', `/users/${pair[1 - blocker]!.id}/block`)
    expect([await waiting(bo), await sent(ada)]).toEqual([[], []])
  })

  it('if both asked each other, by one block', async () => {
    const [ada, bo] = [await service.user({ locked: true }), await service.user({ locked: true })]
    await follow(ada, bo)
    await follow(bo, ada)
    await call(ada, 'POST', `/users/${bo.id}/block`)
    for (const one of [ada, bo]) expect([await waiting(one), await sent(one)]).toEqual([[], []])
  })

  it('in a follow, once the user is no longer locked and is followed again', async () => {
    const [ada, bo] = await waitingPair()
    await call(bo, 'PATCH', '/users/me', { locked: false })
    expect([await waiting(bo), await sent(ada)]).toEqual([[ada.id], [bo.id]])
    const { data } = (await follow(ada, bo)).body
    expect(data).toMatchObject({ you_follow: true, counts: { followers: 1 } })
    expect(data).not.toHaveProperty('you_requested')
    expect([await waiting(bo), await sent(ada)]).toEqual([[], []])
  })

  it('with either of its users', async () => {
    for (const gone of [0, 1]) {
      const pair = await waitingPair()
      const remove = await service.call('DELETE', `/users/${pair[gone]!.id}`, { token: app })
      expect(remove.status).toBe(200)
      const [row] = await parts.graph.read(
        'test/requests',
        'MATCH ()-[q:REQUESTS]->() WHERE q.requester_id = $id OR q.requested_id = $id RETURN count(q)',
        { id: BigInt(pair[1 - gone]!.id) },
      )
      expect(row).toEqual([0n])
    }
  })
})

describe('POST users/me/requests/{user_id}', () => {
  it('makes the follow now, and answers the User who asked', async () => {
    const [ada, bo] = await waitingPair()
    const [request] = await dataOf(bo, '/users/me/requests')
    const answer = await call(bo, 'POST', `/users/me/requests/${ada.id}`)
    expect(answer.status).toBe(200)
    expect(answer.body.data).toMatchObject({
      id: ada.id,
      follows_you: true,
      you_follow: false,
      counts: { following: 1, followers: 0 },
    })
    expect([await waiting(bo), await sent(ada)]).toEqual([[], []])
    const [follower] = await dataOf(bo, '/users/me/followers')
    expect(follower.id).toBe(ada.id)
    expect(BigInt(follower.pagination_id)).toBeGreaterThan(BigInt(request.pagination_id))
    const seen = await dataOf(ada, `/users/${bo.id}`)
    expect(seen).toMatchObject({ you_follow: true, counts: { followers: 1 } })
    expect(seen).not.toHaveProperty('you_requested')
    expect(slugOf(await call(bo, 'POST', `/users/me/requests/${ada.id}`))).toBe('404 not-requested')
    expect(slugOf(await call(bo, 'DELETE', `/users/me/requests/${ada.id}`))).toBe('404 not-requested')
  })

  it('takes @username, also of a request to somebody who is no longer locked', async () => {
    const [ada, bo] = await waitingPair()
    await call(bo, 'PATCH', '/users/me', { locked: false })
    const answer = await call(bo, 'POST', `/users/me/requests/@${ada.username.toUpperCase()}`)
    expect(answer.body.data).toMatchObject({ id: ada.id, follows_you: true })
  })

  it('checks the rules again, and leaves the request where they forbid the follow', async () => {
    const [ada, bo] = await waitingPair()
    const change = (type: string) => service.call('PATCH', `/users/${ada.id}`, { token: app, json: { type } })
    await change('bot')
    expect(slugOf(await call(bo, 'POST', `/users/me/requests/${ada.id}`))).toBe('403 bot-rule')
    expect(await waiting(bo)).toEqual([ada.id])
    await change('human')
    expect((await call(bo, 'POST', `/users/me/requests/${ada.id}`)).status).toBe(200)
  })

  it('checks the limit of the app by which the request was made', async () => {
    const bo = await service.user({ locked: true })
    const [ada, other] = (await service.users(2)) as [Person, Person]
    const limited = { name: 'L', link: '', scopes: ['basic'], maxFollowing: 1n }
    const { client_id } = await parts.tokens.createClient(limited)
    const tokens = ['basic', 'follow']
    const made = await parts.tokens.create({
      ...{ kind: 'user', userId: BigInt(ada.id), clientId: client_id, scopes: tokens, expiresAt: null },
    })
    const byApp = { ...ada, token: made!.text }
    expect((await follow(byApp, bo)).body.data.you_requested).toBe(true)
    // The follow of another user by an app without a limit.
    await follow(ada, other)
    const refused = await call(bo, 'POST', `/users/me/requests/${ada.id}`)
    expect(slugOf(refused)).toBe('507 follow-limit')
    expect(await waiting(bo)).toEqual([ada.id])
    const bulk = await call(bo, 'POST', '/users/me/requests', { accept: [ada.id] })
    expect(bulk.body.data).toMatchObject([{ target: ada.id, code: 507, error_slug: 'follow-limit' }])
    expect((await follow(byApp, bo)).status).toBe(200)
    await call(ada, 'DELETE', `/users/${other.id}/follow`)
    expect((await call(bo, 'POST', `/users/me/requests/${ada.id}`)).status).toBe(200)
  })

  it('checks MAX_FOLLOWING where the app has no limit of its own', async () => {
    const [ada, bo] = await waitingPair()
    const full = await startTestService({ MAX_FOLLOWING: '0' })
    const accept = () => full.call('POST', `/users/me/requests/${ada.id}`, { token: bo.token })
    expect(slugOf(await accept())).toBe('507 follow-limit')
    expect(await waiting(bo)).toEqual([ada.id])
  })

  it('answers 404 not-requested for who has not asked, oneself too, and not-found for nobody', async () => {
    const [ada, bo] = await two()
    for (const method of ['POST', 'DELETE']) {
      for (const id of [ada.id, bo.id, 'me'])
        expect(slugOf(await call(bo, method, `/users/me/requests/${id}`))).toBe('404 not-requested')
      for (const id of ['1234567', '@nobody_of_this_name'])
        expect(slugOf(await call(bo, method, `/users/me/requests/${id}`))).toBe('404 not-found')
    }
  })

  it('needs a user token with the scope follow, as both lists do', async () => {
    const [ada, bo] = await waitingPair()
    const basic = { ...bo, token: await service.tokenFor(bo, ['basic']) }
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/sent'],
      ['POST', ''],
      ['POST', `/${ada.id}`],
      ['DELETE', `/${ada.id}`],
    ] as const) {
      const json = method === 'POST' && path === '' ? { accept: [] } : undefined
      expect(slugOf(await call(basic, method, `/users/me/requests${path}`, json))).toBe('403 missing-scope')
      expect(slugOf(await call({ ...bo, token: app }, method, `/users/me/requests${path}`, json))).toBe(
        '403 wrong-token',
      )
    }
    expect(slugOf(await call(bo, 'PUT', `/users/me/requests/${ada.id}`))).toBe('405 method-not-allowed')
    expect((await call(bo, 'OPTIONS', '/users/me/requests')).headers.get('allow')).toBe('GET,POST')
    expect((await call(bo, 'OPTIONS', '/users/me/requests/sent')).headers.get('allow')).toBe('GET')
    expect(await waiting(bo)).toEqual([ada.id])
  })
})

describe('DELETE users/me/requests/{user_id}', () => {
  it('refuses; the other may ask again', async () => {
    const [ada, bo] = await waitingPair()
    const answer = await call(bo, 'DELETE', `/users/me/requests/${ada.id}`)
    expect(answer.body.data).toMatchObject({ id: ada.id, follows_you: false, counts: { following: 0 } })
    expect([await waiting(bo), await sent(ada)]).toEqual([[], []])
    expect(await dataOf(ada, `/users/${bo.id}`)).not.toHaveProperty('you_requested')
    expect((await follow(ada, bo)).body.data.you_requested).toBe(true)
  })
})

describe('many at once', () => {
  it('are accepted and refused in the order of the input, each with its outcome', async () => {
    const bo = await service.user({ locked: true })
    const [ada, eve, ian, joe] = (await service.users(4)) as [Person, Person, Person, Person]
    for (const one of [ada, eve, ian]) await follow(one, bo)
    const { status, body } = await call(bo, 'POST', '/users/me/requests', {
      refuse: [eve.id, ada.id],
      accept: [ada.id, `@${ian.username}`, joe.id, '@nobody_of_this_name'],
    })
    expect(status).toBe(200)
    expect(body.data).toMatchObject([
      { user: { id: ada.id, follows_you: true } },
      { user: { id: ian.id, follows_you: true } },
      { target: joe.id, code: 404, error_slug: 'not-requested' },
      { target: '@nobody_of_this_name', code: 404, error_slug: 'not-found' },
      { user: { id: eve.id, follows_you: false } },
      { target: ada.id, code: 404, error_slug: 'not-requested' },
    ])
    expect(await waiting(bo)).toEqual([])
    expect(new Set(await idsOf(bo, '/users/me/followers'))).toEqual(new Set([ada.id, ian.id]))
  })

  it.each([
    [{ accept: 'x' }, 'accept must be a list'],
    [{ refuse: [1] }, 'every entry of refuse must be a string'],
    [[], '"accept", "refuse" or both'],
    [{ accept: Array(150).fill('1'), refuse: Array(51).fill('1') }, 'over 200 entries'],
    [{ accept: Array(201).fill('1') }, 'over 200 entries'],
  ])('%# are a 400 that says why', async (json, message) => {
    const bo = await service.user()
    const answer = await call(bo, 'POST', '/users/me/requests', json)
    expect(slugOf(answer)).toBe('400 bad-request')
    expect(answer.body.meta.error_message).toContain(message)
  })

  it('POST follows makes requests and takes them back', async () => {
    const [ada, bo] = await two()
    const eve = await service.user()
    const made = await call(ada, 'POST', '/follows', { follow: [bo.id, eve.id] })
    expect(made.body.data).toMatchObject([
      { user: { id: bo.id, you_follow: false, you_requested: true } },
      { user: { id: eve.id, you_follow: true } },
    ])
    expect(made.body.data[1].user).not.toHaveProperty('you_requested')
    expect(await sent(ada)).toEqual([bo.id])
    const ended = await call(ada, 'POST', '/follows', { unfollow: [bo.id] })
    expect(ended.body.data[0].user).not.toHaveProperty('you_requested')
    expect(await sent(ada)).toEqual([])
  })
})

it('GET relationships says requested and requested_by where the source is the caller', async () => {
  const [ada, bo] = await waitingPair()
  const eve = await service.user()
  const between = (by: Person, source: string, target: Person) =>
    dataOf(by, `/relationships?source=${source}&targets=${target.id},${eve.id}`)
  const none = { requested: false, requested_by: false }
  expect(await between(ada, 'me', bo)).toMatchObject([
    { following: false, requested: true, requested_by: false, can_follow: true },
    none,
  ])
  expect(await between(bo, bo.id, ada)).toMatchObject([{ requested: false, requested_by: true }, none])
  for (const one of await between(eve, ada.id, bo)) {
    expect(one).not.toHaveProperty('requested')
    expect(one).not.toHaveProperty('requested_by')
  }
})

it('the kit makes and accepts requests', async () => {
  const [ada, bo] = await two()
  await service.follow(ada, bo)
  expect(await waiting(bo)).toEqual([ada.id])
  await service.accept(bo, ada)
  expect(await idsOf(bo, '/users/me/followers')).toEqual([ada.id])
  await expect(service.accept(bo, ada)).rejects.toThrow(
    `user ${bo.id} cannot accept a request of user ${ada.id}: not-requested`,
  )
  await expect(service.accept(bo, '1234567')).rejects.toThrow('There is no user 1234567: create it first.')
})
