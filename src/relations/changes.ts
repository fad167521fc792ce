// Commits changes of relations (follow, mute, block and their ends) in batches: changes that arrive during a transaction go into the next one.
import { monotonic } from '../clock.ts'
import { type Batch, createBatch } from '../graph/batch.ts'
import { GraphUnavailable } from '../graph/failures.ts'
import { type Graph, REQUEST_TIMEOUT_MS, type Row, type Step } from '../graph/graph.ts'
import { loggedRows } from '../graph/log-entry.ts'
import { perRow, type Queries } from '../graph/queries.ts'
import {
  type Item,
  itemExpression,
  restrictionsExpression,
  viewerFlagsExpression,
  withViewerFlags,
} from '../users/item.ts'
import type { Link } from '../users/mentions.ts'
import { RELATION_KINDS, type RelationKind } from './kinds.ts'

/**
 * The kinds, in the order in which they run inside one transaction. Concurrent requests have no order among themselves, so any order
 * is right for them; a bulk request (POST follows) needs its follows before its unfollows.
 */
export const CHANGE_KINDS = RELATION_KINDS.flatMap((kind): readonly ChangeKind[] => kind.changes)
export type ChangeKind = RelationKind['changes'][number]

/** The result of a change; `done` also for a follow that became a request. All but `done` left the graph unchanged. */
export type Verdict =
  | 'done'
  | 'unauthorized'
  | 'not-found'
  | 'self-follow'
  | 'blocked'
  | 'bot-rule'
  | 'follow-limit'
  | 'not-requested'

/** A requested change. `targetId` is null if there is no such user (an unknown username). */
export type Change = {
  kind: ChangeKind
  viewerId: bigint
  targetId: bigint | null
  maxFollowing: bigint | null
  /** The app that asks; a request keeps it, because its limit counts when the request is accepted. */
  clientId?: string
  /** Whether the outcome's item has the target's annotations; false by default. */
  annotations?: boolean
}

/** The verdict, the target as the viewer sees it after the transaction (meaningful only if the verdict is `done`), and the viewer's type. */
export type Outcome = { verdict: Verdict; item: Item | null; viewerType: string }

export type Changes = {
  /**
   * Commits all changes of one request in one transaction; returns an outcome per change, in the same order. Once `until` is over (on the
   * monotonic clock) nothing is queued: the caller was answered 503, and a late change could undo one that was acknowledged since.
   */
  commit(changes: Change[], until?: number): Promise<Outcome[]>
  readonly waiting: number
  drain(): Promise<void>
}

// Whether the viewer follows the target after these changes, as a list of ids: it need not be read, because items are shown only if the
// verdict is `done`.
const FOLLOWED: Partial<Record<ChangeKind, string>> = {
  follow: "CASE verdict WHEN 'requested' THEN [] ELSE [row.target_id] END",
  unfollow: '[]',
}

// A repeat of these has another answer: where the first one was done, nothing waits any more. The others answer as if they had been done now.
const ONCE: readonly ChangeKind[] = ['accept-request', 'refuse-request']
// A request has only such changes, or none.
const isOnce = ([first]: { kind: ChangeKind }[]): boolean => first !== undefined && ONCE.includes(first.kind)

/** The file of a change under cypher/changes/. */
export const fileOf = (kind: ChangeKind): string => (kind === 'accept-request' ? 'follow' : kind)

// Accepting a request is target's follow of viewer, under the rules of the same file: the two are exchanged.
function bodyOf(queries: Queries, kind: ChangeKind): string {
  const { statement } = queries.get(`changes/${fileOf(kind)}`)
  const keep = { id: 'next_id', now: 'now' }
  if (kind !== 'accept-request') return perRow(statement, { ...keep, accepts: 'false' })
  const exchanged = { ...keep, accepts: 'true', viewer_id: 'row.target_id', target_id: 'row.viewer_id' }
  return `CALL (row, next_id, now) { ${perRow(statement, exchanged)} }
  RETURN verdict, target AS viewer, viewer AS target, events`
}

/** The statement that runs many changes of one kind under the lock of all writers, with their part of the log's entry. */
export function changeStatement(queries: Queries, kind: ChangeKind): string {
  const body = bodyOf(queries, kind)
  const answer = `WITH n, row, verdict, target AS user,
  CASE WHEN viewer IS NOT NULL THEN coalesce(viewer.type, 'human') END AS viewer_type, ${restrictionsExpression} AS restrictions
RETURN n, verdict, viewer_type, CASE WHEN user IS NULL THEN null ELSE ${itemExpression} END AS item,
  ${viewerFlagsExpression(true, '[row.target_id]', FOLLOWED[kind])} AS flags`
  return loggedRows(body, ['verdict', 'viewer', 'target', 'events'], answer)
}

/**
 * Each process has one writer at a time; the lock on the sequence node makes that one per graph. `maxFollowing` is the limit for apps that
 * have none of their own. `observe` is called with the number of requests in each batch.
 */
export function createChanges(
  graph: Pick<Graph, 'write' | 'transaction' | 'planned'>,
  queries: Queries,
  link: Link,
  maxFollowing: bigint | null,
  observe?: (changes: number) => void,
): Changes {
  const statements = new Map(CHANGE_KINDS.map((kind) => [kind, changeStatement(queries, kind)]))

  const parameters = (change: Change) => ({
    viewer_id: change.viewerId,
    // No user has the id 0 (users/reference.ts), so the verdict is not-found.
    target_id: change.targetId ?? 0n,
    // The limit of the user who accepts a request does not apply to the user who made it.
    max_following: change.kind === 'accept-request' ? maxFollowing : change.maxFollowing,
    client_id: change.clientId ?? null,
  })

  const kindsOf = (changes: Change[]) =>
    CHANGE_KINDS.filter((kind) => changes.some((change) => change.kind === kind))
  const nameOf = (kinds: ChangeKind[]) => `changes/${kinds.length === 1 ? kinds[0] : 'mixed'}`

  async function run(requests: Change[][], leftMs: number): Promise<Outcome[][]> {
    const all = requests.flat()
    const outcomes: Outcome[] = new Array(all.length)
    const annotations = all.some((change) => change.annotations === true)
    const kinds = kindsOf(all)
    const steps = kinds.map((kind, index) => {
      const places = all.flatMap((change, place) => (change.kind === kind ? [place] : []))
      const rows = places.map((place) => parameters(all[place] as Change))
      const batch = { rows, annotations, begins: index === 0 }
      return { places, step: { text: statements.get(kind) as string, params: { batch } } }
    })
    const results = await send(
      nameOf(kinds),
      steps.map(({ step }) => step),
      leftMs,
      isOnce(all),
    )
    for (const [index, rows] of results.entries()) {
      const { places } = steps[index] as { places: number[] }
      for (const [n, verdict, type, item, flags] of rows) {
        if (item !== null) withViewerFlags([item as Item], flags)
        outcomes[places[Number(n)] as number] = {
          verdict: type === null ? 'unauthorized' : verdict === 'requested' ? 'done' : (verdict as Verdict),
          item: item as Item | null,
          viewerType: typeof type === 'string' ? type : 'human',
        }
      }
    }
    return perRequest(requests, outcomes)
  }

  function send(name: string, steps: Step[], leftMs: number, once: boolean): Promise<Row[][]> {
    const [first] = steps
    return steps.length === 1 && first !== undefined
      ? graph.write(name, first.text, first.params, leftMs, once).then((rows) => [rows])
      : graph.transaction(name, steps, leftMs, once)
  }

  // More than 256 per transaction adds latency and no throughput (npm run bench -- follow).
  const batch: Batch<Change[], Outcome[]> = createBatch({
    run,
    size: 256,
    inFlight: 1,
    halves: true,
    waiting: 2_000,
    weight: (changes) => changes.length,
    // So that the other changes are still retried.
    key: (changes) => String(isOnce(changes)),
    ...(observe === undefined ? {} : { observe }),
  })
  return {
    async commit(changes, until = Number.POSITIVE_INFINITY) {
      if (changes.length === 0) return []
      const since = monotonic()
      // Here and not in a batch: all changes of the batch, and all that come after it, would wait for the plan of one.
      const kinds = kindsOf(changes)
      const texts = kinds.map((kind) => statements.get(kind) as string)
      await graph.planned(nameOf(kinds), texts, REQUEST_TIMEOUT_MS)
      if (monotonic() >= until) throw new GraphUnavailable('slow')
      const outcomes = await batch.add(changes, since)
      return link(
        outcomes.map(({ item }) => item),
        outcomes,
      )
    },
    get waiting() {
      return batch.length
    },
    drain: () => batch.drain(),
  }
}

/** Splits the outcomes of all changes into those of each request. */
function perRequest(requests: Change[][], outcomes: Outcome[]): Outcome[][] {
  let start = 0
  return requests.map((changes) => {
    const own = outcomes.slice(start, start + changes.length)
    start += changes.length
    return own
  })
}
