// A database of our own from a person's side: real Neo4j on real Java, started, killed and started again.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { LONG_TERM, NEWEST } from '../../src/database/choose.ts'
import { checkProgram, fetchProgram, programDir } from '../../src/database/fetch.ts'
import { findJavas } from '../../src/database/java.ts'
import { defaultCacheDir, type OwnDatabase, startOwnDatabase } from '../../src/database/own.ts'
import { openGraph } from '../../src/graph/graph.ts'
import { answers } from '../../src/graph/probe.ts'
import { endPrograms, runProgram } from '../support/program.ts'

const root = mkdtempSync(join(tmpdir(), 'follow-graph-own-'))
// Compiled beside the packages that it imports; Node 20 does not run TypeScript.
const built = resolve('node_modules/.cache', `follow-graph-own-${process.pid}`)
const cacheDir = defaultCacheDir()
const data = join(root, 'data')
const lines: string[] = []
const say = (line: string) => void lines.push(line)
const started = new Set<OwnDatabase>()
const start = async (more: object = {}): Promise<OwnDatabase> => {
  const database = await startOwnDatabase({ data, say, docker: 'off', ...more })
  started.add(database)
  return database
}
const children = new Set<ChildProcess>()

type Told = { uri: string; username: string; password: string; version: string }

// The command in a process of its own, as a person runs it.
function command(folder: string) {
  const child = spawn(process.execPath, [join(built, 'run.js'), folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  let out = ''
  let said = ''
  child.stdout?.on('data', (piece: Buffer) => (out += piece))
  child.stderr?.on('data', (piece: Buffer) => (said += piece))
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  const answered = async (): Promise<Told> => {
    while (!out.includes('\n')) {
      if (child.exitCode !== null) throw new Error(`ended: ${said}`)
      await wait(50)
    }
    return JSON.parse(out) as Told
  }
  return { child, exited, answered, said: () => said }
}

async function query(told: Told, text: string): Promise<unknown> {
  const { uri, username, password } = told
  const graph = openGraph({ uri, username, password, database: 'neo4j' })
  try {
    return (await graph.write('test', text))[0]?.[0]
  } finally {
    await graph.close()
  }
}

const javaProcess = (folder: string) => Number(readFileSync(join(folder, 'neo4j', 'run', 'java.pid'), 'utf8'))
const lives = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
async function until(limitMs: number, holds: () => boolean): Promise<boolean> {
  for (const end = performance.now() + limitMs; performance.now() < end; await wait(50))
    if (holds()) return true
  return holds()
}

beforeAll(async () => {
  mkdirSync(built, { recursive: true })
  const flags = [
    '--ignoreConfig',
    '--rootDir',
    'src',
    '--outDir',
    built,
    '--module',
    'nodenext',
    '--target',
    'es2023',
  ]
  const more = [
    '--types',
    'node',
    '--skipLibCheck',
    '--allowImportingTsExtensions',
    '--rewriteRelativeImportExtensions',
  ]
  execFileSync('node_modules/.bin/tsc', [...flags, ...more, 'src/commands/neo4j.ts'])
  writeFileSync(join(built, 'package.json'), '{"type":"module"}')
  const options = `{ data: process.argv[2], docker: 'off', say: (line) => process.stderr.write(line + '\\n') }`
  writeFileSync(
    join(built, 'run.js'),
    `import { neo4j } from './commands/neo4j.js'\nprocess.exit(await neo4j(${options}))\n`,
  )
  // Fetched here and not in a test's time: an empty cache and a slow line are no failure.
  const newest = (await findJavas(undefined)).javas.find((java) => java.major >= 21)
  if (newest !== undefined) await fetchProgram(cacheDir, NEWEST, newest, say)
}, 300_000)

afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  endPrograms()
  rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
  rmSync(built, { recursive: true, force: true })
})

/** `follow-graph neo4j --running`, when it has ended. */
async function running(folder: string) {
  const told = runProgram(['neo4j', '--running', '--data', folder], {})
  await told.exited
  return told
}

// What a failed test left running must not fail the next one.
afterEach(async () => {
  for (const database of started) await database.stop()
  started.clear()
  for (const child of children) child.kill('SIGTERM')
})

describe('a database of our own', () => {
  it('starts, refuses a second owner, keeps its address and data, and stops twice', {
    timeout: 120_000,
  }, async () => {
    const began = performance.now()
    const first = await start()
    expect(performance.now() - began).toBeLessThan(60_000)
    expect(first).toMatchObject({
      username: 'neo4j',
      uri: expect.stringMatching(/^bolt:\/\/127\.0\.0\.1:\d+$/),
    })
    expect(await answers(first.uri, 'neo4j', 'not the password')).toBe('refused')
    await query(first, 'UNWIND range(1, 20000) AS n CREATE (:Kept {n: n})')
    await expect(start()).rejects.toThrow(new RegExp(`Process ${process.pid} already runs a database on`))
    const { uri: address, username, password: secret } = first
    expect(JSON.parse((await running(data)).printed())).toEqual({ uri: address, username, password: secret })
    const nowhere = join(root, 'nowhere')
    expect((await running(nowhere)).told()).toContain(`No process runs a database on ${nowhere}: start one`)
    expect(existsSync(nowhere)).toBe(false)

    const java = javaProcess(data)
    const stopping = performance.now()
    await Promise.all([first.stop(), first.stop()])
    await first.stop()
    expect(performance.now() - stopping).toBeLessThan(20_000)
    expect(lives(java)).toBe(false)

    const second = await start()
    const { uri, password, version } = first
    expect(second).toMatchObject({ uri, password, version })
    expect(await query(second, 'MATCH (k:Kept) RETURN sum(k.n)')).toBe(200010000n)
    await second.stop()
    // Killed only once it had closed its databases: nothing had to be recovered.
    expect(readFileSync(join(data, 'neo4j', 'logs', 'debug.log'), 'utf8')).not.toMatch(/Recovery required/)
  })

  it('tells when Neo4j dies, and starts again', { timeout: 150_000 }, async () => {
    const database = await start()
    await query(database, 'CREATE (:Survivor)')
    process.kill(javaProcess(data), 'SIGKILL')
    expect(await database.ended).toMatch(
      /^Neo4j was ended by signal 9: start again \(its logs are in .*logs\)\.$/,
    )
    await database.stop()
    const again = await start()
    expect(await query(again, 'MATCH (s:Survivor) RETURN count(s)')).toBe(1n)
    await again.stop()
  })

  it('is gone three seconds after its owner was killed', { timeout: 150_000 }, async () => {
    const owner = command(data)
    const told = await owner.answered()
    expect(Object.keys(told)).toEqual(['uri', 'username', 'password', 'version'])
    await query(told, 'CREATE (:Orphan)')
    const java = javaProcess(data)
    expect(lives(java)).toBe(true)
    owner.child.kill('SIGKILL')
    await owner.exited
    expect(await until(3_000, () => !lives(java))).toBe(true)
    const again = command(data)
    expect((await again.answered()).uri).toBe(told.uri)
    expect(await query(told, 'MATCH (o:Orphan) RETURN count(o)')).toBe(1n)
    const heir = javaProcess(data)
    again.child.kill('SIGTERM')
    expect(await again.exited).toBe(0)
    expect(lives(heir)).toBe(false)
  })

  it('says what to do where it cannot start', { timeout: 60_000 }, async () => {
    const taken = createServer()
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
    const { port } = taken.address() as { port: number }
    await expect(start({ port })).rejects.toThrow(`Port ${port} is taken by another program`)
    await new Promise((done) => taken.close(done))
    // More heap than any machine has: Java itself ends while starting.
    const memory = { heap: 900_000_000, pageCache: 64 }
    await expect(start({ memory })).rejects.toThrow(
      /^Neo4j did not get the \d+ MB|^Neo4j ended with status 1: /,
    )
    await expect(start({ version: LONG_TERM })).rejects.toThrow(`written by Neo4j ${NEWEST}`)
  })
})

describe('the program files', () => {
  it('that were altered or lost are refused by name', { timeout: 60_000 }, async () => {
    const copy = join(root, 'cache')
    cpSync(programDir(cacheDir, NEWEST), programDir(copy, NEWEST), { recursive: true })
    // Another time, the same bytes: nothing was altered.
    const jars = await checkProgram(copy, NEWEST)
    const [altered, lost] = [jars[3] as string, jars[5] as string]
    const bytes = readFileSync(altered)
    bytes[100] = (bytes[100] as number) ^ 1
    writeFileSync(altered, bytes)
    await expect(start({ cacheDir: copy })).rejects.toThrow(
      `${altered} is not as it was fetched: remove the folder`,
    )
    truncateSync(altered, 10)
    await expect(checkProgram(copy, NEWEST)).rejects.toThrow(altered)
    cpSync(join(programDir(cacheDir, NEWEST), 'lib'), join(programDir(copy, NEWEST), 'lib'), {
      recursive: true,
    })
    unlinkSync(lost)
    await expect(checkProgram(copy, NEWEST)).rejects.toThrow(`${lost} is missing`)
  })

  it('that do not exist leave nothing behind', { timeout: 60_000 }, async () => {
    const empty = join(root, 'empty')
    const wrong = start({ data: join(root, 'other'), cacheDir: empty, version: '5.26.999' })
    await expect(wrong).rejects.toThrow(/Neo4j 5\.26\.999 could not be fetched, and nothing of it was kept/)
    expect(execFileSync('ls', ['-A', empty], { encoding: 'utf8' })).toBe('')
  })
})
