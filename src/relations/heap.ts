// Tells V8 to keep the heap small: while long lists are streamed, and while a database is warmed up.
import { setFlagsFromString } from 'node:v8'

// By how many percent the heap may grow before all of it is collected. Left to itself V8 lets cached pages pile up: under the load of
// `npm run bench:warm-up` the service took 530 MB, with 100 it takes 312, at the same speed (3,109 to 3,277 pages a second against
// 2,971 to 3,037, one after the other).
const USUAL = 100
// While lists are streamed: a million ids with gzip beside two slow readers took 60 to 92 MB, so they take 26 (test/faults/long/long-list).
// On a small heap it would cost a page of 20 a fifth more of Node (0.54 against 0.45 ms), so it ends with the last stream.
const STREAMING = 50

let allowed = false
let streams = 0

/** How many lists are being streamed. */
export const streaming = (): number => streams

/** For a process that is the service's own, because this setting is the whole process's. */
export function allowSmallHeap(): void {
  allowed = true
  setFlagsFromString(`--heap-growing-percent=${USUAL}`)
}

/** The source as it is, with a heap that is kept small from its first element to its end. */
export async function* withSmallHeap<Element>(source: AsyncIterable<Element>): AsyncGenerator<Element> {
  if (allowed && streams === 0) setFlagsFromString(`--heap-growing-percent=${STREAMING}`)
  streams += 1
  try {
    yield* source
  } finally {
    streams -= 1
    if (allowed && streams === 0) setFlagsFromString(`--heap-growing-percent=${USUAL}`)
  }
}

/**
 * Keeps the part of the heap for new objects as small as it is (true), or lets it grow again. Forty seconds of warming up
 * (startup/warm-up.ts) took the idle service from 103 to 124 MB; so it stays at 94.
 */
export function keepNewSpaceSmall(small: boolean): void {
  if (allowed) setFlagsFromString(`--semi-space-growth-factor=${small ? 1 : 2}`)
}
