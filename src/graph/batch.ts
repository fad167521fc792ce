// Batches requests: collects items while calls are in flight and runs them in one call; an idle queue adds no delay.

import { type Context, context } from '@opentelemetry/api'
import { monotonic, setImmediate } from '../clock.ts'
import { GraphUnavailable } from './failures.ts'
import { REQUEST_TIMEOUT_MS } from './graph.ts'

export type BatchOptions<Item, Result> = {
  /** Runs items in one call; resolves with one result per item, in order. The oldest item must be answered within `leftMs`. */
  run(items: Item[], leftMs: number): Promise<Result[]>
  /** The largest number of items in one call. */
  size: number
  /** The largest number of calls in flight; 1 makes the queue a single writer. */
  inFlight: number
  /** The largest number of waiting items; further items are refused with GraphUnavailable. */
  waiting: number
  /** The timeout of an item. An item that has waited for two thirds of it is refused instead of run. 2.4 s by default. */
  deadlineMs?: number
  /** Only items with the same key share a call; by default all do. */
  key?(item: Item): string
  /** The weight of an item against `size` (a bulk request has many changes); 1 by default. */
  weight?(item: Item): number
  /**
   * Use it with `inFlight: 1`: a call takes only half of the active clients' items. While it runs, the other half of the clients gets its
   * answers and sends its next requests. With all items in one call the database would be idle while the service answers, and
   * the service would be idle while the call runs.
   */
  halves?: boolean
  /** Called with the number of items of each call. */
  observe?(items: number): void
}

export type Batch<Item, Result> = {
  /** `since`: when the request arrived, if it has waited before; its timeout counts from then. */
  add(item: Item, since?: number): Promise<Result>
  /** The number of waiting items. */
  readonly length: number
  /** Resolves when nothing waits and nothing is in flight. */
  drain(): Promise<void>
}

type Waiting<Item, Result> = {
  item: Item
  since: number
  /** The trace of the request. A call belongs to the trace of its first item, not to that of the previous call, which triggered it. */
  trace: Context
  resolve(result: Result): void
  reject(error: unknown): void
}

// Up to this number of items is not divided into two calls.
const FEW = 8

/**
 * Creates a queue that runs everything that arrives while calls are in flight as one call (group commit). The first item of an
 * idle queue is run at once. A call that fails as a whole is retried in halves, down to the bad item, so that no other item fails.
 * If the graph is not available, retries would only make everybody wait longer, so all items are refused.
 */
export function createBatch<Item, Result>(options: BatchOptions<Item, Result>): Batch<Item, Result> {
  const queue: Waiting<Item, Result>[] = []
  const idle: (() => void)[] = []
  const deadlineMs = options.deadlineMs ?? REQUEST_TIMEOUT_MS
  let running = 0
  let scheduled = false
  // The weight of the last call: its callers will send their next requests soon.
  let lastLoad = 0

  // `since` is the arrival of the oldest item that is answered after this call.
  function run(items: Waiting<Item, Result>[], since: number): Promise<Result[]> {
    const [{ trace }] = items as [Waiting<Item, Result>]
    return context.with(trace, () =>
      options.run(
        items.map(({ item }) => item),
        Math.max(1, since + deadlineMs - monotonic()),
      ),
    )
  }

  async function runCall(items: Waiting<Item, Result>[]): Promise<void> {
    options.observe?.(items.length)
    const [{ since }] = items as [Waiting<Item, Result>]
    let results: Result[]
    try {
      results = await run(items, since)
    } catch (error) {
      await runHalves(items, error, since)
      release()
      return
    }
    const answer = () => {
      items.forEach((waiting, index) => {
        waiting.resolve(results[index] as Result)
      })
    }
    // Answering thirty callers takes this process some milliseconds, so the next call is sent first, and the database works meanwhile.
    if (queue.length > 0) setImmediate(answer)
    else answer()
    release()
  }

  // Ends a call and starts the next one.
  function release(): void {
    running -= 1
    pump()
  }

  // Runs the items of a failed call in halves, recursively: one bad item costs a logarithmic number of calls.
  async function runHalves(items: Waiting<Item, Result>[], error: unknown, since: number): Promise<void> {
    if (items.length === 1 || error instanceof GraphUnavailable) {
      for (const waiting of items) waiting.reject(error)
      return
    }
    const middle = Math.ceil(items.length / 2)
    let unavailable: unknown
    for (const half of [items.slice(0, middle), items.slice(middle)]) {
      try {
        if (unavailable !== undefined) throw unavailable
        const results = await run(half, since)
        half.forEach(({ resolve }, index) => {
          resolve(results[index] as Result)
        })
      } catch (reason) {
        if (reason instanceof GraphUnavailable) unavailable = reason
        await runHalves(half, reason, since)
      }
    }
  }

  // Refuses items whose timeout is near; otherwise an overloaded queue would answer every item too late.
  function refuseOverdue(): void {
    const latest = monotonic() - (deadlineMs * 2) / 3
    let overdue = 0
    while (overdue < queue.length && (queue[overdue] as { since: number }).since < latest) overdue += 1
    if (overdue > 0)
      for (const waiting of queue.splice(0, overdue)) waiting.reject(new GraphUnavailable('slow'))
  }

  function half(): number {
    const queued = queue.reduce((sum, { item }) => sum + (options.weight?.(item) ?? 1), 0)
    return Math.min(options.size, Math.max(FEW, (lastLoad + queued) / 2))
  }

  // Removes the items of the next call from the queue: the oldest one, and the ones after it that have the same key and fit.
  function takeBatch(): Waiting<Item, Result>[] {
    const { key, weight } = options
    if (key === undefined && weight === undefined && !options.halves) return queue.splice(0, options.size)
    const most = options.halves ? half() : options.size
    const first = queue[0] as Waiting<Item, Result>
    const wanted = key?.(first.item)
    const batch: Waiting<Item, Result>[] = []
    const left: Waiting<Item, Result>[] = []
    let load = 0
    for (const waiting of queue) {
      const itemWeight = weight?.(waiting.item) ?? 1
      const fits = (batch.length === 0 || load + itemWeight <= most) && key?.(waiting.item) === wanted
      if (fits) {
        batch.push(waiting)
        load += itemWeight
      } else left.push(waiting)
    }
    queue.splice(0, queue.length, ...left)
    lastLoad = load
    return batch
  }

  function pump(): void {
    scheduled = false
    refuseOverdue()
    if (queue.length === 0 && running === 0) for (const resolve of idle.splice(0)) resolve()
    while (running < options.inFlight && queue.length > 0) {
      running += 1
      void runCall(takeBatch())
    }
  }

  // Not at once: requests that arrive on several sockets in one turn of the event loop share a call.
  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(pump)
  }

  return {
    add(item, since = monotonic()) {
      if (queue.length >= options.waiting) return Promise.reject(new GraphUnavailable('overload'))
      return new Promise((resolve, reject) => {
        queue.push({ item, since, trace: context.active(), resolve, reject })
        schedule()
      })
    },
    get length() {
      return queue.length
    },
    drain() {
      if (running === 0 && queue.length === 0) return Promise.resolve()
      return new Promise((resolve) => idle.push(resolve))
    },
  }
}

/**
 * A queue with one call per item, at most `inFlight` of them at the same time and at most `waiting` items waiting. It is for expensive queries,
 * which must leave enough of the database to other requests.
 */
export function createLimited<Item, Result>({
  run,
  ...limits
}: Pick<BatchOptions<Item, Result>, 'inFlight' | 'waiting' | 'deadlineMs'> & {
  run(item: Item, leftMs: number): Promise<Result>
}): Batch<Item, Result> {
  return createBatch({
    ...limits,
    size: 1,
    run: (items, leftMs) => Promise.all(items.map((item) => run(item, leftMs))),
  })
}
