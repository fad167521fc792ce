// Knows the benchmark's PostgreSQL: a cluster of its own on loopback, durable as Neo4j is, filled with the same graph.
import { execFileSync, spawn } from 'node:child_process'
import {
  chownSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { hashSecret } from '../src/tokens/token.ts'
import { type Profile, profileOf, renderProfile } from '../src/users/profile.ts'
import { describe } from '../src/users/text.ts'
import { childrenOf } from './cpu.ts'
import type { Graph } from './graph.ts'
import type { Viewer } from './op.ts'

export type Postgres = {
  port: number
  version: string
  pids(): number[]
  query(text: string): Promise<unknown[][]>
  stop(): Promise<void>
}

// As large as Neo4j's page cache, and as durable as its commits; the rest as a small machine's owner would set it.
const SETTINGS = `
listen_addresses = '127.0.0.1'
shared_buffers = 256MB
effective_cache_size = 2GB
synchronous_commit = on
fsync = on
wal_compression = lz4
max_wal_size = 2GB
checkpoint_timeout = 15min
random_page_cost = 1.1
jit = off
max_connections = 60
`

function binaries(): string {
  const root = '/usr/lib/postgresql'
  const version = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a))[0] : undefined
  if (version === undefined)
    throw new Error(
      'There is no PostgreSQL: install the Debian package "postgresql", or leave the target "pg" out (--targets).',
    )
  return join(root, version, 'bin')
}

// PostgreSQL refuses to run as root.
const asOwner = (command: string[]): string[] =>
  userInfo().uid === 0 ? ['runuser', '-u', 'postgres', '--', ...command] : command

const run = (command: string[]) => {
  const [program, ...args] = asOwner(command)
  execFileSync(program as string, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts the cluster of `folder`, made at the first time. */
export async function startPostgres(folder: string): Promise<Postgres> {
  const bin = binaries()
  const data = join(folder, 'cluster')
  if (!existsSync(join(data, 'PG_VERSION'))) {
    mkdirSync(data, { recursive: true, mode: 0o700 })
    if (userInfo().uid === 0) {
      const [uid, gid] = ['-u', '-g'].map((flag) =>
        Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })),
      ) as [number, number]
      chownSync(data, uid, gid)
      chownSync(folder, uid, gid)
    }
    run([join(bin, 'initdb'), '-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C'])
  }
  const port = await freePort()
  writeFileSync(
    join(data, 'postgresql.auto.conf'),
    `${SETTINGS}port = ${port}\nunix_socket_directories = '${data}'\n`,
  )
  const [program, ...args] = asOwner([join(bin, 'postgres'), '-D', data])
  const server = spawn(program as string, args, { stdio: 'ignore', cwd: data })
  const connection = { host: '127.0.0.1', port, user: 'bench', database: 'postgres' }
  let client = new pg.Client(connection)
  for (let tries = 0; ; tries += 1) {
    try {
      await client.connect()
      break
    } catch (error) {
      if (tries > 100 || server.exitCode !== null) throw error
      client = new pg.Client(connection)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  const query = async (text: string) => (await client.query({ text, rowMode: 'array' })).rows
  const [row] = await query('SHOW server_version')
  return {
    port,
    version: String(row?.[0]).split(' ')[0] as string,
    pids: () => {
      const below = childrenOf(server.pid as number)
      return [server.pid as number, ...below]
    },
    query,
    async stop() {
      await client.end()
      // The first line of its pid file is the server; what we started may be a runuser before it.
      const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
      process.kill(pid, 'SIGINT')
      await new Promise((resolve) => server.once('exit', resolve))
    },
  }
}

/** Loads the graph once, by COPY. */
export async function fillPostgres(
  postgres: Postgres,
  graph: Graph,
  folder: string,
  source: string,
): Promise<void> {
  if (existsSync(join(folder, 'filled'))) return
  const bin = binaries()
  const statements = async (file: string) => {
    await psql(postgres, bin, readFileSync(join(source, file), 'utf8'))
  }
  await statements('postgres.sql')
  const [users, documents] = [join(folder, 'users.copy'), join(folder, 'documents.copy')]
  await pipeline(userRows(graph.users, columns), createWriteStream(users))
  await pipeline(
    userRows(graph.users, (profile) => [
      profile.id,
      renderProfile(profile, new Map()).replaceAll('\u0001', ORIGIN),
    ]),
    createWriteStream(documents),
  )
  await psql(
    postgres,
    bin,
    `\\copy users (${COLUMNS}) from '${users}'\n\\copy documents from '${documents}'\n\\copy follows (id, follower_id, followee_id, followed_at) from '${graph.follows}' csv header\n`,
  )
  await statements('postgres-after.sql')
  writeFileSync(join(folder, 'filled'), '')
}

async function psql(postgres: Postgres, bin: string, input: string): Promise<void> {
  const child = spawn(
    join(bin, 'psql'),
    [
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-h',
      '127.0.0.1',
      '-p',
      String(postgres.port),
      '-U',
      'bench',
      'postgres',
    ],
    {
      stdio: ['pipe', 'ignore', 'inherit'],
    },
  )
  child.stdin.end(input)
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`psql ended with status ${code}.`)
}

// Where links in documents lead; the rival knows its own address from the start.
const ORIGIN = 'http://127.0.0.1'
const COLUMNS =
  `id, username, name, type, timezone, locale, created_at, description, description_html, description_entities,
  avatar_url, avatar_width, avatar_height, cover_url, cover_width, cover_height`.replace(/\s+/g, ' ')

function columns(profile: Profile): unknown[] {
  const { id } = profile
  const described = profile.description === undefined ? null : describe(profile.description, new Map())
  const about =
    described === null
      ? [null, null, null]
      : [described.text, described.html, JSON.stringify(described.entities)]
  const images = [`${ORIGIN}/images/avatar.svg`, 180, 180, `${ORIGIN}/images/cover.svg`, 960, 260]
  return [
    id,
    `u${id}`,
    profile.name ?? `u${id}`,
    profile.type ?? 'human',
    'UTC',
    'en_US',
    profile.created_at,
    ...about,
    ...images,
  ]
}

async function* userRows(file: string, row: (profile: Profile) => unknown[]): AsyncGenerator<string> {
  let header: string[] | undefined
  let block = ''
  for await (const line of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    const values = line.split(',')
    if (header === undefined) {
      header = values
      continue
    }
    const fields = Object.fromEntries(header.map((name, at) => [name, values[at]]))
    const cells = row(profileOf({ ...fields, id: BigInt(fields.id as string) }))
    block += `${cells.map((cell) => (cell === null ? '\\N' : String(cell).replaceAll('\\', '\\\\'))).join('\t')}\n`
    if (block.length > 65_536) {
      yield block
      block = ''
    }
  }
  yield block
}

/** The viewers' tokens, the same texts as in the graph; follows of earlier runs go. */
export async function ready(postgres: Postgres, viewers: Viewer[], highest: string): Promise<void> {
  await postgres.query('TRUNCATE tokens')
  const values = viewers
    .map(({ id, token }) => `('\\x${hashSecret(token)}', ${id}, 'follow,basic')`)
    .join(',')
  await postgres.query(`INSERT INTO tokens (hash, user_id, scopes) VALUES ${values}`)
  await postgres.query(
    `DELETE FROM follows WHERE follower_id IN (${viewers.map(({ id }) => id).join(',')}) AND id > ${highest}`,
  )
  await postgres.query('VACUUM (ANALYZE) follows')
  await postgres.query('VACUUM (ANALYZE) users')
  await postgres.query('CHECKPOINT')
}
