// Reads the relationships between one user and up to 200 others, all pairs in one query.

import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import { perRow, type Queries, type Query } from '../graph/queries.ts'

/** How a request names a target; null if it cannot be the name of a user. */
export type Target = { id: bigint } | { username: string } | null

/** The relationships of the source with one target. Dates are seconds since 1970. The last five are false unless `own` was requested. */
export type Relationship = {
  id: bigint
  username: string | null
  following: boolean
  followedBy: boolean
  followedAt: bigint | null
  followedByAt: bigint | null
  muted: boolean
  blocked: boolean
  blockedBy: boolean
  requested: boolean
  requestedBy: boolean
}

/** The statement's columns after `source_known`. */
type Columns = [
  targets: [id: bigint, username: string | null, key: string | null][],
  following: Dated[],
  followedBy: Dated[],
  muted: bigint[] | null,
  blocked: bigint[] | null,
  blockedBy: bigint[] | null,
  requested: bigint[] | null,
  requestedBy: bigint[] | null,
]
type Dated = [id: bigint, at: bigint | null]

export type Relationships = {
  /**
   * One entry per target, in the order given; null for a target that does not exist. The whole result is null if the source does not
   * exist. `own`: mutes, blocks and requests too.
   */
  between(sourceId: bigint, targets: Target[], own: boolean): Promise<(Relationship | null)[] | null>
}

type RelationshipsRequest = { sourceId: bigint; targets: Target[]; own: boolean }

/** The statement that answers several requests at once. */
export function relationshipsStatement(query: Query): string {
  return `UNWIND $batch.rows AS row
CALL (row) { ${perRow(query.statement)} }
RETURN row.n AS n, ${[...query.columns.keys()].join(', ')}`
}

export function createRelationships(graph: Graph, queries: Queries): Relationships {
  const text = relationshipsStatement(queries.get('relations/relationships'))
  const batch: Batch<RelationshipsRequest, (Relationship | null)[] | null> = createBatch({
    size: 200,
    inFlight: 4,
    waiting: 2_000,
    weight: ({ targets }) => targets.length,
    async run(requests, leftMs) {
      const rows = requests.map(({ sourceId, targets, own }, n) => ({
        n: BigInt(n),
        source_id: sourceId,
        ids: targets.flatMap((target) => (target !== null && 'id' in target ? target.id : [])),
        usernames: targets.flatMap((target) =>
          target !== null && 'username' in target ? target.username : [],
        ),
        own,
      }))
      const results: ((Relationship | null)[] | null)[] = new Array(requests.length).fill(null)
      for (const [n, known, ...columns] of await graph.read(
        'relations/relationships',
        text,
        { batch: { rows } },
        leftMs,
      )) {
        const place = Number(n)
        if (known === true)
          results[place] = relationshipsOf(
            (requests[place] as RelationshipsRequest).targets,
            columns as Columns,
          )
      }
      return results
    },
  })
  return { between: (sourceId, targets, own) => batch.add({ sourceId, targets, own }) }
}

function relationshipsOf(targets: Target[], columns: Columns): (Relationship | null)[] {
  const [users, following, followedBy, ...idLists] = columns
  const [dates, datesBack] = [new Map(following), new Map(followedBy)]
  const [muted, blocked, blockedBy, requested, requestedBy] = idLists.map((ids) => new Set(ids)) as Five<Ids>
  const byId = new Map(users.map((user) => [user[0], user]))
  const byKey = new Map(users.map((user) => [user[2], user]))
  return targets.map((target) => {
    const user =
      target === null ? undefined : 'id' in target ? byId.get(target.id) : byKey.get(target.username)
    if (user === undefined) return null
    const [id, username] = user
    return {
      id,
      username,
      following: dates.has(id),
      followedBy: datesBack.has(id),
      followedAt: dates.get(id) ?? null,
      followedByAt: datesBack.get(id) ?? null,
      muted: muted.has(id),
      blocked: blocked.has(id),
      blockedBy: blockedBy.has(id),
      requested: requested.has(id),
      requestedBy: requestedBy.has(id),
    }
  })
}
type Ids = Set<bigint>
type Five<T> = [T, T, T, T, T]
