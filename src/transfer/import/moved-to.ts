// Tells, after an import of users, whose `moved_to` names nobody: a file may name users who come later, or never.
import type { Parts } from '../../parts.ts'
import { WALK_MS } from '../timeouts.ts'

// So many users are named; the others are counted.
const NAMED = 5

/** The graph is asked as `audit` asks it, so that users whom an earlier import left so are told again. */
export async function sayWhoMovedToNobody(parts: Parts, say: (line: string) => void): Promise<void> {
  const { statement } = parts.queries.get('audit/moved-to')
  const found = await parts.graph.read('audit/moved-to', statement, {}, WALK_MS)
  if (found.length === 0) return
  const named = found.slice(0, NAMED).map(([id, to]) => `user ${id} (${to})`)
  const more = found.length > NAMED ? ` and ${found.length - NAMED} more` : ''
  say(
    `moved_to names no other user for ${named.join(', ')}${more}: import the missing users, or remove it with audit --repair.`,
  )
}
