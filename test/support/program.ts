// Knows how a test runs commands of the program as it is shipped, in processes of its own that can be killed.
import { type ChildProcess, spawn } from 'node:child_process'
import { cleanUp, program } from '../faults/built.ts'

export type Run = {
  child: ChildProcess
  /** What it told people so far. */
  told(): string
  /** What it printed so far. */
  printed(): string
  /** Its exit status, null where a signal ended it. */
  exited: Promise<number | null>
}

const children = new Set<ChildProcess>()

/** Runs `follow-graph` with these arguments; the first call of a test file compiles it. */
export function runProgram(
  args: string[],
  env: Record<string, string | undefined>,
  stdin: 'ignore' | 'pipe' = 'ignore',
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
  // Not before its pipes are at their end.
  const exited = new Promise<number | null>((done) => child.once('close', (code) => done(code)))
  return { child, told: () => told, printed: () => printed, exited }
}

/** Ends what is left and removes what was compiled. */
export function endPrograms(): void {
  for (const child of children) child.kill('SIGKILL')
  cleanUp()
}
