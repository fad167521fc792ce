// Knows how pages are read where it matters whether they were told from memory.
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import type { TestService } from './service.ts'

/** A user as a page shows it. */
export type Shown = Record<string, unknown> & { id: string }

/** Reads pages of a service, and its counts of how it came to them. */
export function readerOf(service: TestService) {
  async function read(path: string, token: string): Promise<Shown[]> {
    const answer = await service.call('GET', path, { token })
    expect(answer.status, answer.text).toBe(200)
    return answer.body.data
  }

  /** The same page with annotations, which is never remembered. */
  async function readAnew(path: string, token: string): Promise<Shown[]> {
    const rows = await read(`${path}?include_annotations=1`, token)
    return rows.map(({ annotations: _, ...row }) => row as Shown)
  }

  /** For how many requests the service has looked whether their pages still stand, and how many it has read. */
  async function counted(): Promise<{ looked: number; read: number }> {
    const metrics = await (await fetch(`${new URL(service.url).origin}/metrics`)).text()
    const sum = (kind: string) =>
      Number(new RegExp(`batch_items_sum\\{kind="${kind}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0)
    return { looked: sum('remembered'), read: sum('pages') }
  }

  /** The page as it is told from memory: asked for until it was. */
  async function warm(path: string, token: string): Promise<Shown[]> {
    for (let tries = 0; tries < 100; tries += 1) {
      const before = await counted()
      const page = await read(path, token)
      const after = await counted()
      if (after.looked > before.looked && after.read === before.read) return page
      // Nothing is put in right after somebody else's transaction.
      await wait(20)
    }
    throw new Error(`${path} is never told from memory`)
  }

  return { read, readAnew, counted, warm }
}
