// Knows the program `npm run bench:round-trip`: import, export, import elsewhere, export, compare the bytes, audit; a table of times.
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { prepare } from './graph.ts'
import { type Ran, runProgram } from './run-program.ts'

const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)))
const HELP = `npm run bench:round-trip -- [options]
  --data DIR       folder with twitter-ego-follows.csv.gz; without it a graph is generated
  --build DIR      the checkout whose built program is measured (this one)
  --work DIR       where files and databases are kept between runs
  --steps 1,2,…    only these of the steps 1 import, 2 export, 3 import elsewhere, 4 export there and compare, 5 audit
`
const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    build: { type: 'string', default: ROOT },
    work: { type: 'string', default: join(tmpdir(), 'follow-graph-round-trip') },
    steps: { type: 'string', default: '1,2,3,4,5' },
    help: { type: 'boolean', short: 'h' },
  },
})
const say = (line: string): void => void process.stderr.write(`${line}\n`)

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP)
  const work = resolve(options.work)
  const cli = join(resolve(options.build), 'dist', 'cli.js')
  const own = { NEO4J_URI: '', NEO4J_USERNAME: '', NEO4J_PASSWORD: '' }
  const [one, other] = [join(work, 'one'), join(work, 'other')]
  mkdirSync(work, { recursive: true })
  const file = (name: string) => join(work, name)
  const whole = (suffix: string) => [
    '--users',
    file(`users${suffix}.csv`),
    '--follows',
    file(`follows${suffix}.csv`),
  ]
  const rows: string[] = []
  const run = async (about: string, args: string[], count: (printed: string) => number): Promise<Ran> => {
    const ran = await runProgram(cli, args, own)
    const loaded = /Read in ([\d.]+) s, loaded in ([\d.]+) s: (\d+) follows\/s/.exec(ran.told)
    const follows = count(ran.printed)
    const part =
      loaded === null
        ? ''
        : `read and converted ${loaded[1]} s, loaded ${loaded[2]} s: ${Number(loaded[3]).toLocaleString('en')} follows/s`
    rows.push(
      `| ${about} | ${ran.seconds.toFixed(1)} | ${Math.round(follows / ran.seconds).toLocaleString('en')} | ${ran.nodeMb} | ${ran.javaMb} | ${part} |`,
    )
    say(rows.at(-1) as string)
    return ran
  }
  let follows = 0
  const counted = (key: string) => (printed: string) => {
    follows = (JSON.parse(printed) as Record<string, number>)[key] ?? 0
    return follows
  }

  for (const step of options.steps.split(',')) {
    if (step === '1') {
      rmSync(one, { recursive: true, force: true })
      const real = options.data === undefined ? undefined : join(options.data, 'twitter-ego-follows.csv.gz')
      if (real !== undefined && !existsSync(real)) throw new Error(`There is no ${real}.`)
      const files = real === undefined ? await prepare(file('graph'), undefined, say) : undefined
      const args =
        files === undefined
          ? ['--follows', real as string]
          : ['--users', files.users, '--follows', files.follows]
      await run('import', ['import', '--data', one, ...args], counted('made_follows'))
    }
    if (step === '2') await run('export', ['export', '--data', one, ...whole('')], counted('follows'))
    if (step === '3') {
      rmSync(other, { recursive: true, force: true })
      await run(
        'import of the export elsewhere',
        ['import', '--data', other, ...whole('')],
        counted('made_follows'),
      )
    }
    if (step === '4') {
      await run('export there', ['export', '--data', other, ...whole('-again')], counted('follows'))
      for (const name of ['users', 'follows']) {
        const [before, after] = [await sha256(file(`${name}.csv`)), await sha256(file(`${name}-again.csv`))]
        if (before !== after) throw new Error(`${name}.csv of the two exports differ.`)
        say(`${name}.csv: the same bytes, SHA-256 ${after}`)
      }
    }
    if (step === '5') await run('audit', ['audit', '--data', other], () => follows)
  }
  process.stdout.write(
    `| step | seconds, with start and stop of Neo4j | follows/s | Node MB at most | Java MB at most | |\n| --- | ---: | ---: | ---: | ---: | --- |\n${rows.join('\n')}\n`,
  )
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest('hex')
}

await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
