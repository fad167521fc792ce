// Knows what stands between one user and up to 200 others: GET relationships, all pairs in one query.
import type { Api } from '../api.ts'
import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import { perRow, type Queries, type Query } from '../graph/queries.ts'
import type { Answer } from '../http/answer.ts'
import type { Call } from '../http/call.ts'
import { badRequest } from '../http/errors.ts'
import { single } from '../http/params.ts'
import { referencesOf } from '../users/handlers.ts'
import { isoSeconds } from '../users/profile.ts'
import { parseReference } from '../users/reference.ts'
import { viewerOf } from '../users/show.ts'
import { noSuchUser } from '../users/users.ts'
import { canFollow } from '../users/view.ts'

/** A target as the graph is asked for it; null names nobody. */
export type Target = { id: bigint } | { username: string } | null

/** What was found of one target that is a user: dates are seconds since 1970; the last three only where asked for. */
type Found = {
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

/** `GET relationships?source=me&targets=2,@bo`: in the order asked, a target that names nobody in its place. */
export async function showRelationships(api: Api, call: Call): Promise<Answer> {
  const source = single(call.query, 'source')
  if (source === undefined || source === '') {
    throw badRequest('the parameter source is missing; send an id, a @username or me.')
  }
  const names = referencesOf(call.query.getAll('targets'), 'targets')
  const sourceId = await api.users.resolve(source, call.token)
  const targets = await Promise.all(names.map((text) => targetOf(api, call, text)))
  const viewer = viewerOf(call)
  const own = viewer !== null && viewer.id === sourceId
  const found = await api.relationships.between(sourceId, targets, own)
  if (found === null) throw noSuchUser()
  return { data: names.map((target, place) => shown(target, found[place] ?? null, own ? viewer : null)) }
}

async function targetOf(api: Api, call: Call, text: string): Promise<Target> {
  const reference = parseReference(text)
  return reference === 'me' ? { id: await api.users.resolve(text, call.token) } : reference
}

function shown(target: string, found: Found | null, viewer: { id: bigint; type: string } | null) {
  if (found === null) return { target, found: false }
  const { id, username, following, followedBy, followedAt, followedByAt, muted, blocked, blockedBy } = found
  const relation = {
    youFollow: following,
    followsYou: followedBy,
    youMuted: muted,
    youBlocked: blocked,
    blocksYou: blockedBy,
  }
  return {
    target,
    id: String(id),
    username: username ?? `u${id}`,
    following,
    followed_by: followedBy,
    followed_at: isoSeconds(followedAt) ?? null,
    followed_by_at: isoSeconds(followedByAt) ?? null,
    ...(viewer === null ? {} : { muted, blocked, can_follow: canFollow(viewer, String(id), relation) }),
  }
}
