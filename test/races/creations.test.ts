// Many who are created at once travel together: each gets what it was given or an id of its own, and one that is refused hurts nobody.
import { expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const app = await service.appToken()
const put = (id: string, json: unknown) => service.call('PUT', `/users/${id}`, { token: app, json })
const idsFrom = (first: string, count: number) =>
  Array.from({ length: count }, (_, n) => String(BigInt(first) + 1_000_000_000n + BigInt(n)))
const { id: some } = await service.createUser()
const nameOf = (id: string) => `at${BigInt(id).toString(36)}`

it('three hundred users and their tokens, one refused among them', async () => {
  const ids = idsFrom(some, 300)
  const taken = nameOf(ids[7]!)
  const answers = await Promise.all(ids.map((id, n) => put(id, { username: n === 150 ? taken : nameOf(id) })))
  const refused = answers.filter(({ status }) => status !== 200)
  expect(refused.map(({ status, body }) => [status, body.meta.error_slug])).toEqual([[400, 'username-taken']])
  const made = ids.filter((_, n) => answers[n]!.status === 200)
  const tokens = await Promise.all(made.map((id) => service.tokenFor(id, ['basic'])))
  const seen = await Promise.all(tokens.map((token) => service.call('GET', '/users/me', { token })))
  expect(seen.map(({ body }) => body.data?.id)).toEqual(made)
}, 60_000)

it('one id given by many: one user, whose name is one of those that were given', async () => {
  const [id] = idsFrom(String(BigInt(some) + 1_000_000n), 1)
  const answers = await Promise.all([1, 2, 3, 4].map((n) => put(id!, { username: `${nameOf(id!)}${n}` })))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  const { body } = await service.call('GET', `/users/${id}`, { token: app })
  expect([1, 2, 3, 4].map((n) => `${nameOf(id!)}${n}`)).toContain(body.data.username)
})
