// Knows how much CPU processes have used, from /proc; elsewhere than on Linux it knows nothing and says so.
import { readdirSync, readFileSync } from 'node:fs'

// What sysconf(_SC_CLK_TCK) answers on every Linux that matters here.
const TICKS_A_SECOND = 100

function stat(pid: number | string): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name stands in brackets and may hold spaces.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

/** Milliseconds of CPU that these processes have used, with their children that have ended. */
export function cpuMs(pids: number[]): number {
  let ticks = 0
  for (const pid of pids) {
    const fields = stat(pid)
    if (fields !== null) for (const at of [11, 12, 13, 14]) ticks += Number(fields[at])
  }
  return (ticks / TICKS_A_SECOND) * 1000
}

/** Every process below this one, of every generation. */
export function childrenOf(root: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(stat(name)?.[1] ?? 0))
  }
  const below = new Set([root])
  for (let grew = true; grew; ) {
    grew = false
    for (const [pid, parent] of parents) {
      if (below.has(parent) && !below.has(pid)) grew = Boolean(below.add(pid))
    }
  }
  below.delete(root)
  return [...below]
}

/** Resident memory of a process in MB: as it is (VmRSS), or the most that it was (VmHWM); 0 of one that has ended. */
export function residentMb(pid: number, line: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  try {
    const kb = new RegExp(`${line}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Math.round(Number(kb ?? 0) / 1024)
  } catch {
    return 0
  }
}

/** The Java processes below this one. */
export const javasOf = (root: number): number[] =>
  childrenOf(root).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'java'
    } catch {
      return false
    }
  })
