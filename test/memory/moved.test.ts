// Changes update the memory, and pages still come from memory afterwards (docs/decisions/013).
import { describe, expect, it, vi } from 'vitest'
import { changeOf, type Person } from '../lists/fixtures.ts'
import { readerOf, type Shown } from '../support/reader.ts'
import { startTestService } from '../support/service.ts'

vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()
const { read, readAnew, counted, warm } = readerOf(service)
const change = changeOf(service)

describe('what our own changes move', () => {
  /** What is shown, from memory. */
  async function remembered(path: string, token: string): Promise<Shown[]> {
    const before = await counted()
    const page = await read(path, token)
    const after = await counted()
    expect([after.hit - before.hit, after.miss - before.miss], path).toEqual([1, 0])
    return page
  }
  const first = (page: Shown[], id: string) => page.find((row) => row.id === id)

  it('is put into the pages that show it, and these are told on', async () => {
    const [star, viewer, fan, ...others] = (await service.users(6)) as [Person, Person, Person, ...Person[]]
    await change('POST', 'follow', fan, star)
    // The first of all to end makes Neo4j note a new name of a property, in a transaction of its own.
    await change('DELETE', 'follow', fan, star)
    await change('POST', 'follow', fan, star)
    const path = `/users/${star.id}/followers`
    await warm(path, viewer.token)
    const numbers = (row: Shown | undefined) => [row?.you_follow, row?.follows_you, row?.counts]
    const counts = (following: number, followers: number) => ({ following, followers, posts: 0, stars: 0 })
    const steps: [make: () => Promise<unknown>, shown: unknown[]][] = [
      [() => change('POST', 'follow', viewer, fan), [true, false, counts(1, 1)]],
      [() => change('POST', 'follow', viewer, fan), [true, false, counts(1, 1)]],
      [() => change('POST', 'follow', fan, viewer), [true, true, counts(2, 1)]],
      [() => change('POST', 'follow', others[0] as Person, fan), [true, true, counts(2, 2)]],
      [() => change('POST', 'follow', fan, others[1] as Person), [true, true, counts(3, 2)]],
      [() => change('DELETE', 'follow', viewer, fan), [false, true, counts(3, 1)]],
      [() => change('DELETE', 'follow', viewer, fan), [false, true, counts(3, 1)]],
      [() => change('DELETE', 'follow', fan, viewer), [false, false, counts(2, 1)]],
      [
        () => service.call('DELETE', `/users/me/followers/${others[0]?.id}`, { token: fan.token }),
        [false, false, counts(2, 0)],
      ],
      // Made and ended in one transaction.
      [
        async () => {
          const both = { follow: [fan.id], unfollow: [fan.id] }
          const answer = await service.call('POST', '/follows', { token: viewer.token, json: both })
          expect(answer.status, answer.text).toBe(200)
        },
        [false, false, counts(2, 0)],
      ],
    ]
    for (const [make, shown] of steps) {
      await make()
      const row = first(await remembered(path, viewer.token), fan.id)
      expect(numbers(row)).toEqual(shown)
      expect(row).toEqual(first(await readAnew(path, viewer.token), fan.id))
    }
  })

  it('stands above a page further back, which is told on', async () => {
    const [star, viewer, ...fans] = (await service.users(9)) as [Person, Person, ...Person[]]
    for (const fan of fans.slice(0, 6)) await change('POST', 'follow', fan, star)
    const path = `/users/${star.id}/followers`
    const [, second] = await warm(path, viewer.token)
    const back = `${path}?before_id=${second?.pagination_id}&count=3`
    const ahead = `${path}?before_id=${2n ** 62n}&count=3`
    const page = await warm(back, viewer.token)
    expect(page.map(({ id }) => id)).toEqual([3, 2, 1].map((n) => fans[n]?.id))
    await warm(ahead, viewer.token)
    await change('POST', 'follow', fans[6] as Person, star)
    expect(await remembered(back, viewer.token)).toEqual(page)
    expect((await read(ahead, viewer.token)).map(({ id }) => id)).toEqual([6, 5, 4].map((n) => fans[n]?.id))
    await change('DELETE', 'follow', fans[2] as Person, star)
    expect((await read(back, viewer.token)).map(({ id }) => id)).toEqual([3, 1, 0].map((n) => fans[n]?.id))
  })

  it('leaves the pages that hold none of it', async () => {
    const [star, viewer, fan, other] = (await service.users(4)) as [Person, Person, Person, Person]
    await change('POST', 'follow', fan, star)
    const path = `/users/${star.id}/followers`
    const page = await warm(path, viewer.token)
    await change('POST', 'follow', star, other)
    await change('POST', 'mute', other, star)
    await change('POST', 'block', other, viewer)
    await warm(path, fan.token)
    expect(await read(path, fan.token)).toEqual(await readAnew(path, fan.token))
    expect(await read(path, viewer.token)).toEqual(page)
  })
})
