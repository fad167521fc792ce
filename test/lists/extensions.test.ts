// Who is in mutuals, followers/known, unreciprocated and suggestions, compared with a simple computation in JavaScript.
import { randomInt } from 'node:crypto'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { TestUser } from '../../src/testing.ts'
import { untilAnswered } from '../support/patiently.ts'
import { random } from '../support/random.ts'
import { startTestService } from '../support/service.ts'

// Each test makes thousands of calls, which take longer on a busy machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })

const service = await startTestService()

type Person = TestUser & { token: string }
type Listed = { id: string; pagination_id: string; known_followers: number }

const USERS = 300
const FOLLOWS = 6_000
const seed = randomInt(2 ** 31)

// The seed in the test's name brings the same graph back.
function generator(start: number): (below: number) => number {
  const next = random(start)
  return (below) => Math.floor(next() * below)
}

async function inTurns<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const one = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: 16 }, one))
}

const idsOf = (data: Listed[]) => data.map((user) => user.id)

async function get(person: Person, path: string) {
  const answer = await untilAnswered(() => service.call('GET', `/stream/0/${path}`, { token: person.token }))
  expect(answer.status, `${path}: ${answer.text.slice(0, 200)}`).toBe(200)
  return answer.body as {
    data: Listed[]
    meta: { more: boolean; min_id?: string; max_id?: string; total?: number }
  }
}

describe(`a random graph of ${USERS} users and ${FOLLOWS} follows (seed ${seed})`, () => {
  const below = generator(seed)
  const people: Person[] = []
  // Newest first, as the plain lists have them.
  const following = new Map<string, string[]>()
  const followers = new Map<string, string[]>()
  const unwanted = new Map<string, Set<string>>()

  beforeAll(async () => {
    await inTurns([...Array(USERS).keys()], async () => void people.push(await service.user()))
    // Some users have many followers and some follow many, so that either list is the shorter one for many pairs.
    const low = () => Math.floor((below(1_000) / 1_000) ** 2 * USERS)
    const wishes = new Map<Person, Set<string>>(people.map((person) => [person, new Set()]))
    for (let made = 0; made < FOLLOWS; ) {
      const [a, b] = [people[low()] as Person, people[USERS - 1 - low()] as Person]
      const wish = wishes.get(a) as Set<string>
      if (a === b || wish.has(b.id) || wish.size === 200) continue
      wish.add(b.id)
      made += 1
    }
    await inTurns([...wishes], async ([{ token }, wish]) => {
      const ask = () => service.call('POST', '/stream/0/follows', { token, json: { follow: [...wish] } })
      // The first calls are slow, because the database has not planned these statements yet.
      expect((await untilAnswered(ask)).status).toBe(200)
    })
    for (const person of people) unwanted.set(person.id, new Set([person.id]))
    const pairs = Array.from(
      { length: 300 },
      (_, n) => [people[below(USERS)], people[below(USERS)], n % 3] as [Person, Person, number],
    )
    await inTurns(pairs, async ([a, b, kind]) => {
      if (a === b) return
      await service.call('POST', `/stream/0/users/${b.id}/${kind === 0 ? 'block' : 'mute'}`, {
        token: a.token,
      })
      unwanted.get(a.id)?.add(b.id)
      if (kind === 0) unwanted.get(b.id)?.add(a.id)
    })
    await inTurns(people, async (person) => {
      following.set(person.id, (await get(person, 'users/me/following/ids')).data as unknown as string[])
      followers.set(person.id, (await get(person, 'users/me/followers/ids')).data as unknown as string[])
    })
  })

  const followingOf = (id: string) => following.get(id) as string[]
  const followersOf = (id: string) => followers.get(id) as string[]
  const NAIVE: Record<string, (id: string) => string[]> = {
    mutuals: (id) => followingOf(id).filter((other) => followersOf(id).includes(other)),
    'followers/unreciprocated': (id) => followersOf(id).filter((other) => !followingOf(id).includes(other)),
    'following/unreciprocated': (id) => followingOf(id).filter((other) => !followersOf(id).includes(other)),
  }

  it('has users for both plans of every query that depends on the number of relationships', () => {
    const lopsided = (id: string) => followingOf(id).length > 2 * followersOf(id).length
    const withMutuals = people.filter(({ id }) => (NAIVE.mutuals as (id: string) => string[])(id).length > 0)
    expect(withMutuals.filter(({ id }) => lopsided(id)).length).toBeGreaterThan(5)
    expect(withMutuals.filter(({ id }) => !lopsided(id)).length).toBeGreaterThan(5)
  })

  for (const [name, naive] of Object.entries(NAIVE)) {
    it(`${name} has the right users, newest relationship first, for every user`, async () => {
      await inTurns(people, async (person) => {
        const whole = await get(person, `users/me/${name}?count=200`)
        expect(idsOf(whole.data)).toEqual(naive(person.id).slice(0, 200))
        const plain = await get(
          person,
          `users/me/${name === 'followers/unreciprocated' ? 'followers' : 'following'}?count=200`,
        )
        const at = new Map(plain.data.map((user) => [user.id, user.pagination_id]))
        for (const user of whole.data) if (at.has(user.id)) expect(user.pagination_id).toBe(at.get(user.id))
      })
    })

    it(`${name} is the same list when read in small pages, from either end`, async () => {
      await inTurns(people.slice(0, 40), async (person) => {
        expect(await downwards(person, name)).toEqual(naive(person.id))
        expect(await upwards(person, name)).toEqual(naive(person.id))
      })
    })
  }

  it('followers/known holds the followers whom the caller follows, with the exact total on every page', async () => {
    const pairs = Array.from(
      { length: 300 },
      () => [people[below(USERS)], people[below(USERS)]] as [Person, Person],
    )
    const smaller = { followers: 0, followed: 0 }
    await inTurns(pairs, async ([viewer, { id }]) => {
      const naive = followersOf(id).filter((other) => followingOf(viewer.id).includes(other))
      if (naive.length > 0)
        smaller[followersOf(id).length <= followingOf(viewer.id).length ? 'followers' : 'followed'] += 1
      const whole = await get(viewer, `users/${id}/followers/known?count=200`)
      expect(idsOf(whole.data)).toEqual(naive)
      expect(whole.meta.total).toBe(naive.length)
      expect(await downwards(viewer, 'followers/known', id, naive.length)).toEqual(naive)
      expect(await upwards(viewer, 'followers/known', id, naive.length)).toEqual(naive)
    })
    expect(smaller.followers, 'pairs that start from the followers').toBeGreaterThan(5)
    expect(smaller.followed, 'pairs that start from those followed').toBeGreaterThan(5)
  })

  it('suggestions are ordered by how many of those whom the caller follows follow them, then by id', async () => {
    await inTurns(people, async (person) => {
      const known = new Map<string, number>()
      for (const friend of followingOf(person.id)) {
        for (const other of followingOf(friend)) known.set(other, (known.get(other) ?? 0) + 1)
      }
      const naive = [...known]
        .filter(([id]) => !followingOf(person.id).includes(id) && !unwanted.get(person.id)?.has(id))
        .sort(([a, n], [b, m]) => m - n || (BigInt(a) < BigInt(b) ? -1 : 1))
      const { data } = await get(person, 'users/me/suggestions')
      expect(data.map((user) => [user.id, user.known_followers])).toEqual(naive.slice(0, 200))
      const few = await get(person, 'users/me/suggestions?count=5')
      expect(idsOf(few.data)).toEqual(naive.slice(0, 5).map(([id]) => id))
    })
  })

  it('GET relationships agrees with the lists for every pair', async () => {
    await inTurns(people.slice(0, 30), async (person) => {
      const targets = people.slice(50, 250).map(({ id }) => id)
      const { data } = await get(person, `relationships?source=me&targets=${targets.join(',')}`)
      const naive = targets.map((id) => [
        id,
        followingOf(person.id).includes(id),
        followersOf(person.id).includes(id),
      ])
      const told = data as unknown as { target: string; following: boolean; followed_by: boolean }[]
      expect(told.map((entry) => [entry.target, entry.following, entry.followed_by])).toEqual(naive)
    })
  })

  async function downwards(person: Person, name: string, id = 'me', total?: number): Promise<string[]> {
    const found: string[] = []
    for (let before = ''; ; ) {
      const page = await get(person, `users/${id}/${name}?count=7${before}`)
      if (total !== undefined) expect(page.meta.total).toBe(total)
      found.push(...idsOf(page.data))
      if (!page.meta.more) return found
      expect(page.data.length).toBe(7)
      before = `&before_id=${page.meta.min_id}`
    }
  }

  async function upwards(person: Person, name: string, id = 'me', total?: number): Promise<string[]> {
    const found: string[] = []
    for (let since = '0'; ; ) {
      const page = await get(person, `users/${id}/${name}?count=-7&since_id=${since}`)
      if (total !== undefined) expect(page.meta.total).toBe(total)
      found.unshift(...idsOf(page.data))
      if (!page.meta.more) return found
      expect(page.data.length).toBe(7)
      since = page.meta.max_id as string
    }
  }
})
