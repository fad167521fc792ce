// The sample community: the same every time, and shaped like a community.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { sampleFollows, sampleUsers } from '../../src/transfer/sample/sample.ts'
import { mentionCandidates } from '../../src/users/entities.ts'

const users = sampleUsers()
const follows = sampleFollows(users)
const byId = new Map(users.map((user) => [user.id, user]))
const pairs = new Set(follows.map((follow) => `${follow.follower_id} ${follow.followee_id}`))
const follow = (follower: string, followee: string) => pairs.has(`${follower} ${followee}`)
const WHOLE_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

function counted(ids: string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}
const followers = counted(follows.map(({ followee_id }) => followee_id))

test('is the same at every run and on every machine', () => {
  const hash = (value: unknown) =>
    createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
  expect(hash(sampleUsers())).toBe(hash(users))
  expect(hash(sampleFollows())).toBe(hash(follows))
  // A change of the sample shows here: graphs that hold the old one do not turn into the new one.
  expect([hash(users), hash(follows)]).toEqual(['5d40ab6ff534e44f', '993d35cd3f22dc67'])
})

describe('users', () => {
  test('2,000, of whom 40 bots and about 30 feeds, ids from 1', () => {
    expect(users.map(({ id }) => id)).toEqual(Array.from({ length: 2000 }, (_, index) => String(index + 1)))
    expect(users.filter(({ type }) => type === 'bot')).toHaveLength(40)
    const feeds = users.filter(({ type }) => type === 'feed').length
    expect(feeds).toBeGreaterThanOrEqual(25)
    expect(feeds).toBeLessThanOrEqual(35)
  })

  test('fit the User object', () => {
    for (const user of users) {
      expect(user.username).toMatch(/^[A-Za-z0-9_]{1,20}$/)
      expect(Array.from(user.name).length).toBeLessThanOrEqual(50)
      expect(Array.from(user.description ?? 'x').length).toBeGreaterThan(0)
      expect(Array.from(user.description ?? '').length).toBeLessThanOrEqual(256)
      expect(user.created_at).toMatch(WHOLE_SECONDS)
      expect(() => new Intl.DateTimeFormat('en', { timeZone: user.timezone })).not.toThrow()
      expect(() => new Intl.Locale(user.locale.replace('_', '-'))).not.toThrow()
    }
  })

  test('usernames are unique in any case, some with capitals', () => {
    expect(new Set(users.map(({ username }) => username.toLowerCase())).size).toBe(2000)
    expect(users.filter(({ username }) => /[A-Z]/.test(username)).length).toBeGreaterThan(50)
  })

  test('joined from 2012 to 2016, in order of id, in many places', () => {
    const dates = users.map(({ created_at }) => created_at)
    expect(dates).toEqual([...dates].sort())
    expect([...new Set(dates.map((date) => date.slice(0, 4)))]).toEqual([
      '2012',
      '2013',
      '2014',
      '2015',
      '2016',
    ])
    expect(new Set(users.map(({ timezone }) => timezone)).size).toBeGreaterThan(10)
    expect(new Set(users.map(({ locale }) => locale)).size).toBeGreaterThan(8)
  })

  test('most describe themselves, some with mentions, hashtags and links', () => {
    const texts = users.flatMap(({ description }) => (description === undefined ? [] : [description]))
    expect(texts.length).toBeGreaterThan(1000)
    expect(texts.length).toBeLessThan(1800)
    const names = new Set(users.map(({ username }) => username.toLowerCase()))
    const mentioned = texts.flatMap((text) => mentionCandidates(text))
    expect(mentioned.length).toBeGreaterThan(200)
    expect(mentioned.filter((name) => !names.has(name))).toEqual([])
    expect(texts.filter((text) => text.includes('#')).length).toBeGreaterThan(200)
    expect(texts.filter((text) => text.includes('https://')).length).toBeGreaterThan(200)
  })
})

describe('follows', () => {
  test('about 40,000, no two alike, none of oneself, all of known users', () => {
    expect(Math.abs(follows.length - 40_000)).toBeLessThan(1000)
    expect(pairs.size).toBe(follows.length)
    expect(follows.filter(({ follower_id, followee_id }) => follower_id === followee_id)).toEqual([])
    expect(
      follows.every(({ follower_id, followee_id }) => byId.has(follower_id) && byId.has(followee_id)),
    ).toBe(true)
  })

  test('are in order of time, each later than both its users', () => {
    const dates = follows.map(({ followed_at }) => followed_at)
    expect(dates).toEqual([...dates].sort())
    for (const { follower_id, followee_id, followed_at } of follows) {
      expect(followed_at).toMatch(WHOLE_SECONDS)
      expect(followed_at > (byId.get(follower_id)?.created_at as string)).toBe(true)
      expect(followed_at > (byId.get(followee_id)?.created_at as string)).toBe(true)
    }
  })

  test('about 40% are mutual', () => {
    const mutual = follows.filter(({ follower_id, followee_id }) => follow(followee_id, follower_id)).length
    expect(mutual / follows.length).toBeGreaterThan(0.36)
    expect(mutual / follows.length).toBeLessThan(0.44)
  })

  test('a few are very popular, most are not', () => {
    const counts = users.map(({ id }) => followers.get(id) ?? 0).sort((a, b) => b - a)
    expect(counts.filter((count) => count > 800).length).toBeGreaterThanOrEqual(1)
    expect(counts.filter((count) => count > 200).length).toBeLessThan(40)
    expect(counts[1000]).toBeLessThan(20)
    expect(followers.get('2')).toBe(counts[0])
  })

  test('keep the bot rule at every moment', () => {
    const made = new Set<string>()
    let byBots = 0
    for (const { follower_id, followee_id } of follows) {
      if (byId.get(follower_id)?.type === 'bot') {
        byBots += 1
        expect(made.has(`${followee_id} ${follower_id}`)).toBe(true)
      }
      made.add(`${follower_id} ${followee_id}`)
    }
    expect(byBots).toBeGreaterThan(0)
  })

  test('user 1 can try everything: 30 followed, 40 followers, friends who follow user 2, whom user 1 does not', () => {
    const friends = follows
      .filter(({ follower_id }) => follower_id === '1')
      .map(({ followee_id }) => followee_id)
    expect(users[0]?.username).toBe('ada')
    expect(friends).toHaveLength(30)
    expect(followers.get('1')).toBe(40)
    expect(friends.filter((id) => follow(id, '1')).length).toBeGreaterThan(5)
    expect(friends.filter((id) => follow(id, '2')).length).toBeGreaterThan(5)
    expect(follow('1', '2')).toBe(false)
  })
})
