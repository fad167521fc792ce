// Knows the program `npm run bench:import-beside`: what an import through a running database takes from those who read meanwhile.
import { createReadStream, createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createGunzip } from 'node:zlib'
import { prepare } from './graph.ts'
import { giveTokens, startNeo4j } from './neo4j.ts'
import { runProgram } from './run-program.ts'
import { serve } from './service.ts'
import { read } from './steady-reader.ts'

const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)))
const HELP = `npm run bench:import-beside -- [options]
  --data DIR       folder with twitter-ego-follows.csv.gz; without it a graph is generated
  --rate 100       pages of followers that are asked for in a second
  --seconds 15     of measuring at rest, before and after
  --pace N         the import's own option: N lines a second on average
  --build DIR      the checkout whose built program is measured (this one)
  --work DIR       where files and database are put
`
const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '15' },
    pace: { type: 'string' },
    build: { type: 'string', default: ROOT },
    work: { type: 'string', default: join(tmpdir(), 'follow-graph-import-beside') },
    help: { type: 'boolean', short: 'h' },
  },
})
const say = (line: string): void => void process.stderr.write(`${line}\n`)

/** Three of four follows in one file, every fourth in another; answers some users that are followed. */
async function split(
  input: NodeJS.ReadableStream,
  base: string,
  rest: string,
): Promise<{ people: string[]; follows: number }> {
  const files = [createWriteStream(base), createWriteStream(rest)]
  const people = new Set<string>()
  let columns: number[] = []
  let [n, follows] = [0, 0]
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    const cells = line.split(',')
    if (n === 0) columns = ['follower_id', 'followee_id'].map((name) => cells.indexOf(name))
    const pair = columns.map((at) => cells[at]).join()
    const into = files[n % 4 === 3 ? 1 : 0] as (typeof files)[0]
    if (n === 0) for (const file of files) file.write(`${pair}\n`)
    else if (!into.write(`${pair}\n`)) await new Promise<void>((done) => into.once('drain', () => done()))
    if (n % 4 === 3) follows += 1
    if (n % 52 === 1) people.add(cells[columns[1] as number] as string)
    n += 1
  }
  await Promise.all(files.map((file) => new Promise<void>((done) => file.end(done))))
  return { people: [...people], follows }
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP)
  const work = resolve(options.work)
  const cli = join(resolve(options.build), 'dist', 'cli.js')
  const [folder, base, rest] = [join(work, 'neo4j'), join(work, 'base.csv'), join(work, 'rest.csv')]
  mkdirSync(work, { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  const real = options.data === undefined ? undefined : join(options.data, 'twitter-ego-follows.csv.gz')
  if (real !== undefined && !existsSync(real)) throw new Error(`There is no ${real}.`)
  const input =
    real === undefined
      ? createReadStream((await prepare(join(work, 'graph'), undefined, say)).follows)
      : createReadStream(real).pipe(createGunzip())
  const { people, follows } = await split(input, base, rest)
  const own = { NEO4J_URI: '', NEO4J_USERNAME: '', NEO4J_PASSWORD: '' }
  say((await runProgram(cli, ['import', '--data', folder, '--follows', base], own)).told.trimEnd())
  const neo4j = await startNeo4j(cli, folder, say)
  try {
    const [viewer] = await giveTokens(neo4j, [people[0] as string])
    const env = { NEO4J_URI: neo4j.uri, NEO4J_PASSWORD: neo4j.password }
    const service = await serve(cli, env)
    try {
      const port = Number(new URL(service.url).port)
      const measure = async (until: Promise<unknown>) => {
        const reading = read(port, people, viewer?.token as string, Number(options.rate))
        await until
        return reading.stop()
      }
      const rows: string[] = []
      const row = (about: string, { count, failed, p50, p99, worst }: Awaited<ReturnType<typeof measure>>) =>
        rows.push(
          `| ${about} | ${count} | ${failed} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${worst.toFixed(0)} |`,
        )
      const rested = Number(options.seconds) * 1000
      // Java compiles what it runs often: unwarmed, rest would look worse than it is.
      await measure(wait(Math.max(rested, 30_000)))
      const before = await measure(wait(rested))
      row('at rest', before)
      const pace = options.pace === undefined ? [] : ['--pace', options.pace]
      const importing = runProgram(cli, ['import', '--follows', rest, ...pace], env)
      const beside = await measure(importing)
      const { seconds, nodeMb } = await importing
      row(
        `beside the import of ${follows.toLocaleString('en')} follows, ${Math.round(follows / seconds).toLocaleString('en')}/s`,
        beside,
      )
      const after = await measure(wait(rested))
      row('at rest again', after)
      process.stdout.write(
        `| ${options.rate} reads/s | reads | failed | p50 ms | p99 ms | worst ms |\n| --- | ---: | ---: | ---: | ---: | ---: |\n${rows.join('\n')}\n\np99 ${(beside.p99 / Math.min(before.p99, after.p99)).toFixed(1)} times that of the better rest; the import took ${seconds.toFixed(1)} s and ${nodeMb} MB.\n`,
      )
    } finally {
      await service.stop()
    }
  } finally {
    await neo4j.stop()
  }
}

await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
