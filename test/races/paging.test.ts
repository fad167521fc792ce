// CONTRACT section 7: whoever pages or polls while others write loses nothing and sees nothing twice.
import { describe, expect, it } from 'vitest'
import { people } from '../lists/fixtures.ts'
import { type Answered, startTestService } from '../support/service.ts'

const services = [await startTestService(), await startTestService()]
const service = services[0]!

const target = (answer: Answered, rel: string): string | undefined =>
  answer.headers.get('link')?.match(new RegExp(`<([^>]*)>; rel="${rel}"`))?.[1]

describe.each(['next from the newest', 'prev from the oldest'])('paging by rel=%s', (way) => {
  it('under four writers shows every constant follow exactly once', async () => {
    const owner = await service.user()
    const constant = await people(service, 80)
    const coming = await service.users(16)
    // Constant follows and those that come and go stand between each other.
    for (const [n, { id }] of constant.entries()) {
      await service.follow(id, owner)
      if (n % 5 === 0) await service.follow(coming[n / 5]!, owner)
    }
    let busy = true
    const writers = [0, 1, 2, 3].map(async (w) => {
      for (let n = w; busy; n = (n + 4) % coming.length) {
        const { token } = coming[n]!
        await services[w % 2]!.call('DELETE', `/users/${owner.id}/follow`, { token })
        await services[w % 2]!.call('POST', `/users/${owner.id}/follow`, { token })
      }
    })
    try {
      const wanted = new Set(constant.map(({ id }) => id))
      for (let walk = 0; walk < 2; walk += 1) {
        const seen: string[] = []
        const cursors: bigint[] = []
        const [rel, count] = way.startsWith('next') ? ['next', 7] : ['prev', -7]
        for (
          let path: string | undefined = `/users/${owner.id}/followers?count=${count}`;
          path !== undefined;
        ) {
          const answer: Answered = await service.call('GET', path, { token: owner.token })
          expect(answer.status).toBe(200)
          const data = answer.body.data as { id: string; pagination_id: string }[]
          seen.push(...data.map(({ id }) => id))
          cursors.push(...data.map(({ pagination_id }) => BigInt(pagination_id)))
          path = target(answer, rel as string)
          // Up the list the writers add for ever; the constant follows are older than what they add.
          if (rel === 'prev' && [...wanted].every((id) => seen.includes(id))) break
        }
        expect(seen.filter((id) => wanted.has(id)).sort()).toEqual([...wanted].sort())
        expect(new Set(cursors).size).toBe(cursors.length)
      }
    } finally {
      busy = false
      await Promise.all(writers)
    }
  }, 60_000)
})

describe('polling with since_id', () => {
  it('under 16 writers on two instances misses no follow, and ids only grow', async () => {
    const owner = await service.user()
    const first = await service.createUser()
    await service.follow(first, owner)
    const crowd = await service.users(16 * 8)
    let working = 16
    const writers = Array.from({ length: 16 }, async (_, w) => {
      for (let n = w; n < crowd.length; n += 16) {
        const answer = await services[n % 2]!.call('POST', `/users/${owner.id}/follow`, {
          token: crowd[n]!.token,
        })
        expect(answer.status).toBe(200)
      }
      working -= 1
    })
    const seen: string[] = []
    let since = 0n
    let polls = 0
    for (let last = false; !last; polls += 1) {
      last = working === 0
      for (let more = true; more; ) {
        const answer = await services[polls % 2]!.call(
          'GET',
          `/users/${owner.id}/followers?since_id=${since}&count=-50`,
          { token: owner.token },
        )
        expect(answer.status).toBe(200)
        const data = answer.body.data as { id: string; pagination_id: string }[]
        for (const { id, pagination_id } of [...data].reverse()) {
          expect(BigInt(pagination_id) > since).toBe(true)
          since = BigInt(pagination_id)
          seen.push(id)
        }
        more = answer.body.meta.more
      }
    }
    await Promise.all(writers)
    expect(polls).toBeGreaterThan(3)
    expect(seen[0]).toBe(first.id)
    expect([...seen].sort()).toEqual([first.id, ...crowd.map(({ id }) => id)].sort())
  }, 60_000)

  it('gives a follow that was ended and made again a new, higher id', async () => {
    const [a, b] = await service.users(2)
    const idOf = async () =>
      (await service.call('GET', `/users/${b!.id}/followers`, { token: b!.token })).body.data[0].pagination_id
    let before = 0n
    for (let turn = 0; turn < 5; turn += 1) {
      await service.follow(a!, b!)
      const id = BigInt(await idOf())
      expect(id > before).toBe(true)
      before = id
      await service.call('DELETE', `/users/${b!.id}/follow`, { token: a!.token })
    }
  })
})
