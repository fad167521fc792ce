// Knows how to run programs as somebody would who has nothing of this repository: an empty folder and a plain environment.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'

const running = new Set<ChildProcess>()

// What the shell knows of a database, and what npm and vitest tell the programs that they start.
const OURS =
  /^(NEO4J_|npm_(package|lifecycle|command|config_local)|INIT_CWD|VITEST|NODE_ENV|NODE_OPTIONS|TEST|DEV|PROD|MODE)/
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS.test(name)))

export type Program = {
  child: ChildProcess
  /** What it printed so far, both streams. */
  said(): string
  /** Resolves with the exit status, null after a signal. */
  exited: Promise<number | null>
}

/** Starts a program in a process group of its own, as a shell does. */
export function start(command: string, args: string[], cwd: string, env: object = {}): Program {
  const child = spawn(command, args, {
    cwd,
    env: { ...environment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  running.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Buffer) => (said += piece))
  const exited = new Promise<number | null>((done) => {
    child.once('close', (code) => done(code))
    child.once('error', (error) => {
      said += error.message
      done(127)
    })
  })
  return { child, said: () => said, exited }
}

/** Runs a program to its end; rejects with what it said where that is not a success. */
export async function run(command: string, args: string[], cwd: string): Promise<string> {
  const program = start(command, args, cwd)
  const status = await program.exited
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status} in ${cwd}:\n${program.said()}`)
  return program.said()
}

/** Waits until a program has said this, and answers what the pattern found; rejects where it ends or takes too long. */
export async function heard(program: Program, pattern: RegExp, patienceMs: number): Promise<string> {
  for (const end = performance.now() + patienceMs; ; await wait(50)) {
    const found = pattern.exec(program.said())?.[1]
    if (found !== undefined) return found
    const over = program.child.exitCode !== null || performance.now() > end
    if (over) throw new Error(`it never said ${pattern}, but: ${program.said()}`)
  }
}

/** The processes whose command line names this folder. */
export function processesOf(folder: string): string[] {
  return (
    execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8', maxBuffer: 1e8 })
      .split('\n')
      .filter((line) => line.includes(folder))
      // The class path alone fills screens.
      .map((line) => line.slice(0, 100))
  )
}

/** Ends what a failed test left running. */
export function endAll(): void {
  for (const { pid, exitCode, signalCode } of running)
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL')
}
