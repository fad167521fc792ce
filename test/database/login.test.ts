// Databases whose login is another than `serve` and the commands were told, and databases that come late: what takes its time to see.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, expect, it, vi } from 'vitest'
import { startOwnDatabase } from '../../src/database/own.ts'
import { openGraph } from '../../src/graph/graph.ts'
import { startFollowGraph } from '../../src/testing.ts'
import { endPrograms, runProgram } from '../support/program.ts'

const data = mkdtempSync(join(tmpdir(), 'follow-graph-login-'))
const silent = { data, say: () => undefined, docker: 'off' as const }
const NONE = {
  NEO4J_URI: undefined,
  NEO4J_USERNAME: undefined,
  NEO4J_PASSWORD: undefined,
  NEO4J_DATABASE: undefined,
}

afterAll(() => {
  endPrograms()
  rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
}, 60_000)

async function run(args: string[], settings: Record<string, string>) {
  const { exited, told, printed } = runProgram(args, { ...NONE, ...settings })
  return { status: await exited, told: told().trim(), printed: printed() }
}

it('a database that comes late is waited for, with a word after a second, and then given up', async () => {
  const closed = createServer()
  const mute = createServer(() => undefined)
  const [nobody, silence] = await Promise.all(
    [closed, mute].map(async (server) => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return `bolt://127.0.0.1:${(server.address() as AddressInfo).port}`
    }),
  )
  closed.close()
  const [refused, unanswered] = await Promise.all(
    [nobody, silence].map((uri) => run(['migrate'], { NEO4J_URI: uri as string, NEO4J_PASSWORD: 'x' })),
  )
  const sentence = `No database listens at ${nobody}: start it, or check NEO4J_URI.`
  expect(refused).toEqual({
    status: 1,
    told: `${sentence} Waiting for it, 20 seconds at most …\n${sentence}`,
    printed: '',
  })
  // The line stays open: the command ends all the same.
  expect(unanswered?.told.split('\n').at(-1)).toBe(
    `The database at ${silence} does not answer in time: check NEO4J_URI, or try again.`,
  )
  expect(unanswered?.status).toBe(1)
  mute.close()
})

it('`serve` comes up when the password is right: it tries every 30 seconds', async () => {
  const own = await startOwnDatabase(silent)
  try {
    const login = { NEO4J_URI: own.uri, NEO4J_PASSWORD: 'the-new-password' }
    const command = runProgram(['serve'], { ...NONE, ...login, PORT: '0', LOG_LEVEL: 'silent' })
    await vi.waitFor(() => expect(command.told()).toMatch(/NEO4J_PASSWORD .* is wrong/), { timeout: 60_000 })
    const { url } = JSON.parse(command.printed())
    const ready = async () => (await fetch(`${url}/health/ready`)).status
    const began = performance.now()
    while (performance.now() - began < 10_000) {
      expect(await ready()).toBe(503)
      await wait(100)
    }
    const system = openGraph({ ...own, database: 'system' })
    await system.write(
      'test',
      "ALTER USER neo4j SET PASSWORD 'the-new-password' CHANGE NOT REQUIRED",
      {},
      60_000,
    )
    await system.close()
    await vi.waitFor(async () => expect(await ready()).toBe(200), { timeout: 60_000, interval: 200 })
    // Said once deletions that were cut short are finished, a moment after the first 200.
    await vi.waitFor(() => expect(command.told()).toContain('The database is ready.'), { timeout: 10_000 })
    const back = openGraph({ ...own, password: 'the-new-password', database: 'system' })
    await back.write(
      'test',
      'ALTER USER neo4j SET PASSWORD $old CHANGE NOT REQUIRED',
      { old: own.password },
      60_000,
    )
    await back.close()
    command.child.kill('SIGTERM')
    expect(await command.exited).toBe(0)
  } finally {
    await own.stop()
  }
})

it('an empty password means a database without a login, for the commands, `serve` and the kit', async () => {
  // The same Neo4j as it was started, now without its login.
  const own = await startOwnDatabase(silent)
  const pid = readFileSync(join(data, 'neo4j', 'run', 'java.pid'), 'utf8').trim()
  const [java, ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  await own.stop()
  appendFileSync(join(data, 'neo4j', 'conf', 'neo4j.conf'), '\ndbms.security.auth_enabled=false\n')
  const child = spawn(java as string, args, { stdio: 'ignore' })
  const gone = once(child, 'exit')
  try {
    const login = { NEO4J_URI: own.uri, NEO4J_PASSWORD: '' }
    const graph = openGraph({ ...own, password: '', database: 'neo4j' })
    await vi.waitFor(() => graph.ping(), { timeout: 120_000, interval: 500 })
    await graph.close()
    const made = await run(['user', 'create', '--username', 'ada'], login)
    expect([made.status, made.told]).toEqual([0, ''])
    expect(JSON.parse(made.printed).username).toBe('ada')
    const { uri } = own
    const kit = await startFollowGraph({ neo4j: { uri, password: '' } })
    const answer = await fetch(`${kit.url}/users/@ada`)
    expect(answer.status).toBe(200)
    await kit.stop()
    const command = runProgram(['serve'], { ...NONE, ...login, PORT: '0', LOG_LEVEL: 'silent' })
    await vi.waitFor(() => expect(command.printed()).toContain('\n'), { timeout: 60_000 })
    const { url } = JSON.parse(command.printed())
    await vi.waitFor(async () => expect((await fetch(`${url}/users/@ada`)).status).toBe(200), {
      timeout: 60_000,
    })
    command.child.kill('SIGTERM')
    expect(await command.exited).toBe(0)
  } finally {
    child.kill('SIGKILL')
    await gone
  }
})
