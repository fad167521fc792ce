// Knows who is who among processes, and files that a living process holds; it ends only what was recorded as ours.
import { execFileSync } from 'node:child_process'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** A process that cannot be mistaken for a later one with the same id. */
export type Identity = { pid: number; born: string }

/** When a process was started, in words of this boot, or undefined if there is no such process. */
export function born(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      // The command name may hold spaces and brackets: fields are counted from behind it. 22 is the start time.
      const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
      if (fields[0] === 'Z') return undefined
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
      return `${boot}:${fields[19]}`
    } catch {
      return undefined
    }
  }
  try {
    process.kill(pid, 0)
    return (
      execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'latin1' }).trim() || undefined
    )
  } catch {
    return undefined
  }
}

/** Who a process is now; undefined if it is gone. */
export function identify(pid: number): Identity | undefined {
  const at = born(pid)
  return at === undefined ? undefined : { pid, born: at }
}

export function isAlive(one: Identity): boolean {
  return born(one.pid) === one.born
}

/**
 * Takes a lock file for this process; returns who holds it instead if that process lives. A lock whose holder is gone
 * is taken over. The file appears whole or not at all, so that nobody reads half an identity.
 */
export function claim(path: string): { release(): void } | { holder: Identity } {
  const me = identify(process.pid) as Identity
  const aside = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
  writeFileSync(aside, JSON.stringify(me), { mode: 0o600 })
  try {
    for (;;) {
      try {
        linkSync(aside, path)
        return { release: () => releaseOwn(path, me) }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = readIdentity(path)
      if (holder !== undefined && isAlive(holder)) return { holder }
      removeStale(path, holder)
    }
  } finally {
    rmSync(aside, { force: true })
  }
}

// Two processes may find the same stale lock; the slower one must not remove the lock that the faster one made since.
function removeStale(path: string, stale: Identity | undefined): void {
  const grave = `${path}.stale.${process.pid}`
  try {
    renameSync(path, grave)
  } catch {
    return
  }
  const moved = readIdentity(grave)
  const living = moved !== undefined && moved.born !== stale?.born && isAlive(moved)
  if (living) {
    try {
      linkSync(grave, path)
    } catch {
      // Somebody else holds it by now: the loop in claim() tells who.
    }
  }
  rmSync(grave, { force: true })
}

function releaseOwn(path: string, me: Identity): void {
  const holder = readIdentity(path)
  if (holder?.pid === me.pid && holder.born === me.born) rmSync(path, { force: true })
}

/** The living process that holds a lock, if one does. */
export function holderOf(path: string): Identity | undefined {
  const holder = readIdentity(path)
  return holder !== undefined && isAlive(holder) ? holder : undefined
}

function readIdentity(path: string): Identity | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Identity
  } catch {
    return undefined
  }
}

/** Notes processes that belong to a data folder, so that the next start can end them if this one cannot. */
export function record(path: string, pids: number[]): void {
  const known = pids.map(identify).filter((one) => one !== undefined)
  writeFileSync(`${path}.new`, JSON.stringify(known), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Ends what is left of the processes noted in a file: asks first, insists after three seconds. Resolves how many there were. */
export async function endRecorded(path: string): Promise<number> {
  let noted: Identity[]
  try {
    noted = JSON.parse(readFileSync(path, 'utf8')) as Identity[]
  } catch {
    return 0
  }
  const left = noted.filter(isAlive)
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    for (const one of left.filter(isAlive)) signal(one.pid, name)
    for (let tries = 0; tries < 60 && left.some(isAlive); tries += 1) await wait(50)
  }
  rmSync(path, { force: true })
  return left.length
}

/** Sends a signal to a process that may have ended by itself in between. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone: what was wanted.
  }
}
