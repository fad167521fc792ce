// Knows the program `npm run bench:warm-up`: what the first callers of a database that was just started get, with and without practice.
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { cpuMs, residentMb } from './cpu.ts'
import { type Facts, prepare, random } from './graph.ts'
import { openConnection } from './http-client.ts'
import { fill, giveTokens, startNeo4j } from './neo4j.ts'

const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)))
const HELP = `npm run bench:warm-up -- [options]
  --warm 0,40      seconds of practice (WARM_UP), each on a database started anew
  --windows 6      of five seconds in which 32 clients ask for pages of followers
  --data DIR       folder with twitter-ego and fediverse; without it a graph of that shape is generated
  --work DIR       where graph and database are kept between runs; may be the one of npm run bench
`
const { values: options } = parseArgs({
  options: {
    warm: { type: 'string', default: '0,40' },
    windows: { type: 'string', default: '6' },
    data: { type: 'string' },
    work: { type: 'string', default: join(tmpdir(), 'follow-graph-bench') },
    help: { type: 'boolean', short: 'h' },
  },
})
const say = (line: string): void => void process.stderr.write(`${line}\n`)
const CLI = join(ROOT, 'dist', 'cli.js')
const WINDOW_MS = 5_000
const CLIENTS = 32

async function pages(port: number, facts: Facts, tokens: string[]): Promise<number> {
  const next = random(Date.now())
  const pick = (from: string[]) => from[Math.floor(next() * from.length)]
  const until = performance.now() + WINDOW_MS
  let asked = 0
  const client = async () => {
    const connection = openConnection('127.0.0.1', port)
    while (performance.now() < until) {
      const path = `/stream/0/users/${pick(facts.followed)}/followers`
      const { status, failed } = await connection.ask(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${pick(tokens)}\r\n\r\n`,
      )
      if (status !== 200) throw new Error(`${path} answered ${status} ${failed ?? ''}`)
      asked += 1
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: CLIENTS }, client))
  return asked
}

async function measure(warm: number): Promise<string> {
  const graph = await prepare(join(options.work, 'graph'), options.data, say)
  const database = await startNeo4j(CLI, join(options.work, 'neo4j'), say)
  try {
    await fill(CLI, database, graph, options.work)
    const tokens = (await giveTokens(database, graph.facts.viewers)).map(({ token }) => token)
    const service = spawn(process.execPath, [CLI, 'serve'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...process.env,
        NEO4J_URI: database.uri,
        NEO4J_PASSWORD: database.password,
        PORT: '0',
        RATE_LIMIT: 'off',
        LOG_LEVEL: 'silent',
        WARM_UP: String(warm),
      },
    })
    try {
      const line = await new Promise<string>((done, refuse) => {
        service.stdout.once('data', (data: Buffer) => done(String(data)))
        service.once('exit', (status) => refuse(new Error(`The service ended with status ${status}.`)))
      })
      await wait(warm * 1_000 + 3_000)
      const idle = residentMb(service.pid as number, 'VmRSS')
      const port = Number(new URL((JSON.parse(line) as { url: string }).url).port)
      const windows: string[] = []
      for (let n = 0; n < Number(options.windows); n += 1) {
        const before = cpuMs(database.pids())
        const asked = await pages(port, graph.facts, tokens)
        const ms = (cpuMs(database.pids()) - before) / asked
        windows.push(`${Math.round((asked / WINDOW_MS) * 1_000)} (${ms.toFixed(2)})`)
      }
      return `${String(warm).padStart(3)} s of practice, ${Math.round(idle)} MB idle: ${windows.join(', ')}`
    } finally {
      service.kill('SIGTERM')
      await new Promise((done) => service.once('exit', done))
    }
  } finally {
    await database.stop()
  }
}

if (options.help) process.stdout.write(HELP)
else {
  process.stdout.write('Pages a second in windows of five seconds (ms of the database a page):\n')
  for (const warm of options.warm.split(',')) process.stdout.write(`${await measure(Number(warm))}\n`)
}
