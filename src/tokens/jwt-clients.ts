// The registered clients that JWTs name: looked up at most once in a few seconds, and not for each request.
import { LRUCache } from 'lru-cache'
import { monotonic } from '../clock.ts'
import type { Client, TokenStore } from './store.ts'

// The service itself never changes a client. After this time it finds one that was registered, or changed by Cypher, since.
const KEPT_MS = 5_000
const MAX_KEPT = 1_000

type Kept = { client: Promise<Client | null>; since: number }

/** Finds clients as `find` does; also that there is no such client is kept for a few seconds. A failure is not kept. */
export function keepClients(find: TokenStore['findClient']): TokenStore['findClient'] {
  const kept = new LRUCache<string, Kept>({ max: MAX_KEPT })
  return (clientId) => {
    const known = kept.get(clientId)
    if (known !== undefined && monotonic() - known.since < KEPT_MS) return known.client
    const found = { client: find(clientId), since: monotonic() }
    kept.set(clientId, found)
    found.client.catch(() => {
      if (kept.peek(clientId) === found) kept.delete(clientId)
    })
    return found.client
  }
}
