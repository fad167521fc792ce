// Knows how requests that arrive together travel together: one queue, a few calls in flight, no delay when idle.
import { type Context, context } from '@opentelemetry/api'
import { GraphUnavailable } from './failures.ts'
import { REQUEST_TIMEOUT_MS } from './graph.ts'

export type BatchOptions<Item, Result> = {
  /** Runs items together; answers one result an item, in order. `leftMs`: by then the first of them is answered for. */
  run(items: Item[], leftMs: number): Promise<Result[]>
  /** At most so many items in one call. */
  size: number
  /** At most so many calls at once; 1 makes the queue a single writer. */
  inFlight: number
  /** At most so many items waiting; one more is refused with GraphUnavailable. */
  waiting: number
  /** An item is answered for within this time; one that has waited for two thirds of it is refused, not run for nobody. 2.4 s by default. */
  deadlineMs?: number
  /** Only items of one key travel together; all have the same key by default. */
  key?(item: Item): string
  /** Counts an item as so many (a bulk request is many changes); 1 by default. */
  weight?(item: Item): number
  /**
   * With one call in flight: takes half of those who are under way, so that the others' callers are answered and ask again while it
   * runs. All callers in one call would leave the database idle while they are answered, and the service while it runs.
   */
  halves?: boolean
  /** Told how many items each call carried. */
  observe?(items: number): void
}

export type Batch<Item, Result> = {
  add(item: Item): Promise<Result>
  /** Items that wait for a call. */
  readonly length: number
  /** Resolves when nothing waits and nothing is in flight. */
  drain(): Promise<void>
}

type Waiting<Item, Result> = {
  item: Item
  since: number
  /** Whose trace the call belongs to that this item starts; not that of the call before, which only made room. */
  trace: Context
  resolve(result: Result): void
  reject(error: unknown): void
}

// So few are not worth a call more.
const FEW = 8

/**
 * Collects whatever arrives while calls are in flight and runs it as one call (group commit). The first item of an
 * idle queue goes at once. A call that fails as a whole is tried item by item, so that one bad item hurts nobody else;
 * when the graph is away that would only multiply the waiting, so then all are refused together.
 */
export function createBatch<Item, Result>(options: BatchOptions<Item, Result>): Batch<Item, Result> {
  const queue: Waiting<Item, Result>[] = []
  const idle: (() => void)[] = []
  const deadlineMs = options.deadlineMs ?? REQUEST_TIMEOUT_MS
  let running = 0
  let scheduled = false
  // What the last call carried: those callers are about to come again.
  let carried = 0

  // `since` is when the first of those came who are answered after it.
  function run(items: Waiting<Item, Result>[], since: number): Promise<Result[]> {
    const [{ trace }] = items as [Waiting<Item, Result>]
    return context.with(trace, () =>
      options.run(
        items.map(({ item }) => item),
        Math.max(1, since + deadlineMs - performance.now()),
      ),
    )
  }

  async function go(items: Waiting<Item, Result>[]): Promise<void> {
    options.observe?.(items.length)
    const [{ since }] = items as [Waiting<Item, Result>]
    let results: Result[]
    try {
      results = await run(items, since)
    } catch (error) {
      await singly(items, error, since)
      release()
      return
    }
    const answer = () => {
      items.forEach((waiting, index) => {
        waiting.resolve(results[index] as Result)
      })
    }
    // To answer thirty callers takes this process some milliseconds: those who wait are sent for first, and the database works meanwhile.
    if (queue.length > 0) setImmediate(answer)
    else answer()
    release()
  }

  // Gives up the place of a call that is over, to those who wait.
  function release(): void {
    running -= 1
    pump()
  }

  async function singly(items: Waiting<Item, Result>[], error: unknown, since: number): Promise<void> {
    let away = items.length === 1 || error instanceof GraphUnavailable ? error : undefined
    for (const waiting of items) {
      if (away !== undefined) waiting.reject(away)
      else
        await run([waiting], since).then(
          ([result]) => waiting.resolve(result as Result),
          (reason) => {
            waiting.reject(reason)
            if (reason instanceof GraphUnavailable) away = reason
          },
        )
    }
  }

  // Those whose callers are nearly out of patience: under a pile of them nobody would be served in time.
  function refuseOverdue(): void {
    const latest = performance.now() - (deadlineMs * 2) / 3
    let overdue = 0
    while (overdue < queue.length && (queue[overdue] as { since: number }).since < latest) overdue += 1
    if (overdue > 0)
      for (const waiting of queue.splice(0, overdue)) waiting.reject(new GraphUnavailable('slow'))
  }

  function half(): number {
    const queued = queue.reduce((sum, { item }) => sum + (options.weight?.(item) ?? 1), 0)
    return Math.min(options.size, Math.max(FEW, (carried + queued) / 2))
  }

  // The oldest item goes, and with it those behind it that have its key and fit.
  function take(): Waiting<Item, Result>[] {
    const { key, weight } = options
    if (key === undefined && weight === undefined && !options.halves) return queue.splice(0, options.size)
    const most = options.halves ? half() : options.size
    const first = queue[0] as Waiting<Item, Result>
    const wanted = key?.(first.item)
    const taken: Waiting<Item, Result>[] = []
    const left: Waiting<Item, Result>[] = []
    let load = 0
    for (const waiting of queue) {
      const heavy = weight?.(waiting.item) ?? 1
      const fits = (taken.length === 0 || load + heavy <= most) && key?.(waiting.item) === wanted
      if (fits) {
        taken.push(waiting)
        load += heavy
      } else left.push(waiting)
    }
    queue.splice(0, queue.length, ...left)
    carried = load
    return taken
  }

  function pump(): void {
    scheduled = false
    refuseOverdue()
    if (queue.length === 0 && running === 0) for (const resolve of idle.splice(0)) resolve()
    while (running < options.inFlight && queue.length > 0) {
      running += 1
      void go(take())
    }
  }

  // Requests read from several sockets in one turn of the event loop join one call.
  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(pump)
  }

  return {
    add(item) {
      if (queue.length >= options.waiting) return Promise.reject(new GraphUnavailable('overload'))
      return new Promise((resolve, reject) => {
        queue.push({ item, since: performance.now(), trace: context.active(), resolve, reject })
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
