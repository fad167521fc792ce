// Starts the compiled program in a process of its own, so that a test can send it signals.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const children = new Set<ChildProcess>()
let folder: string | undefined

/**
 * A compiled module: of `dist` where that is newer than every source, as after `npm test` built it; else the sources are compiled beside the
 * packages that they import, once a test file.
 */
export function program(file = 'cli.js'): string {
  if (isBuilt()) return resolve('dist', file)
  if (folder === undefined) {
    folder = resolve('node_modules/.cache', `follow-graph-faults-${process.pid}`)
    mkdirSync(folder, { recursive: true })
    execFileSync('node_modules/.bin/tsc', [
      '-p',
      'tsconfig.build.json',
      '--outDir',
      join(folder, 'dist'),
      '--noEmitOnError',
      'false',
    ])
    symlinkSync(resolve('cypher'), join(folder, 'cypher'))
    copyFileSync('package.json', join(folder, 'package.json'))
  }
  return join(folder, 'dist', file)
}

const changedAt = (path: string): number => statSync(path).mtimeMs
let built: boolean | undefined

function isBuilt(): boolean {
  built ??=
    existsSync('dist/cli.js') &&
    readdirSync('src', { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .concat('tsconfig.build.json', 'package.json')
      .every((path) => changedAt(path) < changedAt('dist/cli.js'))
  return built
}

export type Program = {
  child: ChildProcess
  url: string
  /** What it has printed so far, standard output and standard error. */
  said(): string
  exited: Promise<number | null>
}

/** Runs `follow-graph serve` on a free port and resolves once it listens. */
export async function serve(env: Record<string, string>, args: string[] = []): Promise<Program> {
  const child = spawn(process.execPath, [program(), 'serve', ...args], {
    env: { ...process.env, PORT: '0', RATE_LIMIT: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => (said += piece))
  const exited = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  for (;;) {
    const url = /listens on (http:\S+)/.exec(said)?.[1]
    if (url !== undefined) return { child, url, said: () => said, exited }
    if (child.exitCode !== null) throw new Error(`serve ended: ${said}`)
    await wait(20)
  }
}

/** Kills the processes that still run and removes the compiled program. */
export function cleanUp(): void {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  folder = undefined
}
