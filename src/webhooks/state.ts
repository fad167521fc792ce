// The state that an instance keeps for each webhook while it delivers: its place in the log, and when it is tried next.

import { createHash } from 'node:crypto'
import { monotonic } from '../clock.ts'
import type { LogEvent } from '../events/kinds.ts'
import type { Webhook } from './store.ts'

export type WebhookState = {
  hook: Webhook
  /** All events up to this id were handled. It can be ahead of the stored `lastId` by events that are not wanted. */
  place: bigint
  /** Since when the place is ahead of the stored one, by this process's clock; null if it is not. */
  aheadSince: number | null
  /** The status of a delivery that could not be stored yet. */
  status: number | null
  /** No attempt before this time of this process's clock. */
  notBefore: number
  /** The time of the oldest event that waits, by the database's clock; null if none is known. */
  waitingSince: bigint | null
  /** An attempt is in flight. */
  busy: boolean
  /** Waits for a slot. */
  queued: boolean
  /** The last delivery took over a second. */
  slow: boolean
}

export function newState(hook: Webhook, notBefore: number): WebhookState {
  return {
    hook,
    place: hook.lastId,
    aheadSince: null,
    status: null,
    notBefore,
    waitingSince: null,
    busy: false,
    queued: false,
    slow: false,
  }
}

/** Replaces the webhook by the one that was read from the graph, unless that is not newer. */
export function update(state: WebhookState, hook: Webhook, notBefore: number): void {
  if (hook.revision <= state.hook.revision) return
  state.hook = hook
  state.notBefore = notBefore
  state.status = null
  state.waitingSince = null
  if (hook.lastId > state.place) state.place = hook.lastId
  state.aheadSince = state.place > hook.lastId ? state.aheadSince : null
}

/** Records that all events up to this id were handled. */
export function moveTo(state: WebhookState, id: bigint): void {
  state.waitingSince = null
  state.place = id
  if (id > state.hook.lastId) state.aheadSince ??= monotonic()
}

/** Whether the webhook gets an event; while a message is being retried, only the events of that message. */
export const wants =
  ({ types, batchTo }: Webhook) =>
  ({ id, kind }: LogEvent): boolean =>
    (types === null || types.includes(kind.type)) && (batchTo === null || id <= batchTo)

/** A message's id: the same events always get the same id, from any instance. */
export function messageId(hookId: bigint, events: LogEvent[]): string {
  const text = `${hookId}:${events.map(({ id }) => id).join()}`
  return `msg_${createHash('sha256').update(text).digest('base64url').slice(0, 27)}`
}

/** Seconds since the oldest waiting event, or else since the first failure; `now` is by the database's clock. */
export function secondsBehind({ hook, waitingSince }: WebhookState, now: number): number {
  const since = waitingSince ?? (hook.tries > 0 ? hook.failingSince : null)
  return since === null ? 0 : Math.max(0, (now - Number(since)) / 1000)
}
