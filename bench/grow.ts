// Knows the program `npm run bench:grow`: what a page and a follow cost against the number of followers, and a million ids.
import { spawnSync } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkProgram } from '../src/database/fetch.ts'
import { findJavas } from '../src/database/java.ts'
import { nodeProperties } from '../src/users/profile.ts'
import { residentMb } from './cpu.ts'
import { random } from './graph.ts'
import { type Database, giveTokens, migrateNeo4j, startNeo4j } from './neo4j.ts'
import type { Job, Op } from './op.ts'
import { httpTarget, type Measured, rawTarget, type Setting, type Target } from './target.ts'

const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)))
const { values: options } = parseArgs({
  options: {
    largest: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    build: { type: 'string', default: ROOT },
    work: { type: 'string', default: join(tmpdir(), 'follow-graph-grow') },
    cache: {
      type: 'string',
      default: join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'follow-graph'),
    },
    out: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
const HELP = `npm run bench:grow -- [options]
  --largest 1000000   followers of the largest account (10000000 takes about 12 GB of disk and 20 minutes)
  --seconds 4         of one measurement
  --rounds 3          how often each account gets its turn
  --build DIR         the checkout whose built service is measured (this one)
  --work DIR          where the database is kept between runs
  --cache DIR         where the program files of Neo4j lie
  --out FILE          the JSON (bench/results/grow-<time>.json)
`
const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Accounts 1, 2, … have 10, 100, … followers; callers come after them and follow nobody of these. */
const CALLERS = 2_000
const FIRST = 1_000_001n

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP)
  const largest = Number(options.largest)
  const sizes: number[] = []
  for (let size = 10; size <= largest; size *= 10) sizes.push(size)
  const cli = join(resolve(options.build), 'dist', 'cli.js')
  const work = join(resolve(options.work), String(largest))
  const folder = join(work, 'neo4j')
  const done = join(work, 'imported')
  if (!existsSync(done)) {
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { recursive: true })
    // Its first start lays out the folder; the import then replaces the empty database.
    const empty = await startNeo4j(cli, folder, say)
    await empty.stop()
    const began = performance.now()
    await writeFiles(work, sizes)
    say(
      `Files written in ${seconds(began)} s (${Math.round(statSync(join(work, 'users.csv')).size / 1e6)} MB of users).`,
    )
    const imported = performance.now()
    await bulkImport(work, join(folder, 'neo4j'), empty.version)
    say(`neo4j-admin import took ${seconds(imported)} s.`)
    rmSync(join(work, 'users.csv'))
    rmSync(join(work, 'follows.csv'))
    writeFileSync(done, '')
  }
  const database = await startNeo4j(cli, folder, say)
  const targets: Target[] = []
  try {
    const indexing = performance.now()
    await migrateNeo4j(cli, database)
    await database.driver.executeQuery('CALL db.awaitIndexes(3600)')
    say(`Schema and indexes: ${seconds(indexing)} s.`)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    await database.driver.executeQuery(
      "MERGE (s:Sequence {name: 'relations'}) SET s.value = CASE WHEN coalesce(s.value, 0) < $total THEN $total ELSE s.value END",
      { total: BigInt(total) },
    )
    await withdraw(database, BigInt(total))
    const callers = Array.from({ length: CALLERS }, (_, n) => String(FIRST - 1n - BigInt(n)))
    const viewers = await giveTokens(database, callers)
    const onNeo4j = { NEO4J_URI: database.uri, NEO4J_PASSWORD: database.password }
    const setting: Setting = {
      name: 'service',
      viewers,
      database: () => database.pids(),
      env: { ...onNeo4j, PORT: '0', RATE_LIMIT: 'off', LOG_LEVEL: 'warn' },
    }
    const service = await httpTarget(cli, ['serve'], 'rest', setting)
    targets.push(service)
    const raw = await rawTarget(database, { ...setting, name: 'raw', env: {} })
    targets.push(raw)
    const results = await measure(service, raw, sizes)
    const out =
      options.out ??
      join(ROOT, 'bench', 'results', `grow-${new Date().toISOString().replace(/[:.]/g, '-')}.json`)
    mkdirSync(resolve(out, '..'), { recursive: true })
    writeFileSync(out, `${JSON.stringify({ neo4j: database.version, ...results }, null, 2)}\n`)
    say(`Written to ${out}`)
  } finally {
    for (const target of targets) await target.stop()
    await database.stop()
  }
}

const seconds = (since: number): string => ((performance.now() - since) / 1000).toFixed(1)

async function writeFiles(work: string, sizes: number[]): Promise<void> {
  const largest = sizes[sizes.length - 1] as number
  const user = (id: bigint): string => {
    const { username, rendered } = nodeProperties({ id, created_at: '2016-05-01T12:00:00Z' }) as {
      username: string
      rendered: string
    }
    return `${id},${username},${username},${username},human,"${rendered.replaceAll('"', '""')}",2016-05-01T12:00:00Z,User\n`
  }
  const ids = function* (): Generator<bigint> {
    for (let n = 1; n <= sizes.length; n += 1) yield BigInt(n)
    for (let n = 1n; n <= BigInt(CALLERS); n += 1n) yield FIRST - n
    for (let n = 0n; n < BigInt(largest); n += 1n) yield FIRST + n
  }
  await pipeline(
    inBlocks(
      'id:ID(User){id-type:long},username,username_key,name,type,rendered,created_at:datetime,:LABEL\n',
      ids(),
      user,
    ),
    createWriteStream(join(work, 'users.csv')),
  )
  // Every account's followers come in an order of their own, so that a page's users lie all over the store.
  const follows = function* (): Generator<[bigint, bigint, number]> {
    let id = 0n
    for (const [index, size] of sizes.entries()) {
      const start = Math.floor(random(index)() * size)
      const step = coprime(Math.floor(size * 0.618) | 1, size)
      const scale = Math.floor(largest / size)
      for (let n = 0; n < size; n += 1) {
        id += 1n
        yield [id, FIRST + BigInt(((start + n * step) % size) * scale), index + 1]
      }
    }
  }
  const follow = ([id, follower, account]: [bigint, bigint, number]) =>
    `${follower},${account},${id},${follower},${account},2020-01-01T00:00:00Z,FOLLOWS\n`
  await pipeline(
    inBlocks(
      ':START_ID(User),:END_ID(User),id:long,follower_id:long,followee_id:long,followed_at:datetime,:TYPE\n',
      follows(),
      follow,
    ),
    createWriteStream(join(work, 'follows.csv')),
  )
}

function coprime(wanted: number, size: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
  let step = wanted
  while (gcd(step, size) !== 1) step += 2
  return step
}

async function* inBlocks<T>(
  header: string,
  rows: Generator<T>,
  line: (row: T) => string,
): AsyncGenerator<string> {
  let block = header
  for (const row of rows) {
    block += line(row)
    if (block.length > 262_144) {
      yield block
      block = ''
    }
  }
  yield block
}

async function bulkImport(work: string, home: string, version: string): Promise<void> {
  const jars = await checkProgram(options.cache, version)
  const { javas } = await findJavas(process.env.JAVA_HOME)
  const newest = javas.sort((one, other) => other.major - one.major)[0]
  if (newest === undefined) throw new Error('There is no Java: install Java 21 or newer.')
  const java = join(newest.home, 'bin', 'java')
  const opens = ['java.nio', 'java.io', 'sun.nio.ch', 'java.util.concurrent', 'java.lang']
  const args = [
    '-Xmx1g',
    '--add-modules',
    'jdk.incubator.vector',
    '--enable-native-access=ALL-UNNAMED',
    ...opens.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
  ]
  const admin = [
    'org.neo4j.cli.AdminTool',
    'database',
    'import',
    'full',
    'neo4j',
    '--overwrite-destination',
    '--multiline-fields=false',
  ]
  const files = [`--nodes=${join(work, 'users.csv')}`, `--relationships=${join(work, 'follows.csv')}`]
  const { status } = spawnSync(java, [...args, '-cp', jars.join(':'), ...admin, ...files], {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: work,
    env: { ...process.env, NEO4J_HOME: home, NEO4J_CONF: join(home, 'conf') },
  })
  if (status !== 0) throw new Error(`neo4j-admin import ended with status ${status}; its words are above.`)
}

// Takes away what the callers of earlier runs follow.
async function withdraw(database: Database, total: bigint): Promise<void> {
  for (let n = 0; n < CALLERS; n += 100) {
    await database.driver.executeQuery(
      'MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id IN $ids AND f.id > $total DELETE f',
      {
        ids: Array.from({ length: 100 }, (_, k) => FIRST - 1n - BigInt(n + k)),
        total,
      },
    )
  }
}

type Line = { followers: number; page1: number[]; deep1: number[]; page32: number[]; follow1: number[] }

async function measure(service: Target, raw: Target, sizes: number[]): Promise<object> {
  const next = random(3)
  const viewer = () => Math.floor(next() * CALLERS)
  const pages = (account: number, depth: boolean): Op[] =>
    Array.from({ length: 2_000 }, () => {
      const above = sizes.slice(0, account - 1).reduce((sum, size) => sum + size, 0)
      const before = String(above + Math.ceil((sizes[account - 1] as number) * (0.1 + 0.9 * next())) + 1)
      return { kind: 'page', viewer: viewer(), user: String(account), ...(depth ? { before } : {}) }
    })
  // Each caller follows each account once; a share of them a round.
  const rounds = Number(options.rounds)
  const share = Math.floor(CALLERS / (rounds + 1))
  const follows = (account: number, round: number): Op[] =>
    Array.from({ length: share }, (_, n) => ({
      kind: 'follow',
      viewer: round * share + n,
      user: String(account),
    }))
  const job = (clients: number, ops: Op[], once = false): Job => ({
    clients,
    seconds: Number(options.seconds),
    ops,
    once,
  })

  say('Warming Neo4j for 30 s …')
  await service.run({ ...job(32, pages(sizes.length, true)), seconds: 30 })
  const lines: Line[] = sizes.map((followers) => ({
    followers,
    page1: [],
    deep1: [],
    page32: [],
    follow1: [],
  }))
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, line] of lines.entries()) {
      const runs: [keyof Omit<Line, 'followers'>, Job, (outcome: Measured) => number][] = [
        ['page1', job(1, pages(index + 1, false)), (outcome) => outcome.p50],
        ['deep1', job(1, pages(index + 1, true)), (outcome) => outcome.p50],
        ['page32', job(32, pages(index + 1, true)), (outcome) => outcome.done / outcome.seconds],
        ['follow1', job(1, follows(index + 1, round), true), (outcome) => outcome.p50],
      ]
      for (const [name, asked, value] of runs) {
        const outcome = await service.run(asked)
        if (Object.keys(outcome.errors).length > 0)
          say(`${line.followers} followers, ${name}: ${JSON.stringify(outcome.errors)}`)
        if (round > 0) line[name].push(value(outcome))
      }
    }
  }
  const median = (values: number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
  const base = lines[1] ?? (lines[0] as Line)
  process.stdout.write(
    '| followers | page p50 ms | × 100 followers | random depth p50 ms | pages/s, 32 clients | follow p50 ms |\n| ---: | ---: | ---: | ---: | ---: | ---: |\n',
  )
  for (const line of lines) {
    const cells = [
      median(line.page1).toFixed(2),
      (median(line.page1) / median(base.page1)).toFixed(2),
      median(line.deep1).toFixed(2),
      Math.round(median(line.page32)),
      median(line.follow1).toFixed(2),
    ]
    process.stdout.write(`| ${line.followers.toLocaleString('en')} | ${cells.join(' | ')} |\n`)
  }
  return { lines, ids: await wholeList(service, raw, sizes) }
}

// The whole list of the account with a million followers: seconds, first byte, and how far the service's memory rises.
async function wholeList(service: Target, raw: Target, sizes: number[]): Promise<object | null> {
  const account = sizes.indexOf(1_000_000) + 1
  if (account === 0) return null
  const ask = (seconds: number): Job => ({
    clients: 1,
    seconds,
    ops: [{ kind: 'ids', viewer: 0, user: String(account) }],
    once: false,
  })
  for (const target of [service, raw]) await target.run(ask(6))
  const before = residentMb(service.pid)
  let most = before
  const watch = setInterval(() => {
    most = Math.max(most, residentMb(service.pid))
  }, 20)
  const times: Record<'service' | 'raw', Measured[]> = { service: [], raw: [] }
  for (let round = 0; round < Number(options.rounds); round += 1) {
    times.service.push(await service.run(ask(Number(options.seconds))))
    times.raw.push(await raw.run(ask(Number(options.seconds))))
  }
  clearInterval(watch)
  const best = (from: Measured[]) =>
    [...from].sort((a, b) => a.p50 - b.p50)[Math.floor(from.length / 2)] as Measured
  const [ours, theirs] = [best(times.service), best(times.raw)]
  const result = {
    service: ours.p50,
    raw: theirs.p50,
    ratio: ours.p50 / theirs.p50,
    firstByte: ours.firstByte,
    rssBefore: before,
    rssMost: most,
  }
  process.stdout.write(
    `\n1,000,000 ids: service ${(ours.p50 / 1000).toFixed(2)} s, raw driver ${(theirs.p50 / 1000).toFixed(2)} s, × ${result.ratio.toFixed(2)}; first byte ${ours.firstByte.toFixed(0)} ms; service RSS ${before} MB before, ${most} MB at most\n`,
  )
  return result
}

await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
