// Checks linearizability by brute force: whether the answers that clients got about one pair can be explained by some order of the operations.

/** What one client did to a pair. `end` null: the outcome is unknown, it may still happen at any later time. */
export type Operation = {
  kind: 'follow' | 'unfollow' | 'read'
  begin: number
  end: number | null
  /** What was seen: following or not, and the pagination id where the answer shows it. */
  seen?: { following: boolean; id?: string | undefined }
}

type State = { following: boolean; id: string | undefined; past: Set<string> }

/**
 * Null if the history is linearizable, else the operations (sorted) that no order explains. A follow that stands keeps
 * its id; one made anew must have an id that no earlier follow of the pair had.
 */
export function violation(history: Operation[]): Operation[] | null {
  const operations = [...history].sort((a, b) => a.begin - b.begin)
  const failed = new Set<string>()

  function search(left: Operation[], state: State): boolean {
    if (left.every((one) => one.end === null)) return true
    const key = [left.map((one) => operations.indexOf(one)), state.following, state.id, ...state.past].join(
      ' ',
    )
    if (failed.has(key)) return false
    // An operation can come next only if it began before any remaining one ended.
    const first = Math.min(...left.map((one) => one.end ?? Number.POSITIVE_INFINITY))
    for (const one of left) {
      if (one.begin > first) break
      const next = apply(state, one)
      if (
        next !== null &&
        search(
          left.filter((other) => other !== one),
          next,
        )
      )
        return true
      // An operation with an unknown outcome may also have changed nothing.
      if (
        one.end === null &&
        search(
          left.filter((other) => other !== one),
          state,
        )
      )
        return true
    }
    failed.add(key)
    return false
  }
  return search(operations, { following: false, id: undefined, past: new Set() }) ? null : operations
}

function apply(state: State, { kind, seen }: Operation): State | null {
  if (kind === 'unfollow') return { following: false, id: undefined, past: pastOf(state) }
  if (kind === 'follow') return state.following ? state : { following: true, id: undefined, past: state.past }
  if (seen === undefined) return state
  if (seen.following !== state.following) return null
  if (!seen.following || seen.id === undefined) return state
  if (state.id !== undefined) return state.id === seen.id ? state : null
  return state.past.has(seen.id) ? null : { ...state, id: seen.id }
}

const pastOf = ({ id, past }: State): Set<string> => (id === undefined ? past : new Set([...past, id]))
