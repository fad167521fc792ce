// Two changes at one instant: one relationship a pair, no follow or request across a block, counts that equal the lists.
// Long, because the races of follows and of requests share their services and functions.
import { describe, expect, it, vi } from 'vitest'
import { untilAnswered } from '../support/patiently.ts'
import { measured, scale } from '../support/scale.ts'
import { startTestService } from '../support/service.ts'

vi.setConfig({ testTimeout: scale(20_000, 900_000) })
// Two instances of the service on one graph: what holds must hold between them too.
const services = [await startTestService(), await startTestService()]
const service = services[0]!
const anyOf = (n: number) => services[n % 2]!
type Person = Awaited<ReturnType<typeof service.user>>

// A busy machine may say "later"; a repeated wish does no harm.
const call = (n: number, method: string, path: string, token?: string) =>
  untilAnswered(() => anyOf(n).call(method, path, token === undefined ? {} : { token }))
const write = (n: number, method: string, what: string, from: Person, to: Person) =>
  call(n, method, `/users/${to.id}/${what}`, from.token)
const listOf = async (list: string, of: Person): Promise<{ id: string; pagination_id: string }[]> =>
  (await call(0, 'GET', `/users/${of.id}/${list}?count=200`, of.token)).body.data
const countsOf = async (of: Person) => (await call(0, 'GET', `/users/${of.id}`)).body.data.counts

async function expectCountsToEqualLists(people: Person[]): Promise<void> {
  for (const person of people) {
    const following = await listOf('following', person)
    const followers = await listOf('followers', person)
    expect(await countsOf(person)).toMatchObject({ following: following.length, followers: followers.length })
    expect(new Set(following.map(({ id }) => id)).size).toBe(following.length)
    expect(new Set(followers.map(({ id }) => id)).size).toBe(followers.length)
  }
}

// Pairs that the first two tests go through, one after the other.
const PAIRS = scale(1, 200)

describe('3: one pair', () => {
  it('has one relationship after 50 follows at once, all answered 200, and keeps its pagination_id', async () => {
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const [a, b] = (await service.users(2)) as [Person, Person]
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, n) => write(n, n % 3 === 0 ? 'PUT' : 'POST', 'follow', a, b)),
      )
      for (const answer of answers) {
        expect(answer.status).toBe(200)
        expect(answer.body.data).toMatchObject({ you_follow: true, counts: { followers: 1 } })
      }
      const [only, ...others] = await listOf('followers', b)
      expect(others).toEqual([])
      await Promise.all(Array.from({ length: 50 }, (_, n) => write(n, 'POST', 'follow', a, b)))
      expect(await listOf('followers', b)).toMatchObject([{ id: a.id, pagination_id: only!.pagination_id }])
      await expectCountsToEqualLists([a, b])
    }
    measured(3, `${PAIRS} pairs, twice 50 follows at once: all 200, one edge each, its id kept`)
  })

  it('has one or none after follows and unfollows at once, and the last word of each answer is its own', async () => {
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const [a, b] = (await service.users(2)) as [Person, Person]
      const answers = await Promise.all(
        Array.from({ length: 60 }, async (_, n) => {
          const method = n % 2 === 0 ? 'POST' : 'DELETE'
          return { method, answer: await write(n % 5, method, 'follow', a, b) }
        }),
      )
      for (const { answer } of answers) expect(answer.status).toBe(200)
      await expectCountsToEqualLists([a, b])
      await write(0, 'DELETE', 'follow', a, b)
      expect(await listOf('followers', b)).toEqual([])
      const again = await write(1, 'POST', 'follow', a, b)
      expect(again.body.data.counts.followers).toBe(1)
    }
    measured(3, `${PAIRS} pairs, 30 follows and 30 unfollows at once: all 200, one edge or none`)
  })

  it('a read after a write of the same caller sees it, while others write', async () => {
    const [a, b, ...others] = (await service.users(5)) as [Person, Person, ...Person[]]
    let busy = true
    const noise = others.map(async (other, n) => {
      while (busy) {
        await write(n, 'POST', 'follow', other, b)
        await write(n, 'DELETE', 'follow', other, b)
      }
    })
    try {
      for (let turn = 0; turn < 10; turn += 1) {
        await write(0, 'POST', 'follow', a, b)
        const shown = await call(turn, 'GET', `/users/${b.id}`, a.token)
        expect(shown.body.data.you_follow).toBe(true)
        expect((await listOf('following', a)).map(({ id }) => id)).toEqual([b.id])
        await write(0, 'DELETE', 'follow', a, b)
        expect(await listOf('following', a)).toEqual([])
      }
    } finally {
      busy = false
      await Promise.all(noise)
    }
    await expectCountsToEqualLists([a, b, ...others])
  })
})

describe('two that act on each other', () => {
  it('follow one another at once without an error', async () => {
    const people = await service.users(20)
    for (let turn = 0; turn < 3; turn += 1) {
      const answers = await Promise.all(
        people.flatMap((person, n) => {
          const other = people[n % 2 === 0 ? n + 1 : n - 1]!
          return [write(n, 'POST', 'follow', person, other), write(n + 1, 'POST', 'follow', other, person)]
        }),
      )
      for (const answer of answers) expect(answer.status).toBe(200)
    }
    await expectCountsToEqualLists(people)
    for (const person of people) expect(await countsOf(person)).toMatchObject({ following: 1, followers: 1 })
  })

  it('never leave a follow across a block, whichever comes first', async () => {
    for (let turn = 0; turn < 8; turn += 1) {
      const [a, b] = (await service.users(2)) as [Person, Person]
      const wishes: [string, string, Person, Person][] = [
        ['POST', 'follow', a, b],
        ['POST', 'block', b, a],
        ['POST', 'follow', b, a],
        ['POST', 'follow', a, b],
      ]
      const turned = [...wishes.slice(turn % 4), ...wishes.slice(0, turn % 4)]
      const answers = await Promise.all(
        turned.map(([method, what, from, to], n) => write(n + turn, method, what, from, to)),
      )
      answers.forEach((answer, n) => {
        expect(turned[n]?.[1] === 'block' ? [200] : [200, 403]).toContain(answer.status)
      })
      expect(await listOf('following', a)).toEqual([])
      expect(await listOf('following', b)).toEqual([])
      expect((await write(0, 'POST', 'follow', a, b)).status).toBe(403)
      expect((await write(1, 'POST', 'follow', b, a)).status).toBe(403)
      expect(await countsOf(a)).toMatchObject({ following: 0, followers: 0 })
    }
  })

  it('keep counts and lists equal under a storm of every kind of change', async () => {
    const people = await service.users(6)
    const kinds: [string, string][] = [
      ['POST', 'follow'],
      ['POST', 'follow'],
      ['DELETE', 'follow'],
      ['POST', 'block'],
      ['DELETE', 'block'],
      ['POST', 'mute'],
      ['DELETE', 'mute'],
    ]
    const storm = people.map(async (person, n) => {
      for (let turn = 0; turn < 25; turn += 1) {
        const other = people[(n + 1 + ((turn * 7) % 5)) % 6]!
        const [method, what] = kinds[(turn * 5 + n * 3) % kinds.length]!
        const answer = await write(turn, method, what, person, other)
        expect([200, 403]).toContain(answer.status)
      }
    })
    await Promise.all(storm)
    await expectCountsToEqualLists(people)
    for (const person of people) {
      const blocked = new Set((await listOf('blocked', person)).map(({ id }) => id))
      for (const { id } of [...(await listOf('following', person)), ...(await listOf('followers', person))]) {
        expect(blocked.has(id)).toBe(false)
      }
    }
  })
})

describe('requests to a locked user', () => {
  const lockedUser = async () => service.user({ locked: true })
  const answerOf = (n: number, method: string, locked: Person, requester: Person) =>
    call(n, method, `/users/me/requests/${requester.id}`, locked.token)

  it('are one after 50 of one pair at once, all answered 200, and it keeps its pagination_id', async () => {
    for (let pair = 0; pair < PAIRS; pair += 1) {
      const [a, b] = [await service.user(), await lockedUser()]
      const follow = (n: number) => write(n, n % 3 === 0 ? 'PUT' : 'POST', 'follow', a, b)
      const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => follow(n)))
      for (const answer of answers) {
        expect(answer.status).toBe(200)
        expect(answer.body.data).toMatchObject({
          you_follow: false,
          you_requested: true,
          counts: { followers: 0 },
        })
      }
      const [only, ...others] = await listOf('requests', { ...b, id: 'me' })
      expect(others).toEqual([])
      await Promise.all(Array.from({ length: 50 }, (_, n) => follow(n)))
      expect(await listOf('requests/sent', { ...a, id: 'me' })).toMatchObject([
        { id: b.id, pagination_id: only!.pagination_id },
      ])
      await expectCountsToEqualLists([a, b])
    }
  })

  it('do not survive a block, whichever comes first', async () => {
    for (let turn = 0; turn < 8; turn += 1) {
      const [a, b] = [await service.user(), await lockedUser()]
      if (turn % 2 === 0) await write(0, 'POST', 'follow', a, b)
      const [by, whom] = turn % 4 < 2 ? [b, a] : [a, b]
      const [request, block] = await Promise.all([
        write(turn, 'POST', 'follow', a, b),
        write(turn + 1, 'POST', 'block', by, whom),
      ])
      expect([200, 403]).toContain(request.status)
      expect(block.status).toBe(200)
      expect(await listOf('requests', { ...b, id: 'me' })).toEqual([])
      expect(await listOf('requests/sent', { ...a, id: 'me' })).toEqual([])
      expect((await answerOf(0, 'POST', b, a)).status).toBe(404)
      await expectCountsToEqualLists([a, b])
    }
  })

  it('are accepted or taken back, never both', async () => {
    for (let turn = 0; turn < 12; turn += 1) {
      const [a, b] = [await service.user(), await lockedUser()]
      await write(0, 'POST', 'follow', a, b)
      const accept = () => answerOf(turn, 'POST', b, a)
      const takeBack = () => write(turn + 1, 'DELETE', 'follow', a, b)
      const [first, second] = turn % 2 === 0 ? [accept, takeBack] : [takeBack, accept]
      const answers = await Promise.all([first(), second()])
      const [accepted, taken] = turn % 2 === 0 ? answers : answers.reverse()
      expect(taken!.status).toBe(200)
      expect([200, 404]).toContain(accepted!.status)
      if (accepted!.status === 404) expect(accepted!.body.meta.error_slug).toBe('not-requested')
      // The unfollow ends the request or the follow, whichever there is: at the end there is neither.
      expect(await listOf('followers', b)).toEqual([])
      expect(await listOf('requests', { ...b, id: 'me' })).toEqual([])
      await expectCountsToEqualLists([a, b])
    }
  })

  it('end in one follow if they are accepted while the user unlocks and the other follows again', async () => {
    for (let turn = 0; turn < 8; turn += 1) {
      const [a, b] = [await service.user(), await lockedUser()]
      await write(0, 'POST', 'follow', a, b)
      const unlock = untilAnswered(() =>
        anyOf(turn).call('PATCH', '/users/me', { token: b.token, json: { locked: false } }),
      )
      const [unlocked, accepted, again] = await Promise.all([
        unlock,
        answerOf(turn + 1, 'POST', b, a),
        write(turn, 'POST', 'follow', a, b),
      ])
      expect(unlocked.status).toBe(200)
      expect(again.status).toBe(200)
      // 404 where the second follow came behind the unlocking and ended the request.
      expect([200, 404]).toContain(accepted.status)
      expect(await listOf('followers', b)).toMatchObject([{ id: a.id }])
      expect(await listOf('requests', { ...b, id: 'me' })).toEqual([])
      expect(await listOf('requests/sent', { ...a, id: 'me' })).toEqual([])
      await expectCountsToEqualLists([a, b])
    }
  })
})

describe('the plan limit', () => {
  it('holds when many follows arrive at once', async () => {
    const limited = await startTestService({ MAX_FOLLOWING: '5' })
    const owner = await service.user()
    const targets = await service.users(20)
    const answers = await Promise.all(
      targets.map(({ id }) => limited.call('POST', `/users/${id}/follow`, { token: owner.token })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    const refused = answers.filter(({ status }) => status !== 200)
    expect(
      refused.every(({ status, body }) => status === 507 && body.meta.error_slug === 'follow-limit'),
    ).toBe(true)
    expect(await countsOf(owner)).toMatchObject({ following: 5 })
    const [followed] = await listOf('following', owner)
    await limited.call('DELETE', `/users/${followed!.id}/follow`, { token: owner.token })
    const again = await limited.call('POST', `/users/${followed!.id}/follow`, { token: owner.token })
    expect(again.status).toBe(200)
  })
})
