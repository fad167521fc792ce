// Requests that arrive together share a query; each caller still gets its own viewer fields and makes its own changes.
import { expect, it } from 'vitest'
import { untilAnswered } from '../support/patiently.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const star = await service.user()
const fans = await service.users(24)
const app = await service.appToken()
/** Which users follow, mute and block: every combination, the first one with none. */
const does = (n: number) => ({ follows: n % 2 === 1, mutes: n % 4 > 1, blocks: n % 8 > 3 })
await Promise.all(
  fans.map(async ({ token }, n) => {
    const ask = async (action: string) => {
      const path = `/users/${star.id}/${action}`
      const { status, text } = await untilAnswered(() => service.call('POST', path, { token }))
      expect(status, text).toBe(200)
    }
    const { follows, mutes, blocks } = does(n)
    if (mutes) await ask('mute')
    if (blocks) await ask('block')
    if (follows && !blocks) await ask('follow')
  }),
)
const seen = (n: number) => {
  const { follows, mutes, blocks } = does(n)
  const follow = follows && !blocks
  return { you_follow: follow, you_muted: mutes, you_blocked: blocks, you_can_follow: !blocks }
}
/** Calls at the same time: one for each user, and some by an app and without a token in between. */
const together = (path: (n: number) => string, by = fans) =>
  Promise.all(by.map(({ token }, n) => service.call('GET', path(n), { token })))

it('one user, read by many: each gets its own viewer fields, an app none', async () => {
  const [mine, apps, nobodys] = await Promise.all([
    together(() => `/users/${star.id}`),
    Promise.all(fans.map(() => service.call('GET', `/users/${star.id}`, { token: app }))),
    Promise.all(fans.map(() => service.call('GET', `/users/${star.id}`))),
  ])
  mine.forEach(({ body }, n) => {
    expect(body.data, `fan ${n}`).toMatchObject(seen(n))
  })
  for (const { body } of [...apps, ...nobodys]) expect(body.data).not.toHaveProperty('you_follow')
})

it('one page, read by many: the same users, with the viewer fields of each caller', async () => {
  await service.follow(star, fans[0]!)
  const mine = await together(() => `/users/${fans[0]!.id}/followers`)
  mine.forEach(({ body }, n) => {
    expect(body.data).toHaveLength(1)
    expect(body.data[0], `fan ${n}`).toMatchObject({ id: star.id, ...seen(n) })
  })
})

it('each caller gets its own list, profile and relationships', async () => {
  const [muted, blocked, me, relationships] = await Promise.all([
    together(() => '/users/me/muted'),
    together(() => '/users/me/blocked'),
    together(() => '/users/me'),
    together(() => `/relationships?source=me&targets=${star.id}`),
  ])
  fans.forEach(({ id }, n) => {
    const { mutes, blocks } = does(n)
    expect(muted[n]!.body.data, `fan ${n}`).toHaveLength(mutes ? 1 : 0)
    expect(blocked[n]!.body.data, `fan ${n}`).toHaveLength(blocks ? 1 : 0)
    expect(me[n]!.body.data.id).toBe(id)
    expect(relationships[n]!.body.data[0]).toMatchObject({
      following: seen(n).you_follow,
      muted: mutes,
      blocked: blocks,
    })
  })
})

it('each caller makes its own changes', async () => {
  const other = await service.user()
  const wishes = fans.map((_, n) => n % 3 === 0)
  const answers = await Promise.all(
    fans.map(({ token }, n) =>
      service.call(wishes[n] ? 'POST' : 'DELETE', `/users/${other.id}/follow`, { token }),
    ),
  )
  answers.forEach(({ body }, n) => {
    expect(body.data.you_follow, `fan ${n}`).toBe(wishes[n])
  })
  const { body } = await service.call('GET', `/users/${other.id}/followers/ids`, { token: app })
  expect([...body.data].sort()).toEqual(
    fans
      .filter((_, n) => wishes[n])
      .map(({ id }) => id)
      .sort(),
  )
})

it('follows made together have ids of their own, above all earlier ones', async () => {
  const other = await service.user()
  const ids: bigint[] = []
  for (const wave of [fans.slice(0, 3), fans.slice(3, 14), fans.slice(14)]) {
    const statuses = await Promise.all(
      wave.map(
        async ({ token }) => (await service.call('POST', `/users/${other.id}/follow`, { token })).status,
      ),
    )
    expect(new Set(statuses)).toEqual(new Set([200]))
    const since = ids[0] ?? 0n
    const page = await service.call('GET', `/users/${other.id}/followers?count=200&since_id=${since}`, {
      token: app,
    })
    const made = page.body.data.map((user: { pagination_id: string }) => BigInt(user.pagination_id))
    expect(made).toHaveLength(wave.length)
    ids.unshift(...made)
  }
  expect(new Set(ids).size).toBe(fans.length)
})
