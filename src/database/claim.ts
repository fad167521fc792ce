// Lock files that belong to a running process, and records of child processes so that a later start can end them.

import { execFileSync } from 'node:child_process'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { wait } from '../clock.ts'

/** A process, identified by its id and start time, so that a later process with the same id is not mistaken for it. */
export type Identity = { pid: number; born: string }

/** The start time of a process as an opaque text, unique per boot of the machine; undefined if there is no such process. */
export function born(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      // The command name may contain spaces and brackets, so fields are counted after it. Field 22 is the start time.
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

/** The identity of a running process; undefined if there is none with this id. */
export function identify(pid: number): Identity | undefined {
  const at = born(pid)
  return at === undefined ? undefined : { pid, born: at }
}

export function isAlive(one: Identity): boolean {
  return born(one.pid) === one.born
}

/**
 * Acquires a lock file for this process, or returns the running process that holds it. A stale lock (its holder has ended)
 * is taken over. The file is created complete, by a hard link, so that nobody can read half an identity.
 */
export function claim(path: string): { release(): void } | { holder: Identity } {
  const me = identify(process.pid) as Identity
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
  writeFileSync(temporary, JSON.stringify(me), { mode: 0o600 })
  try {
    for (;;) {
      try {
        linkSync(temporary, path)
        return { release: () => releaseOwn(path, me) }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = readIdentity(path)
      if (holder !== undefined && isAlive(holder)) return { holder }
      removeStale(path, holder)
    }
  } finally {
    rmSync(temporary, { force: true })
  }
}

// Two processes may find the same stale lock; the slower one must not remove the new lock of the faster one.
function removeStale(path: string, stale: Identity | undefined): void {
  const renamed = `${path}.stale.${process.pid}`
  try {
    renameSync(path, renamed)
  } catch {
    return
  }
  const moved = readIdentity(renamed)
  const isNewLock = moved !== undefined && moved.born !== stale?.born && isAlive(moved)
  if (isNewLock) {
    try {
      linkSync(renamed, path)
    } catch {
      // A third process has the lock by now: the loop in claim() reads its identity.
    }
  }
  rmSync(renamed, { force: true })
}

function releaseOwn(path: string, me: Identity): void {
  const holder = readIdentity(path)
  if (holder?.pid === me.pid && holder.born === me.born) rmSync(path, { force: true })
}

/** The running process that holds a lock, if there is one. */
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

/** Records the processes that work on a data folder, so that the next start can end them if this process was killed. */
export function record(path: string, pids: number[]): void {
  const known = pids.map(identify).filter((one) => one !== undefined)
  writeFileSync(`${path}.new`, JSON.stringify(known), { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Ends the recorded processes that still run: SIGTERM, and SIGKILL after three seconds. Resolves with their number. */
export async function endRecorded(path: string): Promise<number> {
  let recorded: Identity[]
  try {
    recorded = JSON.parse(readFileSync(path, 'utf8')) as Identity[]
  } catch {
    return 0
  }
  const running = recorded.filter(isAlive)
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    for (const one of running.filter(isAlive)) signal(one.pid, name)
    for (let tries = 0; tries < 60 && running.some(isAlive); tries += 1) await wait(50)
  }
  rmSync(path, { force: true })
  return running.length
}

/** Sends a signal to a process; does nothing if it has ended meanwhile. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended by itself.
  }
}
