// Warns of a Neo4j whose Java is set up so that all changes can stop for good.
import type { Graph } from '../graph/graph.ts'

const TIMEOUT_MS = 10_000
// More than the indexes that Neo4j samples at the same time: this service has 34.
const ENOUGH = 40
const PROCEDURES = "SHOW PROCEDURES EXECUTABLE YIELD name WHERE name = 'dbms.queryJmx' RETURN name"
/** Reads how many virtual threads Neo4j's Java runs at a time, from version 24 of Java on. */
export const PARALLELISM = `CALL dbms.queryJmx('jdk.management:type=VirtualThreadScheduler') YIELD attributes
RETURN attributes.Parallelism.value`

/**
 * Warns if Neo4j's Java runs so few virtual threads at a time that sampling of indexes can keep a commit waiting for ever
 * (docs/decisions/015). Does nothing where this user may not ask, or where Java is older than 24 and does not tell.
 */
export async function checkJava(
  graph: Pick<Graph, 'read'>,
  warn: (fields: object, message: string) => void,
  enough = ENOUGH,
): Promise<void> {
  const allowed = await graph.read('java/procedures', PROCEDURES, {}, TIMEOUT_MS)
  if (allowed.length === 0) return
  const [found] = await graph.read('java/parallelism', PARALLELISM, {}, TIMEOUT_MS)
  const parallelism = Number(found?.[0] ?? enough)
  if (parallelism >= enough) return
  warn(
    { parallelism },
    'this Neo4j can stop all changes until it is restarted: start its Java with -Djdk.virtualThreadScheduler.parallelism=256 (docs/operations.md)',
  )
}
