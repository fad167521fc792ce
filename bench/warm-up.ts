// Knows the program `npm run bench:warm-up`: what the first callers of a database that was just started get, with and without practice.
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CASES, type Case, drawFrom } from './cases.ts'
import { residentMb } from './cpu.ts'
import { prepare } from './graph.ts'
import { fill, giveTokens, startNeo4j } from './neo4j.ts'
import { httpTarget } from './target.ts'

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

const page = CASES.find(({ name }) => name === 'page-32') as Case

async function measure(warm: number): Promise<string> {
  const { work, data } = options
  const graph = await prepare(join(work, 'graph'), data, say)
  const database = await startNeo4j(CLI, join(work, 'neo4j'), say)
  try {
    await fill(CLI, database, graph, work)
    const service = await httpTarget(CLI, ['serve'], 'rest', {
      name: 'service',
      viewers: await giveTokens(database, graph.facts.viewers),
      database: () => database.pids(),
      env: {
        NEO4J_URI: database.uri,
        NEO4J_PASSWORD: database.password,
        PORT: '0',
        RATE_LIMIT: 'off',
        LOG_LEVEL: 'silent',
        WARM_UP: String(warm),
      },
    })
    try {
      await wait(warm * 1_000 + 3_000)
      const idle = residentMb(service.pid)
      const windows: string[] = []
      for (let n = 0; n < Number(options.windows); n += 1) {
        const ops = page.ops(drawFrom(graph.facts, n, 20_000))
        const { done, seconds, cpu, errors } = await service.run({
          clients: page.clients,
          seconds: 5,
          ops,
          once: false,
        })
        if (Object.keys(errors).length > 0) say(`Errors: ${JSON.stringify(errors)}`)
        windows.push(`${Math.round(done / seconds)} (${cpu.database.toFixed(2)})`)
      }
      return `${String(warm).padStart(3)} s of practice, ${Math.round(idle)} MB idle: ${windows.join(', ')}`
    } finally {
      await service.stop()
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
