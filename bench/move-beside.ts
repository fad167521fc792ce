// Knows the program `npm run bench:move-beside`: how fast the followers of a star are moved, and what that takes from those who read meanwhile.
import { createWriteStream, mkdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { random } from './graph.ts'
import { giveTokens, startNeo4j } from './neo4j.ts'
import { runProgram } from './run-program.ts'
import { serve } from './service.ts'
import { type Read, read } from './steady-reader.ts'

const ROOT = resolve(fileURLToPath(new URL('../../../', import.meta.url)))
const HELP = `npm run bench:move-beside -- [options]
  --followers 1000000   of the user who moves
  --rate 100            pages of followers that are asked for in a second
  --seconds 15          of measuring at rest, before and after
  --build DIR           the checkout whose built program is measured (this one)
  --work DIR            where files and database are put
`
const { values: options } = parseArgs({
  options: {
    followers: { type: 'string', default: '1000000' },
    rate: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '15' },
    build: { type: 'string', default: ROOT },
    work: { type: 'string', default: join(tmpdir(), 'follow-graph-move-beside') },
    help: { type: 'boolean', short: 'h' },
  },
})
const say = (line: string): void => void process.stderr.write(`${line}\n`)
// The star is the user 1, who moves to the user 2; the others are asked for.
const [STAR, OTHER, FIRST] = [1, 2, 10]
const PEOPLE = 5_000

/** Everyone follows the star; the first users also follow 20 of each other. */
async function write(path: string, followers: number): Promise<number> {
  const next = random(7)
  const file = createWriteStream(path)
  let follows = 1
  const line = async (text: string) => {
    if (!file.write(`${text}\n`)) await new Promise<void>((done) => file.once('drain', () => done()))
  }
  await line('follower_id,followee_id')
  await line(`${FIRST},${OTHER}`)
  for (let n = 0; n < followers; n += 1) {
    await line(`${FIRST + n},${STAR}`)
    follows += 1
    const others = new Set<number>()
    if (n < PEOPLE) for (let k = 0; k < 20; k += 1) others.add(FIRST + Math.floor(next() * PEOPLE))
    others.delete(FIRST + n)
    for (const other of others) await line(`${FIRST + n},${other}`)
    follows += others.size
  }
  await new Promise<void>((done) => file.end(done))
  return follows
}

async function main(): Promise<void> {
  if (options.help) return void process.stdout.write(HELP)
  const followers = Number(options.followers)
  const work = resolve(options.work)
  const cli = join(resolve(options.build), 'dist', 'cli.js')
  const [folder, follows] = [join(work, 'neo4j'), join(work, 'follows.csv')]
  mkdirSync(work, { recursive: true })
  rmSync(folder, { recursive: true, force: true })
  await write(follows, followers)
  const own = { NEO4J_URI: '', NEO4J_USERNAME: '', NEO4J_PASSWORD: '' }
  say((await runProgram(cli, ['import', '--data', folder, '--follows', follows], own)).told.trimEnd())
  const neo4j = await startNeo4j(cli, folder, say)
  try {
    const people = Array.from({ length: PEOPLE }, (_, n) => String(FIRST + n))
    const [viewer, app] = await giveTokens(neo4j, [people[0] as string, people[1] as string])
    await neo4j.driver.executeQuery(
      "MATCH (t:Token {user_id: $id}) SET t.kind = 'app', t.scopes = ['basic', 'provision'] REMOVE t.user_id",
      { id: BigInt(FIRST + 1) },
    )
    const service = await serve(cli, { NEO4J_URI: neo4j.uri, NEO4J_PASSWORD: neo4j.password })
    try {
      const port = Number(new URL(service.url).port)
      const measure = async (until: Promise<unknown>): Promise<Read> => {
        const reading = read(port, people, viewer?.token as string, Number(options.rate))
        await until
        return reading.stop()
      }
      const rows: string[] = []
      const row = (about: string, { count, failed, p50, p99, worst }: Read) =>
        rows.push(
          `| ${about} | ${count} | ${failed} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${worst.toFixed(0)} |`,
        )
      const rested = Number(options.seconds) * 1000
      // Java compiles what it runs often: unwarmed, rest would look worse than it is.
      await measure(wait(Math.max(rested, 30_000)))
      const before = await measure(wait(rested))
      row('at rest', before)
      let seconds = 0
      const moving = (async () => {
        const began = performance.now()
        const answer = await fetch(`${service.url}/users/${STAR}/move`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${app?.token}`, 'Content-Type': 'application/json' },
          body: JSON.stringify({ to: String(OTHER) }),
        })
        say(await answer.text())
        seconds = (performance.now() - began) / 1000
      })()
      const beside = await measure(moving)
      row(`beside the move of ${followers.toLocaleString('en')} followers`, beside)
      const after = await measure(wait(rested))
      row('at rest again', after)
      process.stdout.write(
        `| ${options.rate} reads/s | reads | failed | p50 ms | p99 ms | worst ms |\n| --- | ---: | ---: | ---: | ---: | ---: |\n${rows.join('\n')}\n\np99 ${(beside.p99 / Math.min(before.p99, after.p99)).toFixed(1)} times that of the better rest; the move took ${seconds.toFixed(1)} s, ${Math.round(followers / seconds).toLocaleString('en')} followers/s.\n`,
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
