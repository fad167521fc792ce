// A pause that does not keep the process alive.
import { wait } from '../clock.ts'

/** Resolves after `ms` milliseconds. */
export const pause = (ms: number): Promise<void> => wait(ms, undefined, { ref: false })
