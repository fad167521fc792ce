// Runs commands of the compiled program in processes that a test can kill.
import { type ChildProcess, spawn } from 'node:child_process'
import { cleanUp, program } from '../faults/built.ts'

export type Run = {
  child: ChildProcess
  /** Its standard error so far. */
  told(): string
  /** Its standard output so far. */
  printed(): string
  /** Its exit status, null where a signal ended it. */
  exited: Promise<number | null>
}

const children = new Set<ChildProcess>()

/** Runs `follow-graph` with these arguments; the first call of a test file compiles it. */
export function runProgram(
  args: string[],
  env: Record<string, string | undefined>,
  stdin: 'ignore' | 'pipe' | number = 'ignore',
): Run {
  const child = spawn(process.execPath, [program(), ...args], {
    env: { ...process.env, ...env },
    stdio: [stdin, 'pipe', 'pipe'],
  })
  children.add(child)
  let [told, printed] = ['', '']
  child.stdout?.on('data', (piece: Buffer) => {
    printed += piece
  })
  child.stderr?.on('data', (piece: Buffer) => {
    told += piece
  })
  // `close` comes after both pipes have ended.
  const exited = new Promise<number | null>((done) => child.once('close', (code) => done(code)))
  return { child, told: () => told, printed: () => printed, exited }
}

/** Kills the processes that still run and removes the compiled program. */
export function endPrograms(): void {
  for (const child of children) child.kill('SIGKILL')
  cleanUp()
}
