// The clock and the timers of the service: taken once at the start, so that fake timers of a test suite in the same process do not stop the service.
import * as hooks from 'node:perf_hooks'
import * as timers from 'node:timers'
import * as promises from 'node:timers/promises'

// Into constants: what is imported by name follows whoever replaces the module's functions later.
export const setTimeout = timers.setTimeout
export const clearTimeout = timers.clearTimeout
export const setInterval = timers.setInterval
export const clearInterval = timers.clearInterval
export const setImmediate = timers.setImmediate
/** The longest timer, 24.8 days: Node fires one that is set for longer at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1
/** Resolves after so many milliseconds. */
export const wait = promises.setTimeout

const dateNow = Date.now
const performanceNow = hooks.performance.now.bind(hooks.performance)

/** Milliseconds since 1970. */
export const wallClock = (): number => dateNow()
/** Milliseconds of a clock that nobody sets back, for measuring. */
export const monotonic = (): number => performanceNow()
