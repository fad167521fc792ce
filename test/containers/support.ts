// Knows how a test reaches the engine of the run, and runs the built program on it as a person does.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, afterEach } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'

const given = (name: string): string => {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: run npm run test:containers`)
  return value
}

/** The socket of the run's engine, as DOCKER_HOST says it. */
export const ENGINE = given('TEST_ENGINE')
export const ENGINE_DIR = given('TEST_ENGINE_DIR')
export const NEO4J_IMAGE = given('TEST_NEO4J_IMAGE')
export const REAPER_IMAGE = given('TEST_REAPER_IMAGE')

/** Runs the docker command, and answers what it printed. */
export function docker(...args: string[]): string {
  const env = { ...process.env, DOCKER_HOST: ENGINE, DOCKER_BUILDKIT: '0' }
  return execFileSync('docker', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '')

/** Ids of the databases' containers, whatever state they are in. */
export const databases = (): string[] =>
  lines(docker('ps', '-aq', '--no-trunc', '--filter', 'label=follow-graph.folder'))

/** A folder for the files of a test file, gone after it; whatever the tests left in the engine too. */
export function temporaryFolder(): string {
  const root = mkdtempSync(join(tmpdir(), 'follow-graph-containers-'))
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL')
    for (const id of databases()) docker('rm', '--force', '--volumes', id)
    rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  })
  return root
}

const children = new Set<ChildProcess>()

export type Run = {
  child: ChildProcess
  /** What it told people so far. */
  told(): string
  /** What it printed, once that is a whole line of JSON. */
  printed<T = { url: string; uri: string; username: string; password: string }>(): Promise<T>
  /** How it ended: an exit status, or the name of a signal. */
  exited: Promise<number | NodeJS.Signals | null>
}

/** Runs `follow-graph` with these arguments on the run's engine. */
export function program(args: string[], env: Record<string, string | undefined> = {}): Run {
  const child = spawn(process.execPath, ['dist/cli.js', ...args], {
    env: { ...process.env, DOCKER_HOST: ENGINE, PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  let [out, told] = ['', '']
  child.stdout?.on('data', (piece: Buffer) => (out += piece))
  child.stderr?.on('data', (piece: Buffer) => (told += piece))
  let gone = false
  const exited = new Promise<number | NodeJS.Signals | null>((done) =>
    child.once('close', (code, signal) => {
      gone = true
      done(signal ?? code)
    }),
  )
  return {
    child,
    told: () => told,
    async printed() {
      while (!out.includes('\n')) {
        if (gone) throw new Error(`it ended: ${told}`)
        await wait(20)
      }
      return JSON.parse(out)
    },
    exited,
  }
}

afterEach(async () => {
  for (const child of children)
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  children.clear()
})

/** Runs a command to its end; answers what it printed. */
export async function done<T>(args: string[], env: Record<string, string | undefined> = {}): Promise<T> {
  const run = program(args, env)
  const status = await run.exited
  if (status !== 0) throw new Error(`follow-graph ${args.join(' ')} ended with ${status}: ${run.told()}`)
  return run.printed<T>()
}

/** Waits until something holds; says what did not. */
export async function until(what: string, limitMs: number, holds: () => boolean | Promise<boolean>) {
  for (const end = performance.now() + limitMs; performance.now() < end; await wait(100))
    if (await holds()) return
  if (!(await holds())) throw new Error(`not within ${limitMs / 1000} s: ${what}`)
}

/** Is the folder as a clean end leaves it: no lock, no note of a container, no container? */
export function isClean(data: string): boolean {
  return !existsSync(join(data, 'lock')) && !existsSync(join(data, 'container')) && databases().length === 0
}

type Place = { uri: string; username: string; password: string }

/** One statement of plain Cypher. */
export async function cypher({ uri, username, password }: Place, text: string): Promise<unknown[][]> {
  const graph = openGraph({ uri, username, password, database: 'neo4j' })
  try {
    return await graph.write('test', text, {}, 60_000)
  } finally {
    await graph.close()
  }
}
