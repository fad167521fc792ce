// Knows that Neo4j may cut a walk of an index short, how that is noticed, and how such a page is asked for again.
import { setTimeout as wait } from 'node:timers/promises'
import { GraphUnavailable } from '../graph/failures.ts'
import { newestFirst, perRow, type Query, turned, withoutReturn } from '../graph/queries.ts'

const TRIES = 20

/**
 * Neo4j (2026.08.1) ends a walk of an index at a relationship that is deleted already and not yet gone from the index: a list came
 * short while somebody unfollowed. So where a page is not full, the range behind its last row is looked at from the other
 * end: `beyond` is 1 where a row is there, which says that the page was cut (docs/decisions/009; test/faults/shortened).
 * @param scope the variables that the clause takes, among them `ids`, the page
 * @param last an expression of the last row's cursor, null of an empty page
 * @param of what stands for a parameter of the list
 */
export function lookBeyond(query: Query, scope: string, last: string, of: (name: string) => string): string {
  const [bound, other] = newestFirst(query) ? ['before', 'since'] : ['since', 'before']
  const values = Object.fromEntries(query.parameters.map((name) => [name, of(name)]))
  // A full page has an empty range, and not a condition in front of the walk: Neo4j may test that behind it, for each of ten million.
  const end = `CASE WHEN size(ids) < $limit THEN coalesce(${last}, ${of(bound)}) ELSE ${of(other)} END`
  const range = { ...values, limit: '1', [bound]: end }
  return `CALL (${scope}) { ${perRow(withoutReturn(turned(query)), range)}
  RETURN count(*) AS beyond }`
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
