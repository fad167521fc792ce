// An import that is killed wherever it happens to be, and run again, leaves what one leaves that was never killed: by either road.
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endPrograms, type Run, runProgram } from '../../support/program.ts'
import { random } from '../../support/random.ts'
import { measured } from '../../support/scale.ts'

// In the long form alone; KILLS says how often.
const KILLS = Number(process.env.KILLS ?? 20)
const SEED = Number(process.env.FAULT_SEED ?? 20260801)
const [USERS, FOLLOWS] = [2_000, 120_000]
const root = mkdtempSync(join(tmpdir(), 'killed-'))
const users = join(root, 'users.csv')
const follows = join(root, 'follows.csv')
const OWN = {
  NEO4J_URI: '',
  NEO4J_USERNAME: '',
  NEO4J_PASSWORD: '',
  DOCKER_HOST: 'tcp://elsewhere.example:1',
}

// The same moments at every run of the same seed, as far as a machine can have the same moments.
const chance = random(SEED)

/** The SHA-256 of what an export of the whole must give. */
const expected = { users: '', follows: '' }
const hash = (text: string | Buffer) => createHash('sha256').update(text).digest('hex')

beforeAll(() => {
  const columns =
    'id,username,name,type,description,timezone,locale,created_at,verified_domain,avatar_image,cover_image,annotations'
  const people = Array.from(
    { length: USERS },
    (_, n) => `${n + 1},u${n + 1},u${n + 1},human,,UTC,en_US,2013-01-01T00:00:00Z,,,,\n`,
  )
  const text = `${columns}\n${people.join('')}`
  writeFileSync(users, text)
  expected.users = hash(text)
  // Pairs in an order of their own; each gets its place in the file as its id.
  const lines: { from: number; line: string; out: string }[] = []
  for (let n = 0; n < FOLLOWS; n += 1) {
    const from = ((n * 7) % USERS) + 1
    const to = ((from + Math.floor(n / USERS)) % USERS) + 1
    const date = new Date(1_400_000_000_000 + n * 60_000).toISOString().replace('.000', '')
    lines.push({ from, line: `${from},${to},${date}\n`, out: `${from},${to},${date},${n + 1}\n` })
  }
  writeFileSync(follows, `follower_id,followee_id,followed_at\n${lines.map(({ line }) => line).join('')}`)
  const sorted = lines.sort((a, b) => a.from - b.from).map(({ out }) => out)
  expected.follows = hash(`follower_id,followee_id,followed_at,id\n${sorted.join('')}`)
}, 120_000)
afterAll(() => {
  endPrograms()
  rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
})

const start = (data: string, env: Record<string, string>): Run =>
  runProgram(['import', '--data', data, '--users', users, '--follows', follows], env)

/** Resolves once the run has told this, or has ended. */
async function until(run: Run, words: string): Promise<void> {
  while (!run.told().includes(words) && run.child.exitCode === null) await wait(10)
}

async function exported(
  data: string,
  env: Record<string, string>,
): Promise<{ users: string; follows: string; told: string }> {
  const out = { users: join(root, 'out-users.csv'), follows: join(root, 'out-follows.csv') }
  const run = runProgram(['export', '--data', data, '--users', out.users, '--follows', out.follows], env)
  expect([await run.exited, run.told()]).toEqual([0, expect.any(String)])
  return { users: hash(readFileSync(out.users)), follows: hash(readFileSync(out.follows)), told: run.told() }
}

async function expectWhole(data: string, env: Record<string, string>): Promise<void> {
  const { users, follows } = await exported(data, env)
  expect({ users, follows }, `seed ${SEED}`).toEqual(expected)
  const audit = runProgram(['audit', '--data', data], env)
  expect([await audit.exited, audit.printed()]).toEqual([0, expect.stringContaining('"clean":true')])
}

/** Runs the folder's database while `work` works on it. */
async function withDatabase<T>(data: string, work: (env: Record<string, string>) => Promise<T>): Promise<T> {
  const own = runProgram(['neo4j', '--data', data], OWN)
  while (!own.printed().includes('\n') && own.child.exitCode === null) await wait(20)
  const { uri, password } = JSON.parse(own.printed()) as { uri: string; password: string }
  try {
    return await work({ NEO4J_URI: uri, NEO4J_PASSWORD: password, NEO4J_USERNAME: '' })
  } finally {
    own.child.kill('SIGTERM')
    await own.exited
  }
}

describe('an import that is killed and run again', () => {
  it('through a database that runs', { timeout: 1_800_000 }, async () => {
    const data = join(root, 'live')
    const told = await withDatabase(data, async (env) => {
      const moments: number[] = []
      for (let n = 0; n < KILLS; n += 1) {
        const moment = 700 + chance() * 2_500
        const run = start(data, env)
        await Promise.race([run.exited, wait(moment)])
        if (run.child.exitCode === null) moments.push(Math.round(moment))
        run.child.kill('SIGKILL')
        await run.exited
      }
      expect(await start(data, env).exited).toBe(0)
      await expectWhole(data, env)
      return `${moments.join(', ')} ms after its start`
    })
    measured(28, `live import, seed ${SEED}, killed ${told}; export as if never`)
  })

  it('by the fast road: reading, loading, starting the database', { timeout: 1_800_000 }, async () => {
    // Where it is killed: so long after it has told this.
    const moments = [
      { words: '', from: 200, span: 700 },
      { words: 'Loading', from: 100, span: 4_000 },
      { words: 'Read in', from: 100, span: 5_000 },
    ]
    const told: string[] = []
    for (let n = 0; n < Math.ceil(KILLS / 3); n += 1) {
      const data = join(root, `fast-${n}`)
      for (const { words, from, span } of moments) {
        const run = start(data, OWN)
        await until(run, words)
        const moment = from + chance() * span
        await Promise.race([run.exited, wait(moment)])
        run.child.kill('SIGKILL')
        await run.exited
        told.push(`${Math.round(moment)} ms after "${run.told().trim().split('\n').at(-1) ?? ''}"`)
        // What it leaves is an empty database or the whole, never half of it; whoever comes next says which.
        if (words === 'Loading') {
          const left = await exported(data, OWN)
          const empty = hash('follower_id,followee_id,followed_at,id\n')
          expect([empty, expected.follows]).toContain(left.follows)
          if (left.follows === empty)
            expect(left.told).toContain('An earlier import into the empty database was cut short')
        }
      }
      const last = start(data, OWN)
      expect([await last.exited, last.told()]).toEqual([0, expect.any(String)])
      await withDatabase(data, (env) => expectWhole(data, env))
      rmSync(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
    }
    measured(28, `fast road, seed ${SEED}, killed ${told.join('; ')}: export as if never`)
  })
})
