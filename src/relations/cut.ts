// Knows that Neo4j may cut a walk of an index short, how that is noticed, and how such a page is asked for again.
import { setTimeout as wait } from 'node:timers/promises'
import { GraphUnavailable } from '../graph/failures.ts'
import { type Query, turned, withoutReturn } from '../graph/queries.ts'

const TRIES = 20

/**
 * Neo4j (2026.08.1) ends a walk of an index at a relationship that is deleted already and not yet gone from the index: a list came
 * short while somebody unfollowed. So where a page is not full, the range behind its last row is looked at from the other
 * end, by this body of a subquery: a row there says that the page was cut (docs/decisions/009; test/races/shortened).
 */
export const beyondTheLast = (query: Query): string =>
  `${withoutReturn(turned(query))}\n  RETURN count(*) AS beyond`

/** What `ask` answers, asked again as long as it was cut. Rejects with GraphUnavailable after twenty times, some 0.8 s. */
export async function uncut<Page>(ask: () => Promise<Page>, isCut: (page: Page) => boolean): Promise<Page> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const page = await ask()
    if (!isCut(page)) return page
    // A commit takes its relationships out of the index a moment after it deleted them.
    await wait(Math.min(50, 2 ** tries))
  }
  throw new GraphUnavailable('busy')
}
