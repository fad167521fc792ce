// appdotnet, the Node client of 2012, against the running service: only its host is set.
import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'
import { load } from './tools.ts'

type Envelope<T> = { data: T; meta: { code: number; error_slug?: string; more?: boolean } }
type User = { id: string; you_follow?: boolean; you_muted?: boolean }
type Done<T> = (error: unknown, answer: T) => void
type Client = {
  getUser(id: string, done: Done<Envelope<User>>): void
  followUser(id: string, done: Done<Envelope<User>>): void
  unfollowUser(id: string, done: Done<Envelope<User>>): void
  muteUser(id: string, done: Done<Envelope<User>>): void
  unmuteUser(id: string, done: Done<Envelope<User>>): void
  listFollowing(id: string, done: Done<Envelope<User[]>>): void
  listFollowers(id: string, done: Done<Envelope<User[]>>): void
  listMutedUsers(id: string, done: Done<Envelope<User[]>>): void
  checkToken(done: Done<Envelope<{ user: User; scopes: string[] }>>): void
}
type AppDotNet = {
  host: string
  authHost: string
  create(token: string): Client
  requestAccessToken(params: Record<string, string>, done: Done<unknown>): void
}

const service = await startTestService()
const library = load('appdotnet') as AppDotNet
library.authHost = service.url
const first = randomInt(2 ** 40) * 10
const [me, bo] = await Promise.all([service.user({ id: first + 1 }), service.user({ id: first + 2 })])

/** A call with a callback as a promise. */
const asked = <T>(ask: (done: Done<T>) => void) =>
  new Promise<T>((resolve, reject) => ask((error, answer) => (error ? reject(error) : resolve(answer))))

describe.each(['/stream/0', ''])('appdotnet at %j', (base) => {
  const client = () => {
    library.host = service.url + base
    return library.create(me.token)
  }

  it.each([
    ['an id', bo.id],
    ['a name', `@${bo.username}`],
  ])('getUser by %s', async (_, name) => {
    const { data, meta } = await asked<Envelope<User>>((done) => client().getUser(name, done))
    expect(data).toMatchObject({ id: bo.id, username: bo.username, you_follow: false })
    expect(meta).toEqual({ code: 200 })
  })

  it('followUser, listFollowing, listFollowers, unfollowUser', async () => {
    const followed = await asked<Envelope<User>>((done) => client().followUser(bo.id, done))
    expect(followed.data).toMatchObject({ id: bo.id, you_follow: true })
    const following = await asked<Envelope<User[]>>((done) => client().listFollowing('me', done))
    expect(following.data.map(({ id }) => id)).toEqual([bo.id])
    expect(following.meta.more).toBe(false)
    const followers = await asked<Envelope<User[]>>((done) => client().listFollowers(bo.id, done))
    expect(followers.data.map(({ id }) => id)).toEqual([me.id])
    const unfollowed = await asked<Envelope<User>>((done) => client().unfollowUser(bo.id, done))
    expect(unfollowed.data).toMatchObject({ id: bo.id, you_follow: false })
  })

  it('muteUser, listMutedUsers, unmuteUser', async () => {
    const muted = await asked<Envelope<User>>((done) => client().muteUser(bo.id, done))
    expect(muted.data).toMatchObject({ you_muted: true })
    const list = await asked<Envelope<User[]>>((done) => client().listMutedUsers('me', done))
    expect(list.data.map(({ id }) => id)).toEqual([bo.id])
    const unmuted = await asked<Envelope<User>>((done) => client().unmuteUser(bo.id, done))
    expect(unmuted.data).toMatchObject({ you_muted: false })
  })

  it('checkToken', async () => {
    const { data } = await asked<Envelope<{ user: User; scopes: string[] }>>((done) =>
      client().checkToken(done),
    )
    expect(data.user.id).toBe(me.id)
    expect(data.scopes).toContain('follow')
  })

  it('is handed failures as an envelope without data', async () => {
    const { data, meta } = await asked<Envelope<User>>((done) => client().getUser('@nobody_at_all', done))
    expect(data).toBeUndefined()
    expect(meta).toMatchObject({ code: 404, error_slug: 'not-found' })
  })
})

// The grant by authorization code belongs to an identity provider; the client is told so in the words of OAuth.
it('requestAccessToken is refused with the error of RFC 6749', async () => {
  const params = { client_id: 'x', client_secret: 'y', redirect_uri: 'http://localhost/', code: 'z' }
  const refused = asked((done) => library.requestAccessToken(params, done))
  await expect(refused).rejects.toBe('unsupported_grant_type')
})
