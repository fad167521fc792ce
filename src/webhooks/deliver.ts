// Delivers events to webhooks: one loop per instance, which reads the webhooks, waits for events and starts attempts.
// Failing and slow receivers get only some of the slots, so that they do not hold up others.

import { setMaxListeners } from 'node:events'
import { clearTimeout, monotonic, setTimeout, wallClock } from '../clock.ts'
import type { Log } from '../events/log.ts'
import { pause } from '../events/pause.ts'
import type { Subscription, Tail } from '../events/tail.ts'
import { GraphUnavailable } from '../graph/failures.ts'
import type { Graph } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import type { Users } from '../users/users.ts'
import type { Resolve } from './address.ts'
import { createAttempts, mustStore } from './attempt.ts'
import { createLease } from './lease.ts'
import { type Counted, createProgress, RETRY_MS } from './progress.ts'
import { moveTo, newState, secondsBehind, update, type WebhookState, wants } from './state.ts'
import { webhookOf } from './store.ts'

export type DeliveryParts = {
  graph: Graph
  queries: Queries
  users: Pick<Users, 'fetch'>
  events: { log: Log; tail: Tail }
  webhooks: { resolve: Resolve }
}

export type DeliveryOptions = {
  /** Whether to deliver to the webhooks that need private addresses or http, or to all others. */
  private: boolean
  keepDays: number
  publicUrl(): string
  /** Called with the outcome of each attempt. */
  observe(outcome: Counted): void
  /** Called with a defect; deliveries go on. */
  broken(error: unknown): void
  /** The delays before the next try; `RETRY_MS` by default. */
  retryMs?: number[] | undefined
}

export type Deliveries = {
  /** The age in seconds of the oldest event that a webhook has not received. */
  behind(): number
  /** Reads the webhooks again at once, because one was changed. */
  refresh(): void
  /** Finishes the attempts in flight within some seconds; other instances deliver the rest. */
  stop(): Promise<void>
}

const REFRESH_MS = 3_000
const UNAVAILABLE_DELAY_MS = 1_000
// Attempts in flight; fewer for receivers that failed or were slow the last time, so that the others have slots left.
const SLOTS = 64
const SUSPECT_SLOTS = 16
const FINISH_MS = 3_000

/** Starts the loop. */
export function startDeliveries(parts: DeliveryParts, options: DeliveryOptions): Deliveries {
  const { graph, queries, events } = parts
  const lease = createLease(graph, queries, options.private ? 'webhooks-private' : 'webhooks')
  const states = new Map<bigint, WebhookState>()
  const inFlight = new Set<Promise<void>>()
  const stopped = new AbortController()
  setMaxListeners(SLOTS, stopped.signal)
  const retryMs = options.retryMs ?? RETRY_MS
  const longestDelayMs = Math.max(...retryMs)
  let subscription: Subscription | null = null
  let awaitsEvents = false
  let stopping = false
  let suspects = 0
  let refreshAt = 0
  // The database's clock minus this process's clock.
  let offset = wallClock() - monotonic()

  let woken = false
  let interrupt = () => {}
  const wake = () => {
    woken = true
    interrupt()
  }
  const refresh = () => {
    refreshAt = 0
    wake()
  }

  const advance = createAttempts({
    log: events.log,
    users: parts.users,
    lease,
    progress: createProgress(graph, queries, lease, options.keepDays),
    resolve: parts.webhooks.resolve,
    allowPrivate: options.private,
    retryMs,
    publicUrl: options.publicUrl,
    observe: options.observe,
    refresh,
    localTime: (at) => Number(at) - offset,
    stopped: stopped.signal,
  })

  async function run(): Promise<void> {
    while (!stopping) {
      woken = false
      try {
        if (monotonic() >= refreshAt) await readWebhooks()
        for (const state of [...states.values()]) if (!stopping) start(state)
      } catch (error) {
        refreshAt = monotonic() + UNAVAILABLE_DELAY_MS
        if (!(error instanceof GraphUnavailable)) options.broken(error)
      }
      if (!stopping && !woken) await waitForWork()
    }
  }

  async function readWebhooks(): Promise<void> {
    const begun = lease.begin()
    const askedAt = monotonic()
    refreshAt = askedAt + REFRESH_MS
    const { statement } = queries.get('webhooks/state')
    const params = { lease: lease.name, private: options.private }
    const [row] = await graph.read('webhooks/state', statement, params)
    const [now, holder, until, nodes] = row as [bigint, string | null, bigint, unknown[]]
    lease.found(begun, holder, until, now)
    offset = Number(now) - askedAt
    // The log was replaced or restored, so the places that are known here are wrong.
    if (subscription !== null && subscription.ended !== null) {
      subscription = null
      for (const state of states.values()) forget(state)
    }
    const hooks = nodes.map(webhookOf)
    const ids = new Set(hooks.map(({ id }) => id))
    for (const state of states.values()) if (!ids.has(state.hook.id)) forget(state)
    for (const hook of hooks) {
      const state = states.get(hook.id)
      // A try that is further away than the longest delay was set by a clock of the database that was set back since: it is due.
      const isDue = Number(hook.retryAt - now) > longestDelayMs
      const notBefore = isDue ? 0 : Number(hook.retryAt) - offset
      if (state === undefined) states.set(hook.id, newState(hook, notBefore))
      else update(state, hook, notBefore)
    }
    if (states.size === 0) {
      subscription?.end('left')
      subscription = null
    } else subscription ??= listen()
  }

  // The places are wrong as soon as the log was replaced, so nothing is read or sent from there.
  function listen(): Subscription {
    const begun = events.tail.listen({ tokenHash: null, userId: null })
    void begun.over.then(() => {
      if (begun.ended === 'log') refresh()
    })
    return begun
  }

  // A webhook with an attempt in flight stays in the map until that ends, so that it never has two at a time.
  function forget(state: WebhookState): void {
    if (!state.busy) states.delete(state.hook.id)
    state.hook = { ...state.hook, revision: -1n }
    state.notBefore = Number.POSITIVE_INFINITY
    state.place = 0n
  }

  function start(state: WebhookState): void {
    if (state.busy || state.notBefore > monotonic()) return
    if (subscription === null || subscription.ended !== null) return
    const recent = subscription.recent(state.place)
    if (recent !== null && state.hook.batchTo === null && !recent.events.some(wants(state.hook))) {
      state.queued = false
      moveTo(state, recent.upTo)
      if (!mustStore(state) || lease.freeAt > monotonic()) return
    }
    // Another instance delivers it.
    if (state.waitingSince !== null && lease.freeAt > monotonic()) return
    const suspect = state.hook.tries > 0 || state.slow
    state.queued = inFlight.size >= SLOTS || (suspect && suspects >= SUSPECT_SLOTS)
    if (state.queued) return
    state.busy = true
    suspects += suspect ? 1 : 0
    // To the end of the map: the other webhooks come first the next time.
    states.delete(state.hook.id)
    states.set(state.hook.id, state)
    const done = advance(state, subscription)
      .catch((error: unknown) => {
        state.notBefore = monotonic() + UNAVAILABLE_DELAY_MS
        if (!(error instanceof GraphUnavailable)) options.broken(error)
      })
      .finally(() => {
        state.busy = false
        suspects -= suspect ? 1 : 0
        inFlight.delete(done)
        wake()
      })
    inFlight.add(done)
  }

  // Waits until there is a new event, a retry is due, or an attempt has ended.
  async function waitForWork(): Promise<void> {
    const now = monotonic()
    let until = refreshAt
    let after: bigint | null = null
    for (const { busy, queued, notBefore, waitingSince, place } of states.values()) {
      if (busy || queued) continue
      if (notBefore > now) until = Math.min(until, notBefore)
      else if (waitingSince !== null) until = Math.min(until, Math.max(lease.freeAt, now + 50))
      else if (after === null || place < after) after = place
    }
    if (after !== null && subscription?.ended === null && !awaitsEvents) {
      awaitsEvents = true
      void subscription.wait(after, REFRESH_MS).then(() => {
        awaitsEvents = false
        wake()
      })
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, until - now))
      timer.unref()
      interrupt = () => {
        clearTimeout(timer)
        resolve()
      }
      if (woken) interrupt()
    })
  }

  const running = run()
  return {
    behind() {
      const now = monotonic() + offset
      return Math.max(0, ...[...states.values()].map((state) => secondsBehind(state, now)))
    },
    refresh,
    async stop() {
      stopping = true
      wake()
      await Promise.race([Promise.allSettled([...inFlight]), pause(FINISH_MS)])
      stopped.abort()
      await Promise.allSettled([running, ...inFlight])
      subscription?.end('left')
      await lease.release().catch(() => undefined)
    },
  }
}
