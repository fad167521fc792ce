// Finishes deletions that a request has left unfinished, because it was answered 503 or its process has died.
import type { Accounts } from './accounts.ts'

/**
 * Returns a function that is called from time to time. It finishes the deletions of which as much is left as at its last call: those that are in
 * progress, here or at another instance, have less left. A call while an earlier one goes on does nothing.
 */
export function createRemovalResumption(
  accounts: Pick<Accounts, 'unfinishedRemovals' | 'resumeRemovals'>,
): () => Promise<void> {
  let before = new Map<bigint, bigint>()
  let running = false
  return async () => {
    if (running) return
    running = true
    try {
      const unfinished = await accounts.unfinishedRemovals()
      const abandoned = [...unfinished].filter(([id, left]) => before.get(id) === left).map(([id]) => id)
      before = unfinished
      if (abandoned.length > 0) await accounts.resumeRemovals(new Set(abandoned))
    } finally {
      running = false
    }
  }
}
