// Knows what Linux tells of another process: its memory and its open files.
import { readdirSync, readFileSync } from 'node:fs'

/** Resident memory of a process, in bytes. */
export function rssOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

/** How many files, sockets and pipes a process holds open. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

export const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
