// The command line as people misuse it: a reader that goes away, a wrong password, an address of something else, Ctrl-C.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { ConfigError } from '../../src/config/values.ts'
import { readConfig } from '../../src/config.ts'
import { openGraph } from '../../src/graph/graph.ts'
import { program } from '../faults/built.ts'
import { endPrograms, type Run, runProgram } from '../support/program.ts'
import { startTestService } from '../support/service.ts'

vi.setConfig({ testTimeout: 60_000 })
const neo4j = inject('neo4j')
const service = await startTestService()
const place = mkdtempSync(join(tmpdir(), 'follow-graph-commands-'))
const servers: Server[] = []
const ENV = {
  NEO4J_URI: neo4j.uri,
  NEO4J_USERNAME: neo4j.username,
  NEO4J_PASSWORD: neo4j.password,
  NEO4J_DATABASE: neo4j.database,
}
type Settings = Record<string, string | undefined>

const start = (args: string[], settings: Settings = {}, stdin: 'ignore' | 'pipe' = 'ignore') =>
  runProgram(args, { ...ENV, ...settings }, stdin)

async function ended(command: Run) {
  const status = await command.exited
  return { status, printed: command.printed(), told: command.told().trim() }
}
const run = (args: string[], settings: Settings = {}) => ended(start(args, settings))

async function listening(server: Server): Promise<number> {
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Sends a statement about users of the database itself. */
async function administer(text: string, params: Record<string, unknown> = {}) {
  const graph = openGraph({ ...neo4j, database: 'system' })
  try {
    // One statement, and no look whether the database answers others: on `system` none may be asked.
    await graph.write('test', text, params, 60_000)
  } finally {
    await graph.close()
  }
}

beforeAll(() => void program(), 60_000)
afterAll(() => {
  for (const server of servers) server.close()
  endPrograms()
  rmSync(place, { recursive: true, force: true })
})

describe('a reader that goes away', () => {
  const COMMANDS = [
    ['export', '--users', '-'],
    ['export', '--follows', '-'],
    ['picture', '--users', '5'],
    ['migrate'],
    ['client', 'create', 'A reader that goes away'],
    ['serve', '--help'],
  ]

  it.each(COMMANDS)('of standard output is no failure to tell of: %s %s %s', async (...args) => {
    const command = start(args.filter((arg) => arg !== undefined))
    command.child.stdout?.destroy()
    const { status, told } = await ended(command)
    expect(told).toBe('')
    expect([0, 141]).toContain(status)
  })

  it('of standard error leaves the work alone', async () => {
    const { id } = await service.user()
    const command = start(['token', 'create', id])
    command.child.stderr?.destroy()
    const { status, printed } = await ended(command)
    expect(status).toBe(0)
    expect(JSON.parse(printed).access_token).toMatch(/^fg_u_/)
    const wrong = start(['token', 'create', '@nobody_there'])
    wrong.child.stderr?.destroy()
    expect((await ended(wrong)).status).toBe(1)
  })

  it('of both does not end `serve`', async () => {
    const command = start(['serve'], { PORT: '0', LOG_LEVEL: 'trace' })
    await vi.waitFor(() => expect(command.printed()).toContain('\n'), { timeout: 20_000 })
    const { url } = JSON.parse(command.printed())
    command.child.stderr?.destroy()
    command.child.stdout?.destroy()
    for (let n = 0; n < 5; n += 1) {
      expect((await fetch(`${url}/nothing`)).status).toBe(404)
      await wait(50)
    }
    command.child.kill('SIGTERM')
    expect((await ended(command)).status).toBe(0)
  })

  it('a full disk under standard output is one sentence', async () => {
    if (!existsSync('/dev/full')) return
    const args = [program(), 'export', '--users', '-']
    const child = spawn('/bin/sh', ['-c', `exec "$0" "$@" > /dev/full`, process.execPath, ...args], {
      env: { ...process.env, ...ENV },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let told = ''
    child.stderr.on('data', (piece: Buffer) => {
      told += piece
    })
    const [status] = await once(child, 'close')
    expect([status, told.trim()]).toEqual([1, 'Standard output cannot be written (ENOSPC).'])
  })
})

/** One sentence for people (two at most), and no trace of where the program stood. */
function expectSentence(
  said: { status: unknown; told: string; printed: string },
  sentence: RegExp,
  status = 1,
) {
  expect(said.told).toMatch(sentence)
  expect(said.told.split('\n')).toHaveLength(1)
  expect(said.told).not.toMatch(/ {4}at |Neo4jError|undefined|\[object/)
  expect(said.printed).toBe('')
  expect(said.status).toBe(status)
}

describe('a login that is refused', () => {
  const name = () => `cli_${randomBytes(6).toString('hex')}`
  const user = name()
  beforeAll(() => administer(`CREATE USER ${user} SET PASSWORD 'right-password' CHANGE NOT REQUIRED`))
  afterAll(() => administer(`DROP USER ${user}`))

  it.each([[['user', 'create', '--username', 'unwritten']], [['serve', '--sample']]])(
    'is told at once, after one try: %j',
    async (args) => {
      const settings = { NEO4J_USERNAME: user, NEO4J_PASSWORD: 'wrong', PORT: '0' }
      const wrong = await run(args, settings)
      expectSentence(wrong, new RegExp(`refuses the login of the user ${user}: NEO4J_PASSWORD .* is wrong`))
      // Neo4j locks after three: this proves that there was one. The right one sets its count back.
      expectSentence(await run(['migrate'], settings), /NEO4J_PASSWORD .* is wrong/)
      const right = await run(['migrate'], { ...settings, NEO4J_PASSWORD: 'right-password' })
      expect([right.status, right.told]).toEqual([0, ''])
    },
  )

  it('of a name that is none, and of an empty password', async () => {
    expectSentence(
      await run(['migrate'], { NEO4J_USERNAME: name() }),
      /NEO4J_PASSWORD \(or NEO4J_USERNAME\) is wrong/,
    )
    expectSentence(
      await run(['migrate'], { NEO4J_PASSWORD: '' }),
      /requires a login, and NEO4J_PASSWORD is empty/,
    )
    const unset = await run(['migrate'], { NEO4J_PASSWORD: undefined })
    expectSentence(unset, /^NEO4J_URI is set and NEO4J_PASSWORD is not: .*NEO4J_PASSWORD=,/, 2)
  })

  it('because the account is locked is told so', async () => {
    const other = name()
    await administer(`CREATE USER ${other} SET PASSWORD 'right-password' CHANGE NOT REQUIRED`)
    const guess = async () => {
      const graph = openGraph({ ...neo4j, username: other })
      await expect(graph.ping()).rejects.toThrow('credentials')
      await graph.close()
    }
    for (let n = 0; n < 3; n += 1) await guess()
    // The lock lasts five seconds: it is kept up while the command starts.
    let over = false
    const guessing = (async () => {
      while (!over) await guess()
    })()
    const said = await run(['migrate'], { NEO4J_USERNAME: other })
    over = true
    await guessing
    await administer(`DROP USER ${other}`)
    expectSentence(said, /has locked the user .* check NEO4J_PASSWORD/)
  })

  it('because the password has expired is told so', async () => {
    const other = name()
    await administer(`CREATE USER ${other} SET PASSWORD 'first-password' CHANGE REQUIRED`)
    try {
      const said = await run(['migrate'], { NEO4J_USERNAME: other, NEO4J_PASSWORD: 'first-password' })
      expectSentence(said, /The password of the user .* has expired: change it there/)
    } finally {
      await administer(`DROP USER ${other}`)
    }
  })

  it('does not end `serve`, whose requests and probes try no further login', async () => {
    const settings = { NEO4J_USERNAME: user, NEO4J_PASSWORD: 'wrong', PORT: '0', LOG_LEVEL: 'silent' }
    const command = start(['serve'], settings)
    await vi.waitFor(() => expect(command.told()).toMatch(/NEO4J_PASSWORD/), { timeout: 20_000 })
    const { url } = JSON.parse(command.printed())
    const ask = (path: string) => fetch(url + path).then((answer) => answer.status)
    for (let n = 0; n < 5; n += 1)
      expect(
        new Set(await Promise.all(['/health/ready', '/users/1', '/users/2', '/users/3'].map(ask))),
      ).toEqual(new Set([503]))
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ reason: 'credentials' })
    const right = await run(['migrate'], { ...settings, NEO4J_PASSWORD: 'right-password' })
    expect([right.status, right.told]).toEqual([0, ''])
    expect(command.told()).toMatch(/is wrong\. It is tried again every 30 seconds\./)
    command.child.kill('SIGINT')
    expect((await ended(command)).status).toBe(0)
  })
})

/** What settings are refused with. */
function refusedSettings(settings: Settings): string {
  try {
    readConfig(settings)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
  }
  return 'nothing'
}

describe('an address that is wrong', () => {
  const host = new URL(neo4j.uri).host

  it.each<[string, RegExp]>([
    [`http://${host}`, /Bolt port \(7687\) is needed/],
    ['https://localhost:7473', /Bolt port \(7687\) is needed/],
    [host, /with bolt:\/\/ or neo4j:\/\/ in front/],
    ['localhost', /with bolt:\/\/ or neo4j:\/\/ in front/],
    ['postgres://localhost', /must be an address such as bolt:/],
    ['bolt://', /must be an address such as bolt:/],
    ['bolt:// localhost', /must be an address such as bolt:/],
    ['bolt://localhost:99999', /must be an address such as bolt:/],
    ['bolt://localhost:port', /must be an address such as bolt:/],
    ['bolt://localhost?a=b', /must be an address such as bolt:/],
    [`bolt://${host}/neo4j`, /NEO4J_DATABASE names the database/],
    ['bolt://neo4j:s3cret-word@localhost', /set NEO4J_USERNAME and NEO4J_PASSWORD/],
  ])('in its form is wrong usage: %s', (uri, sentence) => {
    const said = refusedSettings({ ...ENV, NEO4J_URI: uri })
    expect(said).toMatch(/^The setting NEO4J_URI must /)
    expect(said).toMatch(sentence)
    expect(said).not.toContain('s3cret-word')
  })

  it('in its form ends a command with 2', async () => {
    const said = await run(['migrate'], { NEO4J_URI: 'localhost:7687' })
    expectSentence(said, /^The setting NEO4J_URI must be an address .* in front\.$/, 2)
  })

  it.each<[string, RegExp]>([
    [`bolt+s://${host}`, /does not speak TLS/],
    [`bolt+ssc://${host}`, /does not speak TLS/],
    [`neo4j+s://${host}`, /does not speak TLS/],
    ['bolt://no-such-host.invalid:7687', /There is no host with the name in/],
    ['neo4j://no-such-host.invalid', /There is no host with the name in/],
  ])('is told at once: %s', async (uri, sentence) => {
    expectSentence(await run(['migrate'], { NEO4J_URI: uri }), sentence)
  })

  it('because it is that of an HTTP server or another program is told at once', async () => {
    const http = await listening(createHttpServer((_, answer) => answer.end()))
    expectSentence(
      await run(['migrate'], { NEO4J_URI: `bolt://127.0.0.1:${http}` }),
      /speaks HTTP, not Bolt: .*7687/,
    )
    const ssh = await listening(createServer((socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')))
    expectSentence(await run(['migrate'], { NEO4J_URI: `bolt://127.0.0.1:${ssh}` }), /is not Neo4j/)
  })

  it('because there is no such database is told at once', async () => {
    expectSentence(
      await run(['migrate'], { NEO4J_DATABASE: 'nowhere' }),
      /There is no database nowhere at bolt:/,
    )
    expectSentence(
      await run(['migrate'], { NEO4J_DATABASE: 'no where!' }),
      /There is no database no where! at/,
    )
    expectSentence(
      await run(['migrate'], { NEO4J_DATABASE: 'system' }),
      /NEO4J_DATABASE must name a database for data/,
      2,
    )
    const routed = { NEO4J_URI: neo4j.uri.replace('bolt', 'neo4j'), NEO4J_DATABASE: 'nowhere' }
    expectSentence(await run(['migrate'], routed), /There is no database nowhere at neo4j:/)
  })
})

describe('settings and folders', () => {
  it.each<[Settings, RegExp]>([
    [{ PORT: 'http' }, /The setting PORT must be integer/],
    [{ PORT: '70000' }, /The setting PORT must be <= 65535/],
    [{ TRUST_PROXY: '-1' }, /The setting TRUST_PROXY must be >= 0/],
    [{ LOG_LEVEL: 'loud' }, /The setting LOG_LEVEL must be one of trace, debug, /],
    [{ RATE_LIMIT: 'many' }, /The setting RATE_LIMIT must be off, or parts/],
    [{ REDIS_URL: 'localhost:6379' }, /The setting REDIS_URL must be an address such as redis:/],
    [{ PUBLIC_URL: 'api.example.org' }, /The setting PUBLIC_URL must be an address/],
    [{ PUBLIC_URL: 'https://example.org/?x=1' }, /The setting PUBLIC_URL must be an address/],
    [{ PUBLIC_URL: 'https://ada@example.org' }, /The setting PUBLIC_URL must be an address/],
    [{ MAX_FOLLOWING: '-3' }, /The setting MAX_FOLLOWING must be a whole number/],
    [{ QUERY_TOKEN: 'yes' }, /The setting QUERY_TOKEN must be one of on, off:/],
    [
      { JWT_ISSUER: 'http://example.org', JWT_AUDIENCE: 'x' },
      /The setting JWT_ISSUER must be an https address/,
    ],
  ])('that cannot be used are wrong usage: %j', (settings, sentence) => {
    expect(refusedSettings(settings)).toMatch(sentence)
  })

  it('that cannot be used end a command with 2', async () => {
    expectSentence(await run(['serve'], { PORT: 'http' }), /^The setting PORT must be integer: /, 2)
  })

  it('a port that is taken, and a host that is not of this machine', async () => {
    const port = String(await listening(createServer()))
    expectSentence(
      await run(['serve'], { PORT: port }),
      /cannot listen on port \d+ of 127.0.0.1 \(EADDRINUSE\): end what/,
    )
    expectSentence(
      await run(['serve'], { HOST: '192.0.2.1' }),
      /\(EADDRNOTAVAIL\): set HOST to an address of this/,
    )
    expectSentence(
      await run(['serve'], { HOST: 'no-such-host.invalid' }),
      /cannot listen on port 3000 of no-such-host.invalid/,
    )
  })

  it('a data folder that cannot be', async () => {
    const none = { NEO4J_URI: undefined, NEO4J_PASSWORD: undefined, NEO4J_USERNAME: undefined }
    for (const data of ['/dev/null', '/dev/null/data'])
      expectSentence(await run(['migrate', '--data', data], none), /\/dev\/null.* another with --data/)
  })
})

describe('Ctrl-C', () => {
  it.each<[NodeJS.Signals, number, bigint]>([
    ['SIGINT', 130, 10_000n],
    ['SIGTERM', 143, 20_000n],
  ])('in the middle of an import ends it, and what went in stays (%s)', async (signal, status, above) => {
    const first = BigInt((await service.user()).id) + above
    const command = start(['import', '--users', '-'], {}, 'pipe')
    command.child.stdin?.on('error', () => undefined)
    command.child.stdin?.write('id,username\n')
    for (let n = 0n; n < 5_000n; n += 1n) command.child.stdin?.write(`${first + n},\n`)
    await vi.waitFor(async () => expect((await service.call('GET', `/users/${first}`)).status).toBe(200), {
      timeout: 30_000,
      interval: 100,
    })
    command.child.kill(signal)
    const said = await ended(command)
    expect(said.status).toBe(status)
    expect(said.told).toBe('Stopped half-way: what was written stays, and the same command can be run again.')
    expect((await service.call('GET', `/users/${first}`)).status).toBe(200)
  })

  it('while a database is waited for ends at once', async () => {
    const port = await listening(createServer(() => undefined))
    const command = start(['export', '--users', join(place, 'users.csv')], {
      NEO4J_URI: `bolt://127.0.0.1:${port}`,
    })
    await vi.waitFor(() => expect(command.told()).toMatch(/Waiting for it/), { timeout: 20_000 })
    command.child.kill('SIGINT')
    expect((await ended(command)).status).toBe(130)
    expect(readdirSync(place)).toEqual([])
  })
})
