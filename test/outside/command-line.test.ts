// The command line as people misuse it: a reader that goes away, settings and folders that cannot be used, Ctrl-C.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { program } from '../faults/built.ts'
import { startTestService } from '../support/service.ts'
import {
  ENV,
  ended,
  expectSentence,
  listening,
  refusedSettings,
  run,
  type Settings,
  start,
  useCommands,
} from './commands.ts'

useCommands()

vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()
const place = mkdtempSync(join(tmpdir(), 'follow-graph-commands-'))
afterAll(() => rmSync(place, { recursive: true, force: true }))

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

describe('settings and folders', () => {
  it.each<[Settings, RegExp]>([
    [{ PORT: 'http' }, /The setting PORT must be integer/],
    [{ PORT: '70000' }, /The setting PORT must be <= 65535/],
    [{ TRUST_PROXY: '-1' }, /The setting TRUST_PROXY must be >= 0/],
    [{ LOG_LEVEL: 'loud' }, /The setting LOG_LEVEL must be one of trace, debug, /],
    [{ RATE_LIMIT: 'many' }, /The setting RATE_LIMIT must be off, or parts/],
    [{ RATE_LIMIT: 'read=100000/2592000' }, /at most 2147483 seconds/],
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

  it.each(['bo', 'me', '0', '@'])('a user that is none ends `token create` with 2: %s', async (user) => {
    // Before a database is looked for: none can be started in this folder.
    const none = { NEO4J_URI: undefined, NEO4J_PASSWORD: undefined, NEO4J_USERNAME: undefined }
    const said = await run(['token', 'create', user, '--data', '/dev/null/data'], none)
    expectSentence(said, /^A user is an id or a @name, not /, 2)
  })

  it.each<[string[], RegExp]>([
    [
      ['token', 'create', '@ada', '--expires', '0'],
      /^--expires must be a whole number of seconds from 1 to 9999999999, not 0\.$/,
    ],
    [
      ['token', 'create', '@ada', '--expires', '99999999999'],
      /^--expires must be .* from 1 to 9999999999, not 99999999999\.$/,
    ],
    [['client', 'create', ''], /^An app needs a name: /],
    [
      ['client', 'create', 'x', '--link', 'javascript:1'],
      /^--link is "javascript:1": write a valid address /,
    ],
    [
      ['client', 'create', 'x', '--max-following', '-1'],
      /^--max-following must be a whole number of at most 18 digits/,
    ],
    [['user', 'create', '--username', 'a b'], /^--username is "a b": write 1 to 20 of the letters/],
    [['user', 'create', '--username', 'ada', '--name', ''], /^--name is "": write at least 1 character\.$/],
    [
      ['user', 'create', '--username', 'ada', '--name', 'x'.repeat(51)],
      /^--name is 51 characters long: shorten it to 50\.$/,
    ],
    [
      ['user', 'create', '--username', 'ada', '--type', 'Human'],
      /^--type is "Human": write human, feed or bot\.$/,
    ],
  ])('what the API refuses is wrong usage: %j', async (args, sentence) => {
    const none = { NEO4J_URI: undefined, NEO4J_PASSWORD: undefined, NEO4J_USERNAME: undefined }
    expectSentence(await run([...args, '--data', '/dev/null/data'], none), sentence, 2)
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

describe('import --pace', () => {
  const imported = async (what: string, lines: string[], pace: string) => {
    const command = start(['import', what, '-', '--pace', pace], {}, 'pipe')
    command.child.stdin?.end(`${lines.join('\n')}\n`)
    const began = performance.now()
    return { ...(await ended(command)), took: performance.now() - began }
  }

  it('takes its time over what is written, and none over what is there', async () => {
    const first = BigInt((await service.user()).id) + 30_000n
    const ids = Array.from({ length: 1_000 }, (_, n) => first + BigInt(n))
    const users = ['id', ...ids.map(String)]
    // Ten batches, and half a second after each but the last.
    expect(await imported('--users', users, '200')).toMatchObject({ status: 0 })
    const follows = ['follower_id,followee_id', ...ids.slice(1).map((id) => `${id},${first}`)]
    const { status, took } = await imported('--follows', follows, '200')
    expect(status).toBe(0)
    expect(took).toBeGreaterThan(4_400)
    expect((await imported('--users', users, '1')).status).toBe(0)
    expect((await imported('--follows', follows, '1')).status).toBe(0)
  })

  it.each(['0', '-1', '1.5', 'fast', '1000001'])('refuses %s', async (pace) => {
    expectSentence(
      await imported('--users', ['id', '1'], pace),
      /^--pace must be a whole number from 1 to 1000000, not /,
      2,
    )
  })
})

it('import --reject refuses the file that stdin reads, and the file stays', async () => {
  const file = join(place, 'stdin.csv')
  writeFileSync(file, 'id\n1\n')
  const command = start(['import', '--users', '-', '--reject', file], {}, openSync(file, 'r'))
  expectSentence(await ended(command), /^--reject would overwrite the file that is imported/, 2)
  expect(readFileSync(file, 'utf8')).toBe('id\n1\n')
  rmSync(file)
})

describe('Ctrl-C', () => {
  const STOPPED = 'Stopped half-way: what was written stays, and the same command can be run again.'

  it.each<[NodeJS.Signals, bigint]>([
    ['SIGINT', 10_000n],
    ['SIGTERM', 20_000n],
  ])('in the middle of an import ends it, and what went in stays (%s)', async (signal, above) => {
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
    expect(command.child.signalCode).toBe(signal)
    expect(said.told).toBe(STOPPED)
    expect((await service.call('GET', `/users/${first}`)).status).toBe(200)
  })

  it('while a database is waited for ends at once', async () => {
    const port = await listening(createServer(() => undefined))
    const command = start(['export', '--users', join(place, 'users.csv')], {
      NEO4J_URI: `bolt://127.0.0.1:${port}`,
    })
    await vi.waitFor(() => expect(command.told()).toMatch(/Waiting for it/), { timeout: 20_000 })
    command.child.kill('SIGINT')
    await ended(command)
    expect(command.child.signalCode).toBe('SIGINT')
    expect(readdirSync(place)).toEqual([])
  })

  it.each<[NodeJS.Signals, bigint]>([
    ['SIGINT', 40_000n],
    ['SIGTERM', 40_001n],
  ])('while a named pipe has no writer ends the command (%s)', async (signal, above) => {
    const id = BigInt((await service.user()).id) + above
    const [users, pipe] = [join(place, 'one.csv'), join(place, 'pipe')]
    writeFileSync(users, `id\n${id}\n`)
    execFileSync('mkfifo', [pipe])
    const command = start(['import', '--users', users, '--follows', pipe])
    // The pipe is opened when the users are in.
    await vi.waitFor(async () => expect((await service.call('GET', `/users/${id}`)).status).toBe(200), {
      timeout: 30_000,
      interval: 100,
    })
    await wait(1_000)
    command.child.kill(signal)
    expect((await ended(command)).told).toBe(STOPPED)
    expect(command.child.signalCode).toBe(signal)
    for (const file of [users, pipe]) rmSync(file)
  })
})
