// Knows what Linux and `/metrics` tell of another process: its memory, its open files, its handles.
import { readdirSync, readFileSync } from 'node:fs'

/** Resident memory of a process, in bytes. */
export function rssOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

/** How many files, sockets and pipes a process holds open. */
export const openFiles = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

/** A metric, over all its labels; NaN where there is none. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'gm'))]
  return values.length === 0 ? Number.NaN : values.reduce((sum, [, value]) => sum + Number(value), 0)
}

export const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1)
