// Changes of one user's profile that meet: many at once, and one whose request was answered 503 meanwhile.
import { afterAll, expect, inject, it } from 'vitest'
import { monotonic } from '../../src/clock.ts'
import { openGraph } from '../../src/graph/graph.ts'
import { loadQueries } from '../../src/graph/queries.ts'
import { createAccounts } from '../../src/users/accounts.ts'
import type { Profile } from '../../src/users/profile.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const app = await service.appToken()
const graph = openGraph(inject('neo4j'))
afterAll(() => graph.close())
const accounts = createAccounts(graph, loadQueries())

it('are made one after the other; on a slow machine the last ones are a 503, and none is a 400', async () => {
  const user = await service.user()
  const fresh = { id: String(BigInt(user.id) + 1n), username: `${user.username}_7`.slice(-20) }
  const sent = Array.from({ length: 12 }, (_, n) => [
    service.call('PATCH', '/users/me', { token: user.token, json: { locale: n % 2 ? 'de' : 'en' } }),
    service.call('PATCH', `/users/${user.id}`, { token: app, json: { name: `n${n}` } }),
    service.call('PUT', `/users/${fresh.id}`, { token: app, json: { ...fresh, name: `n${n}` } }),
  ])
  const statuses = (await Promise.all(sent.flat())).map(({ status }) => status)
  expect(statuses).toContain(200)
  expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([])
})

it('is not written after its request was answered 503: the caller may have changed it again since', async () => {
  const user = await service.user()
  const until = monotonic() + 300
  const late = accounts.change(
    BigInt(user.id),
    false,
    (stored) => {
      // As long as a database that hangs.
      while (monotonic() <= until);
      return { ...(stored as Profile), name: 'late' }
    },
    true,
    until,
  )
  await expect(late).rejects.toMatchObject({ reason: 'slow' })
  expect((await service.call('GET', `/users/${user.id}`)).body.data.name).not.toBe('late')
  const never = accounts.change(BigInt(user.id), false, () => expect.unreachable(), true, until)
  await expect(never).rejects.toMatchObject({ reason: 'slow' })
})
