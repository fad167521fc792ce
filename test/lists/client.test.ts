// The client reads sorted and searched lists to their end, page by page.
import { beforeAll, expect, it } from 'vitest'
import { FollowGraphClient } from '../../src/client/client.ts'
import type { TestUser } from '../../src/testing.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const NAMES = ['cy', 'Ada', 'bo', 'Dora', 'eve', 'Fay', 'gus']
let star: TestUser
let client: FollowGraphClient
let fans: string[]

beforeAll(async () => {
  const owner = await service.user()
  star = owner
  client = new FollowGraphClient({ url: service.url, token: owner.token })
  const users = []
  for (const [n, name] of NAMES.entries()) {
    const user = await service.createUser({
      username: `${name}_${BigInt(owner.id).toString(36)}`.slice(0, 20),
      name,
    })
    await service.follow(user, owner)
    if (n > 0) await service.follow(users[0] as TestUser, user)
    users.push(user)
  }
  fans = users.map(({ id }) => id)
}, 60_000)

async function ids(
  params: { sort?: 'newest' | 'oldest' | 'username' | 'followers'; q?: string },
  from?: 'oldest',
) {
  const found: string[] = []
  const options = from === undefined ? {} : { from }
  for await (const { id } of client.items('followers', { user_id: star.id, count: 2, ...params }, options))
    found.push(id)
  return found
}
const those = (...places: number[]) => places.map((n) => fans[n])

it.each([
  ['newest', [6, 5, 4, 3, 2, 1, 0]],
  ['oldest', [0, 1, 2, 3, 4, 5, 6]],
  ['username', [1, 2, 0, 3, 4, 5, 6]],
  ['followers', [6, 5, 4, 3, 2, 1, 0]],
] as const)('sort: %s', async (sort, order) => {
  expect(await ids({ sort })).toEqual(those(...order))
})

it('q, from either end', async () => {
  expect(await ids({ q: 'ada' })).toEqual(those(1))
  expect(await ids({ q: 'nobody' })).toEqual([])
  const common = BigInt(star.id).toString(36).slice(0, 8)
  expect(await ids({ q: `@${common}` })).toEqual(those(6, 5, 4, 3, 2, 1, 0))
  expect(await ids({ q: `@${common}` }, 'oldest')).toEqual(those(0, 1, 2, 3, 4, 5, 6))
  expect(await ids({ q: `@${common}`, sort: 'username' })).toEqual(those(1, 2, 0, 3, 4, 5, 6))
})

it('the service refuses sort from the oldest end', async () => {
  await expect(ids({ sort: 'username' }, 'oldest')).rejects.toMatchObject({
    status: 400,
    slug: 'bad-request',
  })
})
