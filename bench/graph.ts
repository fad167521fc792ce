// Knows the graph that is measured: two files for every store, made from the shared data or generated in the same shape.
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

/** What the cases draw from; all ids are decimal text, lists are samples. */
export type Facts = {
  users: number
  follows: number
  /** Highest id of a follow; what is above it was made by a benchmark and may go. */
  highest: string
  celebrity: { id: string; followers: number }
  /** Users with at least 20 followers. */
  followed: string[]
  /** Users with at least 500 followers, with their number. */
  deep: { id: string; followers: number }[]
  /** Any users. */
  any: string[]
  /** Users who follow at least 20: they are the callers. */
  viewers: string[]
}

export type Graph = { users: string; follows: string; facts: Facts }

// mulberry32: the same graph and the same requests at every run.
export function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Makes the files in `folder` once; `data` is the folder with the shared files, if there is one. */
export async function prepare(
  folder: string,
  data: string | undefined,
  say: (line: string) => void,
): Promise<Graph> {
  const graph = { users: join(folder, 'users.csv'), follows: join(folder, 'follows.csv') }
  const factsFile = join(folder, 'facts.json')
  if (!existsSync(factsFile)) {
    mkdirSync(folder, { recursive: true })
    const real = data !== undefined && existsSync(join(data, 'twitter-ego-follows.csv.gz'))
    say(
      real
        ? `Preparing twitter-ego and fediverse from ${data} …`
        : 'Generating a graph of the shape of twitter-ego and fediverse …',
    )
    const { pairs, profiles } = real ? await fromData(data as string) : generated()
    const facts = await write(graph, pairs, profiles)
    writeFileSync(`${factsFile}.new`, JSON.stringify(facts))
    renameSync(`${factsFile}.new`, factsFile)
  }
  return { ...graph, facts: JSON.parse(readFileSync(factsFile, 'utf8')) as Facts }
}

type Profiles = Map<string, { created: string; bot: boolean }>
type Pairs = [follower: string, followee: string][]

async function* lines(file: string): AsyncGenerator<string[]> {
  const input = createReadStream(file).pipe(createGunzip())
  let first = true
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!first && line !== '') yield line.split(',')
    first = false
  }
}

async function fromData(data: string): Promise<{ pairs: Pairs; profiles: Profiles }> {
  const pairs: Pairs = []
  const seen = new Set<string>()
  for await (const [a, b] of lines(join(data, 'fediverse-follows.csv.gz'))) {
    pairs.push([a as string, b as string])
    seen.add(`${a},${b}`)
  }
  for await (const [a, b] of lines(join(data, 'twitter-ego-follows.csv.gz'))) {
    if (!seen.has(`${a},${b}`)) pairs.push([a as string, b as string])
  }
  const profiles: Profiles = new Map()
  for await (const [id, date, bot] of lines(join(data, 'fediverse-users.csv.gz'))) {
    const whole = /^\d{4}-\d\d-\d\d$/.test(date as string) ? (date as string) : '2017-01-01'
    profiles.set(id as string, { created: whole, bot: bot === 'true' })
  }
  return { pairs, profiles }
}

// 80,000 users in a dense part (about 20 follows each, popularity by a power law) and 270,000 who mostly follow a few
// very popular accounts; the first of them has 67,480 followers as in the real one.
function generated(): { pairs: Pairs; profiles: Profiles } {
  const next = random(7)
  const pairs: Pairs = []
  const seen = new Set<number>()
  const add = (a: number, b: number) => {
    const key = a * 400_000 + b
    if (a === b || seen.has(key)) return false
    seen.add(key)
    pairs.push([String(a), String(b)])
    return true
  }
  const dense = 80_000
  for (let a = 1; a <= dense; a += 1) {
    const many = Math.min(1_200, Math.ceil(6 / (next() + 0.01) ** 0.85))
    for (let n = 0; n < many; n += 1) {
      const near = ((a + Math.floor((next() - 0.5) * 400)) % dense) + 1
      const b = next() < 0.5 ? Math.max(1, near) : Math.ceil(dense * next() ** 3)
      if (add(a, Math.max(1, b)) && next() < 0.3) add(Math.max(1, b), a)
    }
  }
  const famous = [
    67_480,
    57_200,
    37_800,
    27_540,
    16_324,
    ...Array.from({ length: 60 }, (_, n) => Math.round(9_000 / (n + 1))),
  ]
  famous.forEach((followers, index) => {
    const b = dense + 1 + index
    for (let n = 0; n < followers; ) if (add(dense + 100 + Math.floor(next() * 270_000), b)) n += 1
  })
  return { pairs, profiles: new Map() }
}

async function write(
  graph: { users: string; follows: string },
  pairs: Pairs,
  profiles: Profiles,
): Promise<Facts> {
  const followers = new Map<string, number>()
  const following = new Map<string, number>()
  const ids = new Set<string>(profiles.keys())
  for (const [a, b] of pairs) {
    ids.add(a)
    ids.add(b)
    following.set(a, (following.get(a) ?? 0) + 1)
    followers.set(b, (followers.get(b) ?? 0) + 1)
  }
  const users = [...ids]
  const next = random(11)
  await pipeline(async function* () {
    yield 'id,name,type,created_at,description\n'
    for (const id of users) {
      const profile = profiles.get(id)
      yield `${id},Person ${id.slice(-6)},${profile?.bot ? 'bot' : 'human'},${profile?.created ?? '2016-05-01'}T12:00:00Z,Writes about #graphs and other things that grow; member ${id.slice(-4)} of many.\n`
    }
  }, createWriteStream(graph.users))
  // Follows get their ids in an order that has nothing to do with the files', as people follow in no order.
  const order = Array.from({ length: pairs.length }, (_, n) => n)
  for (let n = order.length - 1; n > 0; n -= 1) {
    const other = Math.floor(next() * (n + 1))
    ;[order[n], order[other]] = [order[other] as number, order[n] as number]
  }
  const start = Date.parse('2014-01-01T00:00:00Z')
  await pipeline(async function* () {
    yield 'id,follower_id,followee_id,followed_at\n'
    let block = ''
    for (const [index, place] of order.entries()) {
      const [a, b] = pairs[place] as [string, string]
      block += `${index + 1},${a},${b},${new Date(start + index * 100_000).toISOString().slice(0, 19)}Z\n`
      if (block.length > 65_536) {
        yield block
        block = ''
      }
    }
    yield block
  }, createWriteStream(graph.follows))
  const [celebrity, most] = [...followers].reduce((best, one) => (one[1] > best[1] ? one : best))
  const sample = <T>(from: T[], size: number): T[] => {
    const left = [...from]
    const taken: T[] = []
    while (taken.length < size && left.length > 0) {
      const at = Math.floor(next() * left.length)
      taken.push(left[at] as T)
      left[at] = left[left.length - 1] as T
      left.pop()
    }
    return taken
  }
  const atLeast = (counts: Map<string, number>, least: number) =>
    [...counts].filter(([, count]) => count >= least)
  const humans = (id: string) => !profiles.get(id)?.bot
  return {
    users: users.length,
    follows: pairs.length,
    highest: String(pairs.length),
    celebrity: { id: celebrity, followers: most },
    followed: sample(
      atLeast(followers, 20).map(([id]) => id),
      20_000,
    ),
    deep: sample(atLeast(followers, 500), 500).map(([id, count]) => ({ id, followers: count })),
    any: sample(users, 100_000),
    viewers: sample(
      atLeast(following, 20)
        .map(([id]) => id)
        .filter(humans),
      2_000,
    ),
  }
}
