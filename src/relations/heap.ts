// Sets V8 flags that keep the heap small while long lists are streamed and during the warm-up.
import { setFlagsFromString } from 'node:v8'

// How many percent the heap may grow before a full collection. With V8's default, cached pages accumulate: under the load of
// `npm run bench:warm-up` the service took 530 MB, with 100 it takes 312 at the same speed (3,109 to 3,277 pages/s against
// 2,971 to 3,037, measured in turn).
const NORMAL_GROWTH = 100
// While lists are streamed: a million ids with gzip and two slow readers took 60 to 92 MB, with 50 they take 26 (test/faults/long/long-list).
// It costs a page of 20 a fifth more CPU time in Node (0.54 against 0.45 ms), so it is reset after the last stream.
const STREAMING_GROWTH = 50

let allowed = false
let streams = 0

/** The number of lists that are being streamed. */
export const streaming = (): number => streams

/** Only for the service's own process (serve), because the flags apply to the whole process. */
export function allowSmallHeap(): void {
  allowed = true
  setFlagsFromString(`--heap-growing-percent=${NORMAL_GROWTH}`)
}

/** Yields the elements of the source unchanged, and keeps the heap small until its end. */
export async function* withSmallHeap<Element>(source: AsyncIterable<Element>): AsyncGenerator<Element> {
  if (allowed && streams === 0) setFlagsFromString(`--heap-growing-percent=${STREAMING_GROWTH}`)
  streams += 1
  try {
    yield* source
  } finally {
    streams -= 1
    if (allowed && streams === 0) setFlagsFromString(`--heap-growing-percent=${NORMAL_GROWTH}`)
  }
}

/**
 * Keeps the heap's space for new objects at its current size (true), or lets it grow again (false). Without this, forty seconds of
 * warm-up (startup/warm-up.ts) took the idle service from 103 to 124 MB; with it, it stays at 94.
 */
export function keepNewSpaceSmall(small: boolean): void {
  if (allowed) setFlagsFromString(`--semi-space-growth-factor=${small ? 1 : 2}`)
}
