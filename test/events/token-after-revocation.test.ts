// A token that was made right after all tokens of its user were revoked, at another instance that reads of the revocation only later.
import { expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'
import { open } from './stream-client.ts'

const one = await startTestService()
const two = await startTestService()
const app = await one.appToken(['basic', 'provision', 'events'])

it('its long poll goes on, or ends with an empty page, and is no 401', { timeout: 60_000 }, async () => {
  // Somebody listens at the second instance, so that it reads the log all the time.
  const stream = await open(`${two.url}/events/stream?types=mute`, app)
  await stream.begun()
  const user = await one.user()
  // The second instance reads the log every 100 ms: in some of these tries it has not read of the revocation when the poll begins.
  for (let tries = 0; tries < 10; tries += 1) {
    await one.call('DELETE', `/users/${user.id}/tokens`, { token: app })
    const { text } = await one.call('POST', `/users/${user.id}/tokens`, { token: app })
    const { access_token: token } = JSON.parse(text)
    const poll = await two.call('GET', '/users/me/events?wait=1&types=mute', { token })
    expect([poll.status, poll.body.data], poll.text).toEqual([200, []])
  }
  stream.leave()
})
