// Waits for a promise with a timeout or an abort signal.
import { wait } from '../clock.ts'

/** Resolves as `work` does; rejects if that takes longer than the timeout. */
export async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const late = new AbortController()
  const timer = wait(timeoutMs, undefined, { signal: late.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${timeoutMs / 1000} s`)
  })
  try {
    return await Promise.race([work, timer])
  } finally {
    timer.catch(() => undefined)
    late.abort()
  }
}

/** Resolves as `work` does; rejects with the signal's reason if the signal comes first. */
export async function orAborted<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (signal === undefined) return work
  work.catch(() => undefined)
  signal.throwIfAborted()
  let stop = () => {}
  const aborted = new Promise<never>((_, failed) => {
    stop = () => failed(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
