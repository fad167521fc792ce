// Spreads requests over turns of the event loop, so that no turn takes long however many arrive at once.
import type { IncomingMessage, RequestListener } from 'node:http'
import { monotonic, setImmediate } from '../clock.ts'

// In each turn of its event loop Node accepts one connection, runs timers and reads what the database has answered. Where each request is handled as
// it is read, 3,000 clients make turns of 200 ms, and the last of a few hundred new connections is accepted after 10 to 30 s. GET users/me
// (29 November 2026, 2 cores, clients on the same cores): 128 clients 6,900 to 9,500/s; 3,000 clients without this 4,844/s, slowest answer 10.5 s,
// 12,168 refused; with turns of 10 ms 5,131/s, 10.4 s, 7,753; of 2 ms 7,562/s, 10.5 s, 0; of 1 ms 7,417/s, 2.7 s, 0.
const TURN_MS = 1
// While connections arrive, turns are shorter, because each accepts only one. 500 new connections beside 3,000 busy clients (30 November 2026,
// 2 cores): answered after 4.0 s (median) and 4.9 s (the last) with turns of 1 ms, after 0.6 and 0.7 s with these; the busy ones lost nothing.
const SHORT_TURN_MS = 0.1
// Handled requests are removed from the front of the list so many at a time.
const MOST_HANDLED = 1_000

type Waiting = [...Parameters<RequestListener>, arrived: number]

const waits = new WeakMap<IncomingMessage, number>()

/** How many milliseconds a request that is handled now has waited for its turn. */
export const waitedFor = (request: IncomingMessage): number => waits.get(request) ?? 0

/**
 * Calls `listener` for each request, in order, and leaves those that do not fit into a turn to the next one. Never more than `most` wait:
 * beyond that they are handled as they are read, so that Node stops reading from a client that sends requests without reading answers.
 * @returns `request` and `connection`, the listeners of the server's events with these names
 */
export function inTurns(
  listener: RequestListener,
  most: number,
): { request: RequestListener; connection: () => void } {
  const waiting: Waiting[] = []
  let next = 0
  let began: number | null = null
  let length = TURN_MS

  const handleNext = () => {
    const [request, response, arrived] = waiting[next++] as Waiting
    waits.set(request, monotonic() - arrived)
    listener(request, response)
  }
  const handle = (until: number) => {
    while (next < waiting.length && (waiting.length - next > most || monotonic() < until)) handleNext()
    if (next < waiting.length && next < MOST_HANDLED) return
    waiting.splice(0, next)
    next = 0
  }
  const turn = () => {
    began = monotonic()
    try {
      handle(began + length)
      length = TURN_MS
    } finally {
      if (waiting.length > 0) setImmediate(turn)
      else began = null
    }
  }
  return {
    request(request, response) {
      const arrived = monotonic()
      if (began === null) {
        began = arrived
        setImmediate(turn)
      }
      waiting.push([request, response, arrived])
      handle(began + length)
    },
    connection() {
      length = SHORT_TURN_MS
    },
  }
}
