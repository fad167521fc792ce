import type { Parts } from '../parts.ts'
import { WALK_MS } from './timeouts.ts'

/** The value of the sequence: the highest id that any relationship was given. */
export async function highestAssigned(parts: Parts): Promise<bigint> {
  const { statement } = parts.queries.get('audit/sequence')
  const [row] = await parts.graph.read('transfer/sequence', statement, {}, WALK_MS)
  return row?.[0] as bigint
}
