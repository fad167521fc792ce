// Finishes deletions that a request has left unfinished, because it was answered 503 or its process has died.
import type { Accounts } from './accounts.ts'

/**
 * Returns a function that is called from time to time. It finishes the deletions that were unfinished at its last call, too: others may be
 * in progress. A call while an earlier one goes on does nothing.
 */
export function createRemovalResumption(
  accounts: Pick<Accounts, 'unfinishedRemovals' | 'resumeRemovals'>,
): () => Promise<void> {
  let before = new Set<bigint>()
  let running = false
  return async () => {
    if (running) return
    running = true
    try {
      const unfinished = new Set(await accounts.unfinishedRemovals())
      const abandoned = new Set([...unfinished].filter((id) => before.has(id)))
      before = unfinished
      if (abandoned.size > 0) await accounts.resumeRemovals(abandoned)
    } finally {
      running = false
    }
  }
}
