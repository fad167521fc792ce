// One delivery attempt for a webhook: finds its next events, sends them, and stores the outcome.
import { monotonic } from '../clock.ts'
import type { LogEvent } from '../events/kinds.ts'
import { EventsGone, type Log } from '../events/log.ts'
import { eventsJson } from '../events/show.ts'
import { nextEvents } from '../events/stream.ts'
import type { Subscription } from '../events/tail.ts'
import type { Users } from '../users/users.ts'
import type { Resolve } from './address.ts'
import type { Lease } from './lease.ts'
import type { Counted, Progress } from './progress.ts'
import { send } from './send.ts'
import { messageId, moveTo, update, type WebhookState, wants } from './state.ts'
import type { Webhook } from './store.ts'

export type AttemptParts = {
  log: Log
  users: Pick<Users, 'fetch'>
  lease: Lease
  progress: Progress
  resolve: Resolve
  allowPrivate: boolean
  retryMs: number[]
  publicUrl(): string
  /** Called with the outcome of each attempt. */
  observe(outcome: Counted): void
  /** Makes the loop read the webhooks again before anything else. */
  refresh(): void
  /** Converts a time of the database's clock to this process's clock. */
  localTime(at: bigint): number
  /** Aborted when nothing more may be sent. */
  stopped: AbortSignal
}

type Found = { events: LogEvent[]; upTo: bigint; more: boolean }

const MAX_EVENTS = 100
const CHANGED_MS = 1_000
// A place that is ahead of the stored one is stored after this time, so that events after the stored one are not dropped first.
const STORE_MS = 10_000
const SLOW_MS = 1_000
const AUDIENCE = { show: { annotations: false, html: true }, viewerId: null }
const HEALTHY = { tries: 0, retryAt: 0n, failingSince: null, batchTo: null, lastError: null }

/** Whether no event waits, and the place has been ahead of the stored one for long enough to store it. */
export const mustStore = ({ aheadSince, hook, waitingSince }: WebhookState): boolean =>
  aheadSince !== null && waitingSince === null && hook.tries === 0 && monotonic() - aheadSince > STORE_MS

/** Returns the function that makes one attempt for a webhook. It rejects if the graph is not available. */
export function createAttempts(
  parts: AttemptParts,
): (state: WebhookState, subscription: Subscription) => Promise<void> {
  const { log, lease, progress } = parts

  async function advance(state: WebhookState, subscription: Subscription): Promise<void> {
    const { hook, place } = state
    let found: Found
    try {
      found = await nextEvents({ older: log.replay, subscription, wanted: wants(hook) }, place, MAX_EVENTS)
    } catch (error) {
      if (!(error instanceof EventsGone)) throw error
      if (await isCurrent(state, hook, place)) await giveUp(state)
      return
    }
    const [first] = found.events
    if (first === undefined) {
      const { batchTo } = hook
      moveTo(state, batchTo === null || found.upTo < batchTo ? found.upTo : batchTo)
      // The webhook's types were changed, and none of the events of the failed message is wanted any more.
      if (batchTo !== null && found.upTo >= batchTo) state.hook = { ...hook, batchTo: null }
      if (mustStore(state) && (await isCurrent(state, state.hook, state.place))) await store(state)
      return
    }
    state.waitingSince = first.at
    if (!(await isCurrent(state, hook, place))) return
    const texts = await eventsJson(parts.users, found.events, AUDIENCE)
    if (await isCurrent(state, hook, place)) await deliver(state, found, texts)
  }

  // Whether this instance holds the lease, and the webhook has not changed since the attempt began.
  async function isCurrent(state: WebhookState, hook: Webhook, place: bigint): Promise<boolean> {
    const leaseState = await lease.hold()
    if (leaseState === 'stale') parts.refresh()
    return leaseState === 'held' && state.hook === hook && state.place === place && !parts.stopped.aborted
  }

  async function deliver(state: WebhookState, found: Found, texts: string[]): Promise<void> {
    const { hook } = state
    const body = `{"events":[${texts.join(',')}]}`.replaceAll('\u0001', parts.publicUrl())
    const began = monotonic()
    const outcome = await send(
      { url: hook.url, secret: hook.secret, allowPrivate: parts.allowPrivate },
      { id: messageId(hook.id, found.events), body },
      { resolve: parts.resolve, signal: parts.stopped },
    )
    // A request that was aborted because the service stops is not the receiver's failure.
    if (parts.stopped.aborted && outcome.kind !== 'delivered') return
    parts.observe(outcome.kind)
    state.slow = monotonic() - began > SLOW_MS
    const last = (found.events.at(-1) as LogEvent).id
    if (outcome.kind === 'delivered') {
      moveTo(state, found.more || hook.batchTo !== null ? last : found.upTo)
      state.status = outcome.status
      state.hook = { ...state.hook, ...HEALTHY }
      await store(state, last)
    } else {
      const delayMs = parts.retryMs[Math.min(hook.tries, parts.retryMs.length - 1)] as number
      applyFailure(state, await progress.failed({ hook, outcome, batchTo: last, delayMs }))
    }
  }

  // `to` is the last delivered event. If the place is further on, after events that are not wanted, it is stored later.
  async function store(state: WebhookState, to = state.place): Promise<void> {
    const { hook, status } = state
    const revision = await progress.moved({ id: hook.id, from: hook.lastId, to, status })
    state.status = null
    state.aheadSince = state.place > to ? state.aheadSince : null
    if (revision === null) {
      parts.refresh()
      return
    }
    // Any revision but the next one means that the app has changed the webhook: it is read again and replaces the state here.
    const isNext = revision === state.hook.revision + 1n
    state.hook = { ...state.hook, lastId: to, ...(isNext ? { revision } : {}) }
    if (!isNext) parts.refresh()
  }

  async function giveUp(state: WebhookState): Promise<void> {
    const { hook } = state
    const error = `Disabled: the events behind ${hook.lastId} are no longer kept. Read the lists again; enabled again it goes on from now.`
    const outcome = { status: hook.lastStatus, error }
    applyFailure(state, await progress.failed({ hook, outcome, batchTo: null, delayMs: 0, disable: true }))
  }

  function applyFailure(state: WebhookState, hook: Webhook | null): void {
    if (hook === null) {
      state.notBefore = monotonic() + CHANGED_MS
      parts.refresh()
      return
    }
    const { waitingSince } = state
    update(state, hook, hook.enabled ? parts.localTime(hook.retryAt) : Number.POSITIVE_INFINITY)
    state.waitingSince = hook.enabled ? waitingSince : null
    if (!hook.enabled) parts.observe('disabled')
  }

  return advance
}
