// Knows the program `npm run bench:events`: what streams of events cost while nothing happens, and how late an event is.
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, get, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { hashSecret, newTokenText } from '../src/tokens/token.ts'
import { residentMb } from './cpu.ts'
import { type Database, giveTokens, migrateNeo4j, startNeo4j } from './neo4j.ts'
import type { Viewer } from './op.ts'
import { type Service, serve } from './service.ts'

const HELP = `npm run bench:events -- [options]
  --streams 1000   that listen while nothing happens
  --writers 16     clients that follow, for the delay between the answer of a follow and its event
  --rate 200       follows a second of all writers
  --seconds 20     of each measurement
`
const { values: options } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    writers: { type: 'string', default: '16' },
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '20' },
    help: { type: 'boolean', short: 'h' },
  },
})
const CLI = join(resolve(fileURLToPath(new URL('../../../', import.meta.url))), 'dist', 'cli.js')
const USERS = 400
const say = (line: string): void => void process.stderr.write(`${line}\n`)

async function start(database: Database): Promise<Service> {
  const env = { NEO4J_URI: database.uri, NEO4J_PASSWORD: database.password, LOG_LEVEL: 'silent' }
  const service = await serve(CLI, env)
  while ((await fetch(`${service.url}/health/ready`)).status !== 200) await wait(100)
  return service
}

/** Users, a token for each, and an app's token that reads events. */
async function populate(database: Database): Promise<{ people: Viewer[]; reader: string }> {
  await database.driver.executeQuery(
    `UNWIND range(1, $users) AS id CREATE (:User {id: id, username: 'u' + id, username_key: 'u' + id, created_at: datetime()})`,
    { users: BigInt(USERS) },
  )
  const people = await giveTokens(
    database,
    Array.from({ length: USERS }, (_, n) => String(n + 1)),
  )
  const reader = newTokenText('app')
  await database.driver.executeQuery(
    `CREATE (:Token {hash: $hash, kind: 'app', client_id: 'follow-graph', scopes: ['basic', 'events'], created_at: datetime()})`,
    { hash: hashSecret(reader) },
  )
  return { people, reader }
}

type Stream = { leave(): void }

/** A stream whose messages `told` gets as text; resolves when its head has come. */
function listen(url: string, token: string, told: (message: string) => void): Promise<Stream> {
  return new Promise((resolve, reject) => {
    const asked = get(`${url}/stream/0/events/stream`, {
      headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' },
      agent: false,
    })
    asked.once('error', reject)
    asked.once('response', (answer) => {
      if (answer.statusCode !== 200) return reject(new Error(`events/stream answered ${answer.statusCode}`))
      let text = ''
      answer.on('data', (piece: Buffer) => {
        text += piece
        for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
          told(text.slice(0, end))
          text = text.slice(end + 2)
        }
      })
      answer.on('error', () => undefined)
      resolve({ leave: () => asked.destroy() })
    })
  })
}

const metricsOf = async ({ url }: Service): Promise<string> => (await fetch(`${url}/metrics`)).text()

/** Of V8's heap and of buffers beside it, in MB. */
async function heapOf(instance: Service): Promise<string> {
  const text = await metricsOf(instance)
  const mb = (name: string) => (Number(text.match(new RegExp(`^${name} (\\d+)`, 'm'))?.[1]) / 1e6).toFixed(0)
  return `${mb('nodejs_heap_size_used_bytes')} + ${mb('nodejs_external_memory_bytes')}`
}

/** How many times the service has asked the database. */
async function queriesOf(instance: Service): Promise<number> {
  const text = await metricsOf(instance)
  const counts = [...text.matchAll(/^followgraph_database_seconds_count\S* (\d+)$/gm)]
  return counts.reduce((sum, [, count]) => sum + Number(count), 0)
}

async function idle(instance: Service, token: string): Promise<string> {
  const [count, seconds] = [Number(options.streams), Number(options.seconds)]
  const asked = async () => {
    const before = await queriesOf(instance)
    await wait(seconds * 1_000)
    return ((await queriesOf(instance)) - before) / seconds
  }
  const quiet = { rate: await asked(), mb: residentMb(instance.pid), heap: await heapOf(instance) }
  const streams: Stream[] = []
  streams.push(await listen(instance.url, token, () => undefined))
  const one = { rate: await asked(), mb: residentMb(instance.pid), heap: await heapOf(instance) }
  while (streams.length < count) {
    const some = Math.min(50, count - streams.length)
    streams.push(
      ...(await Promise.all(
        Array.from({ length: some }, () => listen(instance.url, token, () => undefined)),
      )),
    )
  }
  const all = { rate: await asked(), mb: residentMb(instance.pid), heap: await heapOf(instance) }
  for (const stream of streams) stream.leave()
  const line = (name: string, { mb, heap, rate }: { mb: number; heap: string; rate: number }) =>
    `| ${name} | ${mb.toFixed(0)} | ${heap} | ${rate.toFixed(1)} |`
  return `| streams | MB resident | MB of heap + buffers | queries/s |
| --- | ---: | ---: | ---: |
${[line('0', quiet), line('1', one), line(String(count), all)].join('\n')}
`
}

const agent = new Agent({ keepAlive: true })

function follow(url: string, viewer: Viewer, user: string, method: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(
      `${url}/stream/0/users/${user}/follow`,
      { method, agent, headers: { Authorization: `Bearer ${viewer.token}` } },
      (answer) => {
        answer.resume()
        answer.once('end', () =>
          answer.statusCode === 200 ? resolve() : reject(new Error(`a follow answered ${answer.statusCode}`)),
        )
      },
    )
    asked.once('error', reject)
    asked.end()
  })
}

/** Follows through the first instance; each event is timed at both, from the moment its follow was answered. */
async function delays(instances: Service[], people: Viewer[], token: string): Promise<string> {
  const came = instances.map(() => new Map<string, number>())
  const streams = await Promise.all(
    instances.map(({ url }, at) =>
      listen(url, token, (message) => {
        const data = message.match(/^data: (.*)$/m)?.[1]
        const event = data === undefined ? null : JSON.parse(data)
        if (event?.meta?.type === 'user_follow')
          came[at]?.set(`${event.data.user.id} ${event.data.follows_user.id}`, performance.now())
      }),
    ),
  )
  const answered = new Map<string, number>()
  const [first] = instances as [Service]
  const until = performance.now() + Number(options.seconds) * 1_000
  const writers = Number(options.writers)
  const between = (writers / Number(options.rate)) * 1_000
  const writer = async (own: number) => {
    for (let n = own; performance.now() < until; n += writers) {
      const began = performance.now()
      const viewer = people[n % USERS] as Viewer
      const user = people[(n + 1 + Math.floor(n / USERS)) % USERS] as Viewer
      await follow(first.url, viewer, user.id, 'POST')
      answered.set(`${viewer.id} ${user.id}`, performance.now())
      await wait(Math.max(0, between - (performance.now() - began)))
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, own) => writer(own)))
  await wait(2_000)
  for (const stream of streams) stream.leave()
  const line = (name: string, seen: Map<string, number>) => {
    const late = [...answered]
      .map(([pair, at]) => (seen.get(pair) ?? Number.POSITIVE_INFINITY) - at)
      .sort((a, b) => a - b)
    const share = (part: number) => Math.max(0, late[Math.floor(late.length * part)] ?? 0).toFixed(0)
    return `| ${name} | ${late.length} | ${share(0.5)} | ${share(0.99)} | ${late.at(-1)?.toFixed(0)} |`
  }
  return `| stream at | follows | p50 ms | p99 ms | worst ms |
| --- | ---: | ---: | ---: | ---: |
${came.map((seen, at) => line(at === 0 ? 'the same instance' : 'another instance', seen)).join('\n')}
`
}

if (options.help) process.stdout.write(HELP)
else {
  const folder = mkdtempSync(join(tmpdir(), 'follow-graph-bench-events-'))
  const database = await startNeo4j(CLI, folder, say)
  const instances: Service[] = []
  try {
    await migrateNeo4j(CLI, database)
    const { people, reader } = await populate(database)
    instances.push(await start(database), await start(database))
    // Plans are made behind the first callers.
    await wait(20_000)
    process.stdout.write(`${await idle(instances[0] as Service, reader)}\n`)
    process.stdout.write(await delays(instances, people, reader))
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()))
    await database.stop()
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
