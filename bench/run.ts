// Knows the program `npm run bench`: options in, stores and targets up, interleaved rounds, a table and a JSON file out.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CASES, type Case, drawFrom } from './cases.ts'
import { prepare } from './graph.ts'
import { fill, giveTokens, startNeo4j, tidy } from './neo4j.ts'
import type { Job, Op } from './op.ts'
import { fillPostgres, ready, startPostgres } from './postgres.ts'
import { type Row, summary, table } from './report.ts'
import { httpTarget, type Measured, rawTarget, type Setting, TARGETS, type Target } from './target.ts'

const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)))
const HELP = `npm run bench -- [options]
  --cases a,b      of ${CASES.map(({ name }) => name).join(', ')} (a prefix takes all that begin with it)
  --targets a,b    of ${TARGETS.join(', ')}; name=DIR adds the service as built in another checkout
  --rounds 3       times that each target gets its turn in each case
  --seconds 5      of one turn
  --warm 5         seconds of each target's turn before the first that counts
  --heat 40        seconds of load on Neo4j before all cases
  --clients 64     instead of the case's own number
  --data DIR       folder with twitter-ego and fediverse; without it a graph of that shape is generated
  --build DIR      the checkout whose built service is measured and whose database is used (this one)
  --work DIR       where graph and databases are kept between runs
  --out FILE       the JSON (bench/results/<time>.json)
  --profile DIR    a V8 CPU profile of the service into this folder
`
const labelOf = (name: string): string => name.split('=')[0] as string
const say = (line: string): void => void process.stderr.write(`${line}\n`)

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string' },
    targets: { type: 'string', default: TARGETS.join(',') },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    warm: { type: 'string', default: '5' },
    clients: { type: 'string' },
    heat: { type: 'string', default: '40' },
    data: { type: 'string' },
    work: { type: 'string', default: join(tmpdir(), 'follow-graph-bench') },
    out: { type: 'string' },
    profile: { type: 'string' },
    build: { type: 'string', default: ROOT },
    help: { type: 'boolean', short: 'h' },
  },
})

const made = new Map<string, Op[]>()
const places = new Map<string, number>()

/** What a case asks of a target next: a write is never asked twice, and an undoing case has a share of what was made. */
function jobsOf(
  one: Case,
  targets: string[],
  opsFor: (size: number) => Op[],
): (target: string, seconds: number, left: number) => Job {
  const ops = one.undoes === undefined ? opsFor(one.once ? 600_000 : 20_000) : []
  // Targets share a graph: what one has followed must be new to the next.
  const share = Math.floor(ops.length / targets.length)
  return (target, seconds, left) => {
    const index = targets.indexOf(target)
    const place = places.get(`${one.name} ${target}`) ?? 0
    const clients = options.clients === undefined ? one.clients : Number(options.clients)
    const job = { clients, seconds, once: one.once === true }
    if (one.undoes !== undefined) {
      const standing = made.get(`${one.undoes} ${target}`) ?? []
      const share = standing.slice(0, Math.ceil(standing.length / left))
      return { ...job, ops: share.map((op) => (op.kind === 'follow' ? { ...op, kind: 'unfollow' } : op)) }
    }
    return {
      ...job,
      ops: one.once ? ops.slice(index * share + place, (index + 1) * share).slice(0, 150_000) : ops,
    }
  }
}

// Notes how far a case of writes has come.
function advance(one: Case, target: string, asked: Job, begun: number): void {
  const key = `${one.undoes ?? one.name} ${target}`
  const before = made.get(key) ?? []
  if (one.undoes === undefined) {
    made.set(key, before.concat(asked.ops.slice(0, begun)))
    places.set(key, (places.get(key) ?? 0) + begun)
  } else made.set(key, before.slice(begun))
}

// The first of a kind is planned by the database, which a busy machine may not manage within the service's time limit.
async function checked(target: Target, op: Op): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const answer = await target.check(op).catch((error: unknown) => `failed ${error}`)
    if (tries === 5 || !answer.startsWith('503')) return answer
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP)
  const names = options.targets.split(',')
  const strange = names.find((name) => !name.includes('=') && !(TARGETS as readonly string[]).includes(name))
  if (strange !== undefined)
    throw new Error(`There is no target ${strange}; the targets are ${TARGETS.join(', ')}.`)
  const wanted = options.cases?.split(',')
  const cases = CASES.filter(
    ({ name }) => wanted === undefined || wanted.some((word) => name === word || name.startsWith(`${word}-`)),
  )
  if (cases.length === 0)
    throw new Error(
      `There is no case ${options.cases}; the cases are ${CASES.map(({ name }) => name).join(', ')}.`,
    )

  const work = resolve(options.work)
  const cli = join(resolve(options.build), 'dist', 'cli.js')
  const graph = await prepare(join(work, 'graph'), options.data, say)
  const { facts } = graph
  const stops: (() => Promise<void>)[] = []
  const end = async () => {
    for (const stop of stops.splice(0).reverse()) await stop().catch((error: unknown) => say(String(error)))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void end().then(() => process.exit(130)))
  try {
    const neo4j = await startNeo4j(cli, join(work, 'neo4j'), say)
    stops.push(() => neo4j.stop())
    const imported = await fill(cli, neo4j, graph, work)
    if (imported !== null)
      say(
        `Imported ${imported.users} users in ${imported.userSeconds.toFixed(1)} s, ${imported.follows} follows in ${imported.followSeconds.toFixed(1)} s.`,
      )
    await tidy(neo4j, facts.viewers, facts.highest)
    const viewers = await giveTokens(neo4j, facts.viewers)
    const postgres = names.some((name) => name.startsWith('pg'))
      ? await startPostgres(join(work, 'postgres'))
      : null
    if (postgres !== null) {
      stops.push(() => postgres.stop())
      await fillPostgres(
        postgres,
        graph,
        join(work, 'postgres'),
        fileURLToPath(new URL('../../', import.meta.url)),
      )
      await ready(postgres, viewers, facts.highest)
    }

    const targets: Target[] = []
    const open = async (name: string): Promise<Target> => {
      const [label, folder] = name.split('=') as [string, string | undefined]
      const onNeo4j = { NEO4J_URI: neo4j.uri, NEO4J_PASSWORD: neo4j.password }
      const setting: Setting = { name: label, viewers, database: () => neo4j.pids(), env: onNeo4j }
      if (label === 'service' || folder !== undefined) {
        const profiling =
          options.profile === undefined
            ? {}
            : {
                execArgv: [
                  '--cpu-prof',
                  `--cpu-prof-dir=${resolve(options.profile)}`,
                  `--cpu-prof-name=${label}.cpuprofile`,
                ],
              }
        return httpTarget(join(resolve(folder ?? options.build), 'dist', 'cli.js'), ['serve'], 'rest', {
          ...setting,
          ...profiling,
          env: { ...onNeo4j, PORT: '0', RATE_LIMIT: 'off', LOG_LEVEL: 'warn' },
        })
      }
      if (label === 'raw') return rawTarget(neo4j, setting)
      if (label === 'textbook') return httpTarget('./targets/textbook.js', [], 'skip', setting)
      if (label === 'graphql') return httpTarget('./targets/graphql.js', [], 'graphql', setting)
      return httpTarget('./targets/postgres.js', [], 'rest', {
        ...setting,
        env: {
          PG_PORT: String(postgres?.port),
          PG_PROFILE: label === 'pg-rendered' ? 'rendered' : 'columns',
        },
        database: () => postgres?.pids() ?? [],
      })
    }
    for (const name of names) {
      const target = await open(name)
      targets.push(target)
      stops.push(() => target.stop())
    }

    // Java compiles what it runs often: an unwarmed Neo4j is three to five times slower, and that says nothing.
    if (Number(options.heat) > 0) {
      say(`Warming Neo4j for ${options.heat} s …`)
      const ops = CASES.filter(({ name }) => ['page-32', 'celebrity', 'ids'].includes(name)).flatMap((one) =>
        one.ops(drawFrom(facts, 1, one.name === 'ids' ? 10 : 5_000)),
      )
      for (const target of targets.filter(({ name }) => !name.startsWith('pg') && name !== 'graphql')) {
        await target.run({ clients: 32, seconds: Number(options.heat) / targets.length, ops, once: false })
      }
    }
    const rows: Row[] = []
    for (const [index, one] of cases.entries()) {
      const job = jobsOf(one, names.map(labelOf), (size) => one.ops(drawFrom(facts, 100 + index, size)))
      const measured = new Map<string, Measured[]>(targets.map(({ name }) => [name, []]))
      const able: Target[] = []
      for (const target of targets) {
        const first = job(target.name, 1, 1).ops[0]
        const answer = first === undefined ? '' : await checked(target, first)
        if (one.once && first !== undefined)
          advance(one, target.name, { clients: 1, seconds: 1, ops: [first], once: true }, 1)
        if (answer.startsWith('200')) able.push(target)
        else
          say(
            `${one.name}: ${target.name} is left out, it answers ${answer.slice(0, 120) || 'nothing: run the case that it undoes, too'}`,
          )
      }
      const rounds = Number(options.rounds)
      for (let round = 0; round <= rounds; round += 1) {
        for (const target of able) {
          const asked = job(
            target.name,
            round === 0 ? Number(options.warm) : Number(options.seconds),
            rounds + 1 - round,
          )
          const outcome = await target.run(asked)
          if (one.once) advance(one, target.name, asked, outcome.begun)
          if (round > 0) measured.get(target.name)?.push(outcome)
          if (outcome.done === 0)
            say(`${one.name}: ${target.name} did nothing ${JSON.stringify(outcome.errors)}`)
        }
      }
      for (const target of able) rows.push(summary(one.name, target.name, measured.get(target.name) ?? []))
      process.stdout.write(
        `${table(
          rows.filter((row) => row.case === one.name),
          one,
        )}\n`,
      )
    }
    const results = {
      at: new Date().toISOString(),
      machine: {
        cpus: cpus().length,
        model: cpus()[0]?.model,
        memoryGb: Math.round(totalmem() / 2 ** 30),
        node: process.version,
      },
      neo4j: neo4j.version,
      postgres: postgres?.version ?? null,
      graph: { users: facts.users, follows: facts.follows, celebrity: facts.celebrity.followers },
      imported,
      rounds: Number(options.rounds),
      seconds: Number(options.seconds),
      rows,
    }
    const folder = fileURLToPath(new URL('../../results/', import.meta.url))
    mkdirSync(folder, { recursive: true })
    const out = options.out ?? join(folder, `${results.at.replace(/[:.]/g, '-')}.json`)
    writeFileSync(out, `${JSON.stringify(results, null, 2)}\n`)
    say(`Written to ${out}`)
  } finally {
    await end()
  }
}

await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
