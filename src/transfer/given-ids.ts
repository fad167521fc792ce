// Knows which ids relationships of a kind have, so that an id of a file goes to one that nobody else has; see cypher/transfer/relations.cypher.
import type { Api } from '../api.ts'
import { createIdSet } from './audit-ids.ts'
import { relationPages } from './from-graph.ts'
import type { RelationKind } from './relation.ts'

export type GivenIds = {
  /** Takes the id for whoever asks; false where another has it, or may have it. */
  claim(id: bigint): boolean
  /** The highest id of which this knows whose it is; others may have been given since. */
  readonly known: bigint
  /** Told of a transaction of ours: the sequence as it stood at its begin and at its end. What stood above `known` is others'. */
  wrote(before: bigint, after: bigint): void
}

/** For a graph without any relationship of the kind. */
export function givenIds(sequence = 0n): GivenIds & { seen(id: bigint): void } {
  const set = createIdSet()
  const others: { above: bigint; upTo: bigint }[] = []
  let known = sequence
  return {
    claim: (id) => !others.some(({ above, upTo }) => id > above && id <= upTo) && set.add(id),
    seen: (id) => void set.add(id),
    get known() {
      return known
    },
    wrote(before, after) {
      if (before > known) others.push({ above: known, upTo: before })
      known = after
    },
  }
}

/** The sequence: the highest id that was given to any relationship. */
export async function highestGiven(api: Api): Promise<bigint> {
  const [row] = await api.graph.read('transfer/sequence', api.queries.get('audit/sequence').statement)
  return row?.[0] as bigint
}

/** Walks all relationships of a kind, a million in about two seconds; an eighth of a megabyte for each million. */
export async function readGivenIds(api: Api, kind: RelationKind): Promise<GivenIds> {
  // Read before the walk: what is given during it is above this.
  const given = givenIds(await highestGiven(api))
  for await (const { ids } of relationPages(api, kind))
    for (const id of ids) if (typeof id === 'bigint') given.seen(id)
  return given
}
