// Tracks which ids relationships of a kind have, so that no id of a file is used twice; see cypher/transfer/relations.cypher.
import type { Parts } from '../../parts.ts'
import type { RelationKind } from '../../relations/kinds.ts'
import { createIdSet } from '../id-set.ts'
import { highestAssigned } from '../sequence.ts'
import { relationPages } from '../walk.ts'

export type AssignedIds = {
  /** Reserves an id for the caller; false if another relationship has it. Says nothing about an id that is uncertain. */
  claim(id: bigint): boolean
  /** Whether another client has drawn the id since the ids were read: a relationship of this kind may have it, or one of another kind, or an event. */
  isUncertain(id: bigint): boolean
  /** The ids up to this one are tracked or uncertain; other clients may have drawn higher ones since. */
  readonly known: bigint
  /** Reports the sequence before and after a transaction of this import. Ids between `known` and `before` were drawn by other clients. */
  wrote(before: bigint, after: bigint): void
}

/** The ids of a graph that has no relationship of the kind yet; `add` records existing ones. */
export function assignedIds(sequence = 0n): AssignedIds & { add(id: bigint): void } {
  const set = createIdSet()
  // Intervals of ids that other clients have drawn, in ascending order.
  const others: { above: bigint; upTo: bigint }[] = []
  let known = sequence
  return {
    claim: (id) => set.add(id),
    add: (id) => void set.add(id),
    isUncertain(id) {
      // Finds the first interval that does not end below the id.
      let [first, end] = [0, others.length]
      while (first < end) {
        const middle = (first + end) >> 1
        if ((others[middle]?.upTo as bigint) < id) first = middle + 1
        else end = middle
      }
      const interval = others[first]
      return interval !== undefined && id > interval.above
    },
    get known() {
      return known
    },
    wrote(before, after) {
      if (before > known) others.push({ above: known, upTo: before })
      known = after
    },
  }
}

/** Reads the ids of all relationships of a kind: about two seconds for each million, and the memory of an id set. */
export async function readAssignedIds(parts: Parts, kind: RelationKind): Promise<AssignedIds> {
  // Read before the walk, so that ids drawn during the walk are above it.
  const assigned = assignedIds(await highestAssigned(parts))
  for await (const { ids } of relationPages(parts, kind))
    for (const id of ids) if (typeof id === 'bigint') assigned.add(id)
  return assigned
}
