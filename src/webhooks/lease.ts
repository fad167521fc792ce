// A lease in the graph, timed by the database's clock, so that one instance at a time delivers to webhooks.

import { randomUUID } from 'node:crypto'
import { monotonic } from '../clock.ts'
import type { Graph } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'

/** `held`: this instance holds the lease; `stale`: the same, but it has not read the webhooks since it acquired it; `other`: another holds it. */
export type LeaseState = 'held' | 'stale' | 'other'

export type Lease = {
  readonly name: string
  readonly holder: string
  /** Must be called before the webhooks and the lease are read from the graph; its result is passed to `found`. */
  begin(): number
  /** Passes in what was read: the holder of the lease, its end, and the time by the database's clock. */
  found(begun: number, holder: string | null, until: bigint, now: bigint): void
  /** Acquires the lease if it is free, or renews it if the rest of it is too short for a delivery. */
  hold(): Promise<LeaseState>
  /** When the lease can be acquired, by this process's clock; in the past if it is ours or free. */
  readonly freeAt: number
  release(): Promise<void>
}

const LEASE_MS = 20_000
// The rest of the lease must be longer than a delivery, which takes ten seconds at most. So a busy holder renews it every eight seconds.
const LEFT_MS = 12_000
// If another instance has it, its end is not known until the lease is read again.
const OTHER_MS = 1_000

export function createLease(graph: Graph, queries: Queries, name: string): Lease {
  const holder = randomUUID()
  let oursUntil = 0
  let freeAt = 0
  // How often this instance acquired the lease; the value of that counter at the start of the last read.
  let acquisitions = 0
  let readAfter = -1
  let acquiring: Promise<boolean> | null = null
  const write = (file: string, params: Record<string, unknown>) => {
    const { statement } = queries.get(`webhooks/${file}`)
    return graph.write(`webhooks/${file}`, statement, { lease: name, holder, ...params })
  }

  async function acquire(): Promise<boolean> {
    const askedAt = monotonic()
    const rows = await write('acquire-lease', { ms: BigInt(LEASE_MS) })
    if (rows.length === 0) {
      oursUntil = 0
      freeAt = monotonic() + OTHER_MS
      return false
    }
    if (oursUntil < askedAt) acquisitions += 1
    // From the time before the request: the database's lease begins later, so it ends later.
    oursUntil = askedAt + LEASE_MS
    freeAt = 0
    return true
  }

  return {
    name,
    holder,
    begin: () => acquisitions,
    found(begun, by, until, now) {
      readAfter = begun
      if (by === holder) return
      oursUntil = 0
      const left = Number(until - now)
      // From the time after the answer: the answer may have taken a while. An end further away than any holder writes it comes from a clock of the
      // database that was set back: acquiring it sets that right.
      freeAt = left > 0 && left <= LEASE_MS ? monotonic() + left : 0
    },
    async hold() {
      const now = monotonic()
      if (oursUntil - now < LEFT_MS) {
        if (freeAt > now) return 'other'
        acquiring ??= acquire().finally(() => {
          acquiring = null
        })
        if (!(await acquiring)) return 'other'
      }
      return readAfter === acquisitions ? 'held' : 'stale'
    },
    get freeAt() {
      return freeAt
    },
    async release() {
      if (oursUntil < monotonic()) return
      oursUntil = 0
      await write('release-lease', {})
    },
  }
}
