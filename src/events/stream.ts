// Sends an endless stream of events: recent events come from the tail's memory, older ones from the graph.
import { monotonic, wait } from '../clock.ts'
import { GraphUnavailable } from '../graph/failures.ts'
import type { WritePiece } from '../http/answer.ts'
import type { LogEvent } from './kinds.ts'
import type { Log } from './log.ts'
import type { Subscription } from './tail.ts'

/** The format of a stream: lines of JSON as App.net sent them (FRAMES), or Server-Sent Events. */
export type StreamFormat = {
  /** The heartbeat: sent at the beginning and after a silence. `at`: the reader has received everything up to this id. */
  beat(at: bigint): string
  event(event: LogEvent, json: string): string
}

export const FRAMES: StreamFormat = {
  beat: () => '\r\n',
  event: (_, json) => `${json}\r\n`,
}

/** The heartbeat has an id, so that a reader that has received no event yet can also resume. */
export const SSE: StreamFormat = {
  beat: (at) => `:\nid: ${at}\n\n`,
  event: ({ id, kind }, json) => `id: ${id}\nevent: ${kind.type}\ndata: ${json}\n\n`,
}

export type StreamOptions = {
  /** Reads the events that are not in the tail's memory. */
  older: Log['search']
  subscription: Subscription
  since: bigint
  wanted(event: LogEvent): boolean
  /** Events as JSON texts, in order. */
  json(events: LogEvent[]): Promise<string[]>
  format: StreamFormat
  /** Called with the id up to which everything was sent, and whether an event was sent since the last call. */
  reached?(upTo: bigint, sentEvents: boolean): void
}

const BEAT_MS = 15_000
// Events in one write; the next write waits until the connection can take more.
const EVENTS_PER_WRITE = 100
const UNAVAILABLE_DELAY_MS = 1_000

/** Up to `count` wanted events after the id `after`, and the id at which to continue; from memory if they are there. */
export async function nextEvents(
  { older, subscription, wanted }: Pick<StreamOptions, 'older' | 'subscription' | 'wanted'>,
  after: bigint,
  count = EVENTS_PER_WRITE,
): Promise<{ events: LogEvent[]; upTo: bigint; more: boolean }> {
  const recent = subscription.recent(after)
  if (recent === null) return older(after, count, wanted)
  const all = recent.events.filter(wanted)
  const events = all.slice(0, count)
  const more = events.length < all.length
  return { events, more, upTo: more ? (events.at(-1) as LogEvent).id : recent.upTo }
}

/**
 * Writes the stream until the subscription ends. For a slow reader no events are buffered; only its position in the log is kept. Throws
 * EventsGone if events after that position were dropped, and whatever else fails, so that the connection breaks. While the graph is not available, it waits.
 */
export async function sendEvents(options: StreamOptions, write: WritePiece): Promise<void> {
  const { subscription, format, json, reached } = options
  let at = options.since
  let silentSince = monotonic()
  await write(format.beat(at))
  while (subscription.ended === null) {
    let texts: string[] = []
    try {
      const { events, upTo } = await nextEvents(options, at)
      if (events.length > 0) {
        const shown = await json(events)
        texts = events.map((event, n) => format.event(event, shown[n] as string))
      }
      at = upTo
    } catch (error) {
      if (!(error instanceof GraphUnavailable)) throw error
      // Not `subscription.wait`, which returns at once where an event is there already: thousands of streams that all want the same event, more than
      // may wait for the graph, would try again before anything else could run.
      await wait(UNAVAILABLE_DELAY_MS, undefined, { ref: false })
    }
    if (subscription.ended !== null) return
    const sendsEvents = texts.length > 0
    const left = silentSince + BEAT_MS - monotonic()
    const waits = !sendsEvents && left > 0
    if (!waits) {
      silentSince = monotonic()
      await write(sendsEvents ? texts.join('') : format.beat(at))
    }
    reached?.(at, sendsEvents)
    if (waits) await subscription.wait(at, left)
  }
}
