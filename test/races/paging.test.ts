// Whoever pages or polls while others write loses nothing and sees nothing twice.
import { describe, expect, it, vi } from 'vitest'
import { people } from '../lists/fixtures.ts'
import { untilAnswered } from '../support/patiently.ts'
import { measured, runs, scale, stopwatch } from '../support/scale.ts'
import { type Answered, startTestService, type TestService } from '../support/service.ts'

type Person = Awaited<ReturnType<TestService['user']>>
vi.setConfig({ testTimeout: scale(60_000, 3_600_000) })
const services = [await startTestService(), await startTestService()]
const service = services[0]!

const target = (answer: Answered, rel: string): string | undefined =>
  answer.headers.get('link')?.match(new RegExp(`<([^>]*)>; rel="${rel}"`))?.[1]

describe.each(['next from the newest', 'prev from the oldest'])('6: paging by rel=%s', (way) => {
  it('under four writers shows every constant follow exactly once', async () => {
    const [most, more] = [runs(4, 1_000) / 2, stopwatch()]
    const owner = await service.user()
    const constant = await people(service, 80)
    const coming = await service.users(16)
    // Constant follows and those that come and go stand between each other.
    for (const [n, { id }] of constant.entries()) {
      await service.follow(id, owner)
      if (n % 5 === 0) await service.follow(coming[n / 5]!, owner)
    }
    let [busy, changes, pages, walks] = [true, 0, 0, 0]
    const began = performance.now()
    const writers = [0, 1, 2, 3].map(async (w) => {
      for (let n = w; busy; n = (n + 4) % coming.length) {
        const { token } = coming[n]!
        await services[w % 2]!.call('DELETE', `/users/${owner.id}/follow`, { token })
        await services[w % 2]!.call('POST', `/users/${owner.id}/follow`, { token })
        changes += 2
      }
    })
    try {
      const wanted = new Set(constant.map(({ id }) => id))
      for (; walks < most && more(); walks += 1) {
        const seen: string[] = []
        const cursors: bigint[] = []
        const trail: string[] = []
        const [rel, count] = way.startsWith('next') ? ['next', 7] : ['prev', -7]
        for (
          let path: string | undefined = `/users/${owner.id}/followers?count=${count}`;
          path !== undefined;
        ) {
          const asked: string = path
          const answer: Answered = await untilAnswered(() =>
            service.call('GET', asked, { token: owner.token }),
          )
          expect(answer.status).toBe(200)
          pages += 1
          const data = answer.body.data as { id: string; pagination_id: string }[]
          seen.push(...data.map(({ id }) => id))
          cursors.push(...data.map(({ pagination_id }) => BigInt(pagination_id)))
          trail.push(`${path}: ${data.length} rows, ${JSON.stringify(answer.body.meta)}`)
          const link = target(answer, rel as string)
          path = link === undefined ? undefined : asked.split('?')[0] + link
          // Up the list the writers add for ever; the constant follows are older than what they add.
          if (rel === 'prev' && [...wanted].every((id) => seen.includes(id))) break
        }
        const missed = [...wanted].filter((id) => !seen.includes(id))
        expect(missed, `missed in walk ${walks}: ${trail.join('; ')}`).toEqual([])
        expect(seen.filter((id) => wanted.has(id)).length).toBe(wanted.size)
        expect(new Set(cursors).size).toBe(cursors.length)
      }
    } finally {
      busy = false
      await Promise.all(writers)
    }
    const rate = Math.round((changes * 1_000) / (performance.now() - began))
    measured(6, `${walks} walks of ${pages} pages by rel=${way} during ${rate} changes/s, each whole`)
  })
})

describe('5: polling with since_id', () => {
  it('under many writers on two instances misses no follow, and ids only grow', async () => {
    const [writers, each] = [scale(16, 64), scale(128, 500)]
    const [most, more] = [Math.ceil(runs(each, 200_000) / each), stopwatch()]
    const crowd: Person[] = []
    while (crowd.length < each) crowd.push(...(await service.users(Math.min(64, each - crowd.length))))
    let [rounds, followed, polls] = [0, 0, 0]
    const began = performance.now()
    // An owner a round: many users follow one owner at once, and all of them follow many owners.
    for (; rounds < most && more(); rounds += 1) {
      const told = await poll(crowd, writers)
      followed += told.followed
      polls += told.polls
    }
    expect(polls).toBeGreaterThan(3)
    const rate = Math.round((followed * 1_000) / (performance.now() - began))
    measured(
      5,
      `${followed} follows of ${rounds} users by ${writers} writers (${rate}/s), ${polls} polls: none missed, none twice, ids only grew`,
    )
  })

  async function poll(crowd: Person[], width: number): Promise<{ followed: number; polls: number }> {
    const owner = await service.user()
    const first = await service.createUser()
    await service.follow(first, owner)
    let working = width
    const writers = Array.from({ length: width }, async (_, w) => {
      for (let n = w; n < crowd.length; n += width) {
        const { token } = crowd[n]!
        const answer = await untilAnswered(() =>
          services[n % 2]!.call('POST', `/users/${owner.id}/follow`, { token }),
        )
        expect(answer.status).toBe(200)
      }
      working -= 1
    })
    const seen: string[] = []
    let since = 0n
    let polls = 0
    const reading = (async () => {
      for (let last = false; !last; polls += 1) {
        last = working === 0
        for (let more = true; more; ) {
          const path = `/users/${owner.id}/followers?since_id=${since}&count=-50`
          const { token } = owner
          const answer = await untilAnswered(() => services[polls % 2]!.call('GET', path, { token }))
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
    })()
    // A writer that failed ends the test at once: its poller would wait for it for ever.
    await Promise.all([reading, ...writers])
    expect(seen[0]).toBe(first.id)
    expect([...seen].sort()).toEqual([first.id, ...crowd.map(({ id }) => id)].sort())
    return { followed: crowd.length, polls }
  }

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
