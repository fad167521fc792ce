// Knows how a benchmark runs a command of `follow-graph`: how long it took, how much memory it had at most, what it said.
import { spawn } from 'node:child_process'
import { javasOf, residentMb } from './cpu.ts'

export type Ran = {
  seconds: number
  /** Most resident memory of the command itself, and of the Java processes that it started, in MB. */
  nodeMb: number
  javaMb: number
  printed: string
  told: string
}

/** Rejects where the command ends with another status than 0. */
export async function runProgram(
  cli: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const began = performance.now()
  const child = spawn(process.execPath, [cli, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let [printed, told, nodeMb, javaMb] = ['', '', 0, 0]
  child.stdout.on('data', (piece: Buffer) => {
    printed += piece
  })
  child.stderr.on('data', (piece: Buffer) => {
    if (told.length < 20_000) told += piece
  })
  const looking = setInterval(() => {
    const pid = child.pid as number
    nodeMb = Math.max(nodeMb, residentMb(pid, 'VmHWM'))
    for (const one of javasOf(pid)) javaMb = Math.max(javaMb, residentMb(one, 'VmHWM'))
  }, 100)
  const status = await new Promise((resolve) => child.once('close', resolve))
  clearInterval(looking)
  if (status !== 0)
    throw new Error(`follow-graph ${args.join(' ')} ended with status ${status}: ${told}${printed}`)
  return { seconds: (performance.now() - began) / 1000, nodeMb, javaMb, printed, told }
}
