// Knows the program `npm run bench:grow`: what a page and a follow cost against the number of followers, and a million ids.
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { defaultCacheDir } from '../src/database/own.ts'
import { residentMb } from './cpu.ts'
import { random } from './graph.ts'
import { bulkImport, CALLERS, FIRST, writeFiles } from './grow-graph.ts'
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
      default: defaultCacheDir(process.env.XDG_CACHE_HOME),
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
    const began = performance.now()
    await writeFiles(work, sizes)
    say(
      `Files written in ${seconds(began)} s (${Math.round(statSync(join(work, 'users.csv')).size / 1e6)} MB of users).`,
    )
    const imported = performance.now()
    await bulkImport(work, folder, resolve(options.cache))
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
