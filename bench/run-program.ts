// Knows how a benchmark runs a command of `follow-graph`: how long it took, how much memory it had at most, what it said.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { childrenOf } from './cpu.ts'

export type Ran = {
  seconds: number
  /** Most resident memory of the command itself, and of the Java processes that it started, in MB. */
  nodeMb: number
  javaMb: number
  printed: string
  told: string
}

// The most that a process had so far.
function mostMb(pid: number): number {
  try {
    const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Math.round(Number(found ?? 0) / 1024)
  } catch {
    return 0
  }
}

function isJava(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'java'
  } catch {
    return false
  }
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
    nodeMb = Math.max(nodeMb, mostMb(pid))
    for (const one of childrenOf(pid).filter(isJava)) javaMb = Math.max(javaMb, mostMb(one))
  }, 100)
  const status = await new Promise((resolve) => child.once('close', resolve))
  clearInterval(looking)
  if (status !== 0)
    throw new Error(`follow-graph ${args.join(' ')} ended with status ${status}: ${told}${printed}`)
  return { seconds: (performance.now() - began) / 1000, nodeMb, javaMb, printed, told }
}
