// Knows that Neo4j may cut a walk of an index short, how that is noticed, and how such a page is asked for again.
import { setTimeout as wait } from 'node:timers/promises'
import { GraphUnavailable } from '../graph/failures.ts'
import { newestFirst, perRow, type Query, turned, withoutReturn } from '../graph/queries.ts'

const TRIES = 20

/**
 * Neo4j (2026.08.1) ends a walk of an index at a relationship that is deleted already and not yet gone from the index: a list came
 * short while somebody unfollowed. So where a page is not full, the range behind its last row is looked at from the other
 * end: the Cypher expression is 1 where a row is there, which says that the page was cut (docs/decisions/009; test/faults/shortened).
 * It needs a variable `ids`, the page, and looks only where that is short.
 * @param last an expression of the last row's cursor, null of an empty page
 * @param of what stands for a parameter of the list
 */
export function lookBeyond(query: Query, last: string, of: (name: string) => string): string {
  const bound = newestFirst(query) ? 'before' : 'since'
  const values = Object.fromEntries(query.parameters.map((name) => [name, of(name)]))
  const range = { ...values, limit: '1', [bound]: `coalesce(${last}, ${of(bound)})` }
  return `CASE WHEN size(ids) < $limit THEN COUNT { ${perRow(withoutReturn(turned(query)), range)}
  RETURN 1 AS one } ELSE 0 END`
}

/** What `ask` answers, asked again as long as it was cut. Rejects with GraphUnavailable after twenty times, some 0.8 s. */
export async function uncut<Page extends { cut: boolean } | null>(
  ask: () => Promise<Page>,
  isCut = (page: Page) => page?.cut === true,
): Promise<Page> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const page = await ask()
    if (!isCut(page)) return page
    // A commit takes its relationships out of the index a moment after it deleted them.
    await wait(Math.min(50, 2 ** tries))
  }
  throw new GraphUnavailable('busy')
}
