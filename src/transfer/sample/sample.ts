// Generates the sample community: its users and who follows whom, the same at every run and on every machine.
import { BOT_TASKS, CULTURES, FEED_TOPICS, PLACES, PLAIN_LETTERS, TOPICS, TRADES } from './words.ts'

export type SampleUser = {
  id: string
  username: string
  name: string
  type: 'human' | 'bot' | 'feed'
  description?: string
  timezone: string
  locale: string
  created_at: string
}
export type SampleFollow = { follower_id: string; followee_id: string; followed_at: string }

const USERS = 2_000
const BOTS = 40
const FEEDS = 30
const FOLLOWS = 40_000
/** Groups such as friends or colleagues; most follows stay within one. */
const CIRCLES = 50
const OPENED = Date.UTC(2012, 7, 1)
const CLOSED = Date.UTC(2017, 0, 1)
const DAY = 86_400_000

/** User 1, whose token is in the commands that `serve --sample` prints. */
const ADA = {
  username: 'ada',
  given: 'Ada',
  family: 'Thorne',
  culture: CULTURES[0] as (typeof CULTURES)[number],
  description: 'Baker of #graphs and #sourdough. https://ada.example.com/',
}

/** Random numbers from a fixed seed. Math.log and Math.pow must not be used with them: their results differ between engines. */
type Chance = { below(bound: number): number; unit(): number; pick<T>(list: readonly T[]): T }

function chance(seed: number): Chance {
  // mulberry32
  let state = seed
  const unit = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const below = (bound: number) => Math.floor(unit() * bound)
  return { unit, below, pick: <T>(list: readonly T[]) => list[below(list.length)] as T }
}

const date = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`

function plainLetters(name: string): string {
  return name
    .replace(/./gu, (letter) => PLAIN_LETTERS[letter] ?? letter)
    .normalize('NFD')
    .replace(/[^A-Za-z0-9]/g, '')
}

/** A username made from a person's name; after the first `attempt` it has a number or a place in it. */
function usernameOf(given: string, family: string, attempt: number, random: Chance): string {
  const [first, last] = [plainLetters(given), plainLetters(family)]
  const plain = random.pick([
    () => first + last,
    () => `${first}_${last}`,
    () => first + last.charAt(0),
    () => first.charAt(0) + last,
    () => `${last}_${first}`,
    () => first + plainLetters(random.pick(PLACES)),
  ])()
  const numbered = attempt === 0 ? plain : `${plain.slice(0, 18)}${random.below(90) + 10}`
  return (random.below(8) === 0 ? numbered : numbered.toLowerCase()).slice(0, 20)
}

function describeHuman(random: Chance, others: readonly string[]): string {
  const topic = random.pick(TOPICS)
  const place = random.pick(PLACES)
  const trade = random.pick(TRADES)
  const friend = random.pick(others)
  const site = `${topic}.example.${random.pick(['com', 'net', 'org'])}`
  return random.pick([
    () => `${trade}, ${place}. #${topic} and #${random.pick(TOPICS)}.`,
    () => `I write about ${topic}: https://${site}/`,
    () => `${topic} & ${random.pick(TOPICS)} with @${friend}`,
    () => `${trade} by day, #${topic} by night 🌙`,
    () => `${place} → ${random.pick(PLACES)}\n${trade}. Notes on ${site}`,
    () => `Friend of @${friend}. "More ${topic}, less noise."`,
    () => `${topic}? Yes. https://${site}/~${trade}?from=profile&lang=en`,
    () => `Ask me about ${topic}.`,
    () => `❤️ #${topic} · ${place} · editor of ${site}, with @${friend} and @${random.pick(others)}`,
  ])()
}

/** 2,000 users in order of id and of `created_at`. User 1 is `ada`, user 2 has the most followers. */
export function sampleUsers(): SampleUser[] {
  const random = chance(20120801)
  const joined = Array.from({ length: USERS }, () => {
    const early = random.unit()
    return OPENED + Math.floor(early * early * (CLOSED - OPENED - 60 * DAY))
  }).sort((a, b) => a - b)
  const taken = new Set<string>()
  const usernames: string[] = []
  return joined.map((time, index) => {
    const culture = index === 0 ? ADA.culture : random.pick(CULTURES)
    const given = index === 0 ? ADA.given : random.pick(culture.given)
    const family = index === 0 ? ADA.family : random.pick(culture.family)
    const type = typeOf(index + 1)
    const subject = random.pick(type === 'bot' ? BOT_TASKS : FEED_TOPICS)
    const place = random.pick(PLACES)
    let username = index === 0 ? ADA.username : ''
    for (let attempt = 0; username === '' || taken.has(username.toLowerCase()); attempt += 1) {
      if (type === 'human') username = usernameOf(given, family, attempt, random)
      else
        username =
          `${plainLetters(place).toLowerCase()}_${subject}`.slice(0, 16) +
          (attempt === 0 ? '' : random.below(100))
    }
    taken.add(username.toLowerCase())
    const user: SampleUser = {
      id: String(index + 1),
      username,
      name:
        type === 'human' ? `${given} ${family}` : `${place} ${subject} ${type === 'bot' ? 'bot' : 'news'}`,
      type,
      timezone: random.pick(culture.timezones),
      locale: culture.locale,
      created_at: date(time),
    }
    if (type === 'bot')
      user.description = `I am a bot: one #${subject} a day. Kept by @${random.pick(usernames)}`
    else if (type === 'feed')
      user.description = `#${subject} in ${place}, from https://${subject}.example.com/${place}`
    else if (index === 0) user.description = ADA.description
    else if (random.below(10) < 7) user.description = describeHuman(random, usernames)
    usernames.push(username)
    return user
  })
}

/** Bots and feeds are spread evenly over the ids; the first ids are people. */
function typeOf(id: number): SampleUser['type'] {
  if (id % (USERS / BOTS) === 17) return 'bot'
  return id % Math.floor(USERS / FEEDS) === 23 && id < FEEDS * Math.floor(USERS / FEEDS) ? 'feed' : 'human'
}

/** Picks from `order` at random, where the element of rank r has the weight 1 / (r + flat)^1.5. */
function byRank(order: readonly number[], flat: number, random: Chance): () => number {
  let sum = 0
  const sums = order.map((_, rank) => {
    sum += 1 / ((rank + flat) * Math.sqrt(rank + flat))
    return sum
  })
  return () => {
    const wanted = random.unit() * sum
    let [low, high] = [0, sums.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] as number) > wanted) high = middle
      else low = middle + 1
    }
    return order[low] as number
  }
}

function shuffled(indexes: number[], random: Chance): number[] {
  for (let last = indexes.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1)
    const kept = indexes[last] as number
    indexes[last] = indexes[other] as number
    indexes[other] = kept
  }
  return indexes
}

/**
 * About 40,000 follows in order of `followed_at`, so that ids assigned in this order match the dates. No pair occurs
 * twice, nobody follows themselves, no follow is older than its users, and a bot follows only users who followed it before.
 * The first user's lists are short enough to read; the first does not follow the second.
 */
export function sampleFollows(users: readonly SampleUser[] = sampleUsers()): SampleFollow[] {
  const random = chance(20130412)
  const [ME, STAR] = [0, 1]
  const joined = users.map((user) => Date.parse(user.created_at))
  const everyone = users.map((_, index) => index)
  const people = everyone.filter((index) => users[index]?.type === 'human' && index !== ME)
  const circleOf = everyone.map(() => random.below(CIRCLES))
  const circles = Array.from({ length: CIRCLES }, (_, circle) =>
    everyone.filter((index) => circleOf[index] === circle),
  )
  const popular = shuffled(everyone.slice(STAR + 1), random)
  const anyPopular = byRank([STAR, ...popular], 5, random)
  const anyActive = byRank(shuffled([...people], random), 250, random)
  const near = (index: number) => random.pick(circles[circleOf[index] as number] as number[])

  const times = new Map<number, number>()
  const key = (follower: number, followee: number) => follower * users.length + followee
  /** Returns false if this follow is not allowed. The time before a follow is short more often than long. */
  const follow = (follower: number, followee: number): boolean => {
    if (follower === followee || times.has(key(follower, followee))) return false
    const back = times.get(key(followee, follower))
    if (users[follower]?.type === 'feed' || (users[follower]?.type === 'bot' && back === undefined))
      return false
    const from = Math.max(joined[follower] as number, joined[followee] as number, back ?? 0)
    const pause = random.unit()
    times.set(key(follower, followee), from + 1_000 + Math.floor(pause * pause * Math.max(0, CLOSED - from)))
    return true
  }
  const until = (count: number, attempt: () => boolean) => {
    for (let done = 0; done < count; ) if (attempt()) done += 1
  }

  const notMe = (index: number) => index !== ME && index !== STAR
  const followed: number[] = []
  until(30, () => {
    const other = random.below(5) < 2 ? anyPopular() : near(ME)
    return notMe(other) && follow(ME, other) && followed.push(other) > 0
  })
  let back = 0
  for (const other of followed) if (back < 16 && follow(other, ME)) back += 1
  until(40 - back, () => {
    const other = random.pick(people)
    return notMe(other) && !times.has(key(ME, other)) && follow(other, ME)
  })

  while (times.size < FOLLOWS) {
    const follower = anyActive()
    const close = random.below(100) < 54
    const followee = close ? near(follower) : anyPopular()
    if (followee === ME || !follow(follower, followee)) continue
    if (random.below(100) < (close ? 41 : 3)) follow(followee, follower)
  }

  return Array.from(times, ([pair, time]) => ({ pair, time: date(time) }))
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.pair - b.pair))
    .map(({ pair, time }) => ({
      follower_id: (users[Math.floor(pair / users.length)] as SampleUser).id,
      followee_id: (users[pair % users.length] as SampleUser).id,
      followed_at: time,
    }))
}
