// Reads what stands between one user and up to 200 others, all pairs in one query.

import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import { perRow, type Queries, type Query } from '../graph/queries.ts'

/** A target as the graph is asked for it; null names nobody. */
export type Target = { id: bigint } | { username: string } | null

/** What was found of one target that is a user: dates are seconds since 1970; the last three only where asked for. */
export type Found = {
  id: bigint
  username: string | null
  following: boolean
  followedBy: boolean
  followedAt: bigint | null
  followedByAt: bigint | null
  muted: boolean
  blocked: boolean
  blockedBy: boolean
}

/** The statement's columns behind `source_known`. */
type Columns = [
  targets: [id: bigint, username: string | null, key: string | null][],
  following: Dated[],
  followedBy: Dated[],
  muted: bigint[] | null,
  blocked: bigint[] | null,
  blockedBy: bigint[] | null,
]
type Dated = [id: bigint, at: bigint | null]

export type Relationships = {
  /**
   * One entry a target, in the order given, null for one that names nobody; null as a whole where there is no such source.
   * `own`: mutes and blocks too.
   */
  between(sourceId: bigint, targets: Target[], own: boolean): Promise<(Found | null)[] | null>
}

type Wish = { sourceId: bigint; targets: Target[]; own: boolean }

/** The statement that answers several requests at once. */
export function relationshipsStatement(query: Query): string {
  return `UNWIND $batch.rows AS row
CALL (row) { ${perRow(query.statement)} }
RETURN row.n AS n, ${[...query.columns.keys()].join(', ')}`
}

export function createRelationships(graph: Graph, queries: Queries): Relationships {
  const text = relationshipsStatement(queries.get('relations/relationships'))
  const batch: Batch<Wish, (Found | null)[] | null> = createBatch({
    size: 200,
    inFlight: 4,
    waiting: 2_000,
    weight: ({ targets }) => targets.length,
    async run(wishes, leftMs) {
      const rows = wishes.map(({ sourceId, targets, own }, n) => ({
        n: BigInt(n),
        source_id: sourceId,
        ids: targets.flatMap((target) => (target !== null && 'id' in target ? target.id : [])),
        usernames: targets.flatMap((target) =>
          target !== null && 'username' in target ? target.username : [],
        ),
        own,
      }))
      const results: ((Found | null)[] | null)[] = new Array(wishes.length).fill(null)
      for (const [n, known, ...columns] of await graph.read(
        'relations/relationships',
        text,
        { batch: { rows } },
        leftMs,
      )) {
        const place = Number(n)
        if (known === true) results[place] = foundOf((wishes[place] as Wish).targets, columns as Columns)
      }
      return results
    },
  })
  return { between: (sourceId, targets, own) => batch.add({ sourceId, targets, own }) }
}

function foundOf(targets: Target[], columns: Columns): (Found | null)[] {
  const [users, following, followedBy, ...apart] = columns
  const [dates, datesBack] = [new Map(following), new Map(followedBy)]
  const [muted, blocked, blockedBy] = apart.map((ids) => new Set(ids)) as [Ids, Ids, Ids]
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
    }
  })
}
type Ids = Set<bigint>
