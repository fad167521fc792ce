// Knows the program `npm run bench:search`: what finding people costs at a million users, by the length of what was typed: all of them, and a million followers of one.
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { claimForBulk } from '../src/database/bulk.ts'
import { defaultCacheDir } from '../src/database/own.ts'
import { createBulkFiles } from '../src/transfer/import/bulk-files.ts'
import type { RelationRecord } from '../src/transfer/relation.ts'
import { CULTURES } from '../src/transfer/sample/words.ts'
import type { UserRecord } from '../src/transfer/user.ts'
import { searchOf } from '../src/users/search-words.ts'
import { random } from './graph.ts'
import { type Database, giveTokens, migrateNeo4j, startNeo4j } from './neo4j.ts'
import { serve } from './service.ts'

const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)))
const HELP = `npm run bench:search -- [options]
  --users 1000000    users; five follows each, of the well known mostly, and all follow user 4
  --seconds 3        of one measurement
  --build DIR        the checkout whose built service is measured (this one)
  --work DIR         where the database is kept between runs
  --cache DIR        where the program files of Neo4j lie
`
const { values: options } = parseArgs({
  options: {
    users: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '3' },
    build: { type: 'string', default: ROOT },
    work: { type: 'string', default: join(tmpdir(), 'follow-graph-search') },
    cache: { type: 'string', default: defaultCacheDir(process.env.XDG_CACHE_HOME) },
    help: { type: 'boolean', short: 'h' },
  },
})
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const since = (began: number): string => ((performance.now() - began) / 1000).toFixed(1)
const A_BATCH = 10_000
const FOLLOWS_EACH = 5

/** Callers: the first of all users, and how many they follow. */
const CALLERS = [0, 500, 20_000]

/** The user whom all others follow. */
const STAR = CALLERS.length + 1

function* users(count: number): Generator<UserRecord[]> {
  const next = random(5)
  const one = <T>(from: readonly T[]): T => from[Math.floor(from.length * next() ** 1.5)] as T
  let batch: UserRecord[] = []
  for (let n = 1; n <= count; n += 1) {
    const { given, family } = one(CULTURES)
    const name = `${one(given)} ${one(family)}`
    const plain = name.normalize('NFKD').replace(/[^A-Za-z ]/g, '')
    const username = plain
      .toLowerCase()
      .replaceAll(' ', next() < 0.5 ? '_' : '')
      .slice(0, 12)
    // Three of ten came from files that had ids alone.
    batch.push(
      next() < 0.3
        ? { id: BigInt(n), username: `u${n}` }
        : { id: BigInt(n), name, username: `${username}${n.toString(36)}` },
    )
    if (batch.length === A_BATCH || n === count) {
      yield batch
      batch = []
    }
  }
}

function* follows(count: number): Generator<RelationRecord[]> {
  const next = random(6)
  let batch: RelationRecord[] = []
  const add = (follower: number, followee: number) => {
    if (follower !== followee)
      batch.push({ follower_id: BigInt(follower), followee_id: BigInt(followee) } as RelationRecord)
  }
  for (const [caller, many] of CALLERS.entries())
    for (let n = 0; n < many; n += 1) add(caller + 1, 1 + Math.floor(count * next()))
  for (let n = 1; n <= count; n += 1) {
    add(n, STAR)
    if (batch.length >= A_BATCH) {
      yield batch
      batch = []
    }
  }
  for (let n = 0; n < count * FOLLOWS_EACH; n += 1) {
    // By a power law, and not in the order of ids.
    const rank = Math.floor(count * next() ** 6)
    add(CALLERS.length + 1 + Math.floor((count - CALLERS.length) * next()), 1 + ((rank * 611_953) % count))
    if (batch.length >= A_BATCH) {
      yield batch
      batch = []
    }
  }
  yield batch
}

async function load(work: string, folder: string, count: number): Promise<void> {
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  const bulk = await claimForBulk({ data: folder, cacheDir: resolve(options.cache), say, docker: 'off' })
  if ('why' in bulk) throw new Error(`The loader cannot have ${folder}: ${bulk.why}.`)
  try {
    const began = performance.now()
    const counts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
    const refused = { knownUsers: true, began: 0n, bad: () => undefined }
    const files = createBulkFiles(bulk.files, refused, counts, 'bench')
    for (const batch of users(count)) files.users(batch, 'users')
    for (const batch of follows(count)) files.follows(batch, 'follows')
    const paths = files.end()
    say(`${counts.made_users} users and ${counts.made_follows} follows written in ${since(began)} s.`)
    const loaded = performance.now()
    await bulk.load(paths)
    say(`Loaded in ${since(loaded)} s.`)
  } finally {
    bulk.end()
  }
}

const p = (times: number[], percent: number): string =>
  ([...times].sort((a, b) => a - b)[Math.floor((times.length * percent) / 100)] ?? Number.NaN).toFixed(1)

async function timed(ask: () => Promise<unknown>): Promise<number[]> {
  const until = performance.now() + Number(options.seconds) * 1_000
  const times: number[] = []
  while (performance.now() < until) {
    const began = performance.now()
    await ask()
    times.push(performance.now() - began)
  }
  return times
}

/** The ways that were not taken, asked of the database alone. */
async function others({ driver }: Database): Promise<void> {
  const ask = (query: string, limit: number | null, rest: string) => () =>
    driver.executeQuery(
      `CALL db.index.fulltext.queryNodes('user_search', $query${limit === null ? '' : ', {limit: $limit}'}) YIELD node AS u ${rest}`,
      { query, limit: BigInt(limit ?? 0) },
    )
  const best = 'RETURN u.id ORDER BY COUNT { (u)<-[:FOLLOWS]-() } DESC, u.id LIMIT 20'
  process.stdout.write('| the database alone | matches | p50 ms |\n| --- | ---: | ---: |\n')
  for (const word of ['u', 'a', 'an', 'ann', 'anna', 'u1', 'u12', 'u123']) {
    const whole = `+(search_words:U${word}* search_words:N${word}*)`
    const { records } = await ask(whole, null, 'RETURN count(u)')()
    const ways: [string, () => Promise<unknown>][] = [
      ['all ranked by followers', ask(whole, null, best)],
      ['1,000 by the index, as prefixes', ask(whole, 1_000, best)],
    ]
    if (word.length <= 4)
      ways.push([
        '1,000 by the index, as beginnings that are stored',
        ask(`+(search_words:P${word} search_words:Q${word})`, 1_000, best),
      ])
    ways.push([
      '1,000 by the index, ranked there',
      ask((searchOf(word) as { lucene: string }).lucene, 1_000, best),
    ])
    for (const [name, way] of ways)
      process.stdout.write(`| ${word}: ${name} | ${records[0]?.get(0)} | ${p(await timed(way), 50)} |\n`)
  }
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP)
  const count = Number(options.users)
  const cli = join(resolve(options.build), 'dist', 'cli.js')
  const work = join(resolve(options.work), String(count))
  const folder = join(work, 'neo4j')
  const done = join(work, 'loaded')
  if (!existsSync(done)) {
    await load(work, folder, count)
    writeFileSync(done, '')
  }
  const database = await startNeo4j(cli, folder, say)
  try {
    const indexing = performance.now()
    await migrateNeo4j(cli, database)
    say(`Schema and indexes: ${since(indexing)} s.`)
    // Of the build, beside which the statements are.
    const built = <Module>(path: string) =>
      import(String(pathToFileURL(join(resolve(options.build), 'dist', path)))) as Promise<Module>
    const { createParts } = await built<typeof import('../src/create-parts.ts')>('create-parts.js')
    const { indexNext } =
      await built<typeof import('../src/startup/keep-search.ts')>('startup/keep-search.js')
    const parts = createParts({ ...database, username: 'neo4j', database: 'neo4j' }, { maxFollowing: null })
    const ranking = performance.now()
    let written = 0
    for (let after: bigint | null = 0n; after !== null; ) {
      const look = await indexNext(parts, after)
      after = look.last
      written += look.written
    }
    say(`Ranked ${written} users in ${since(ranking)} s.`)
    const again = performance.now()
    for (let after: bigint | null = 0n; after !== null; after = (await indexNext(parts, after)).last);
    say(`A round that finds nothing to do takes ${since(again)} s.`)
    await parts.graph.close()
    const viewers = await giveTokens(
      database,
      CALLERS.map((_, n) => String(n + 1)),
    )
    const service = await serve(cli, { NEO4J_URI: database.uri, NEO4J_PASSWORD: database.password })
    try {
      await measure(
        service.url,
        viewers.map(({ token }) => token),
      )
    } finally {
      await service.stop()
    }
    await others(database)
  } finally {
    await database.stop()
  }
}

async function measure(url: string, tokens: string[]): Promise<void> {
  const ask = async (token: string, q: string, size: number, path = 'search'): Promise<unknown[]> => {
    const headers = { Authorization: `Bearer ${token}` }
    const answer = await fetch(`${url}/users/${path}?${new URLSearchParams({ q, count: String(size) })}`, {
      headers,
    })
    const { data } = (await answer.json()) as { data?: unknown[] }
    if (data === undefined) throw new Error(`${q}: ${answer.status}`)
    return data
  }
  for (let ready = false; !ready; ) ready = (await fetch(`${url}/health/ready`)).ok
  say('Warming Neo4j for 40 s …')
  const words = ['a', 'u', 'an', 'anna', 'm', 'ann kel', '@u12', 'zzz']
  const until = performance.now() + 40_000
  for (let n = 0; performance.now() < until; n += 1)
    // The first ones wait for plans, and for what is not in memory yet.
    await ask(tokens[n % tokens.length] as string, words[n % words.length] as string, 20).catch(
      () => undefined,
    )
  process.stdout.write(
    `| q, count | ${CALLERS.map((many) => `caller follows ${many}: p50 / p99 ms`).join(' | ')} |\n| --- |${' ---: |'.repeat(CALLERS.length)}\n`,
  )
  for (const [q, size] of [
    ['u', 20],
    ['a', 20],
    ['a', 200],
    ['an', 20],
    ['anna', 20],
    ['anna k', 20],
    ['k anna', 20],
    ['@anna', 20],
    ['@u1', 20],
    ['u12345', 20],
    ['keller', 20],
    ['anna_keller', 20],
    ['zzz', 20],
  ] as const) {
    const cells: string[] = []
    for (const token of tokens) {
      const times = await timed(() => ask(token, q, size))
      cells.push(`${p(times, 50)} / ${p(times, 99)}`)
    }
    process.stdout.write(`| \`${q}\`, ${size} | ${cells.join(' | ')} |\n`)
  }
  process.stdout.write(
    '| q, 20 rows of a list | followers of the star | following of caller 3 |\n| --- | ---: | ---: |\n',
  )
  const [token] = tokens as [string]
  for (const q of ['u', 'a', 'an', 'anna', 'anna k', '@anna', 'u1', 'u12', 'u12345', 'keller', 'zzz']) {
    const cells: string[] = []
    for (const path of [`${STAR}/followers`, `${CALLERS.length}/following`]) {
      // The first ones wait for plans.
      for (let n = 0; n < 5; n += 1) await ask(token, q, 20, path).catch(() => undefined)
      const times = await timed(() => ask(token, q, 20, path))
      cells.push(`${p(times, 50)} / ${p(times, 99)}`)
    }
    process.stdout.write(`| \`${q}\` | ${cells.join(' | ')} |\n`)
  }
}

await main()
