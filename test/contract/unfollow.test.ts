// DELETE users/{user_id}/follow.
import { expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const unfollow = (target: string, token?: string) =>
  service.call('DELETE', `/stream/0/users/${target}/follow`, token === undefined ? {} : { token })

it('answers the unfollowed User with you_follow false and the new count', async () => {
  const [a, b, c] = await service.users(3)
  await service.follow(a!, b!)
  await service.follow(c!, b!)
  const answer = await unfollow(b!.id, a!.token)
  expect(answer.status).toBe(200)
  expect(answer.body.data).toMatchObject({
    id: b!.id,
    you_follow: false,
    you_can_follow: true,
    counts: { followers: 1 },
  })
  const followers = await service.call('GET', `/users/${b!.id}/followers/ids`, { token: a!.token })
  expect(followers.body.data).toEqual([c!.id])
})

it('answers 200 for a user who is not followed, and for oneself', async () => {
  const [a, b] = await service.users(2)
  expect((await unfollow(b!.id, a!.token)).body.data).toMatchObject({ id: b!.id, you_follow: false })
  const self = await unfollow('me', a!.token)
  expect([self.status, self.body.data.id]).toEqual([200, a!.id])
  expect(self.body.data).not.toHaveProperty('you_follow')
})

it('ends the follow of the caller only, not the one in the other direction', async () => {
  const [a, b] = await service.users(2)
  await service.follow(a!, b!)
  await service.follow(b!, a!)
  expect((await unfollow(`@${b!.username}`, a!.token)).body.data).toMatchObject({
    you_follow: false,
    follows_you: true,
  })
})

it('is allowed while a block exists', async () => {
  const [a, b] = await service.users(2)
  await service.call('POST', `/users/${a!.id}/block`, { token: b!.token })
  expect((await unfollow(b!.id, a!.token)).status).toBe(200)
})

it('answers 404 for an unknown user, 401 without a token, 403 for an app token or without the scope', async () => {
  const [a, b] = await service.users(2)
  for (const target of ['9223372036854775807', '@nobody_of_this_name', '007', 'ME'])
    expect((await unfollow(target, a!.token)).status).toBe(404)
  expect((await unfollow(b!.id)).status).toBe(401)
  expect((await unfollow(b!.id, await service.appToken())).body.meta.error_slug).toBe('wrong-token')
  const basic = await unfollow(b!.id, await service.tokenFor(a!, ['basic']))
  expect([basic.status, basic.body.meta.error_slug]).toEqual([403, 'missing-scope'])
})

it('never reads a body: a token in it does not count', async () => {
  const [a, b] = await service.users(2)
  const answer = await service.call('DELETE', `/users/${b!.id}/follow`, { form: { access_token: a!.token } })
  expect(answer.status).toBe(401)
})
