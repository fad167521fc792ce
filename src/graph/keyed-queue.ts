// A queue for each key: runs work that would be in each other's way one after the other, such as changes of the same user.
import { monotonic } from '../clock.ts'
import { GraphUnavailable } from './failures.ts'

/**
 * Returns a function that runs `work` once all earlier work with the same key has ended. Work that waited for more than `mostMs` is not run,
 * but rejects with GraphUnavailable, so that nobody waits for a long queue of calls that time out.
 */
export function createKeyedQueue<Key>(
  mostMs = Number.POSITIVE_INFINITY,
): <T>(key: Key, work: () => Promise<T>) => Promise<T> {
  const last = new Map<Key, Promise<void>>()
  return async (key, work) => {
    const began = monotonic()
    const before = last.get(key)
    let end = () => {}
    const mine = new Promise<void>((resolve) => {
      end = resolve
    })
    last.set(key, mine)
    try {
      await before
      if (monotonic() - began > mostMs) throw new GraphUnavailable('busy')
      return await work()
    } finally {
      end()
      if (last.get(key) === mine) last.delete(key)
    }
  }
}
