// Reads pages in tests where it matters whether they came from memory.
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { memoryReads } from './metrics.ts'
import type { TestService } from './service.ts'

/** A user as a page shows it. */
export type Shown = Record<string, unknown> & { id: string }

/** Reads pages of a service, and how many of them came from memory. */
export function readerOf(service: TestService) {
  async function read(path: string, token: string): Promise<Shown[]> {
    const answer = await service.call('GET', path, { token })
    expect(answer.status, answer.text).toBe(200)
    return answer.body.data
  }

  /** The same page with annotations, which is never answered from memory. */
  async function readAnew(path: string, token: string): Promise<Shown[]> {
    const rows = await read(`${path}?include_annotations=1`, token)
    return rows.map(({ annotations: _, ...row }) => row as Shown)
  }

  /** How many reads of a kind were answered from memory, and how many were not. */
  async function counted(kind = 'page'): Promise<{ hit: number; miss: number }> {
    return (await memoryReads(service.url)).get(kind) ?? { hit: 0, miss: 0 }
  }

  /** Reads a page until it comes from memory; a commit of others in between makes the service read from the graph again. */
  async function warm(path: string, token: string): Promise<Shown[]> {
    for (let tries = 0; tries < 100; tries += 1) {
      const before = await counted()
      const page = await read(path, token)
      if ((await counted()).hit > before.hit) return page
      await wait(20)
    }
    throw new Error(`${path} is never answered from memory`)
  }

  return { read, readAnew, counted, warm }
}
