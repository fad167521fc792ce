// Knows how changes of relations are committed: whatever arrives while one transaction runs goes into the next one.
import { type Batch, createBatch } from '../graph/batch.ts'
import type { Graph, Row, Step } from '../graph/graph.ts'
import { perRow, type Queries } from '../graph/queries.ts'
import { type Claims, type Proof, provenExpression } from '../tokens/recall.ts'
import { apartExpression, type Item, itemExpression, seen, sightExpression } from '../users/item.ts'
import type { Link } from '../users/mentions.ts'

/**
 * The kinds, in the order in which they run inside one transaction. Requests that are in flight together have no order
 * of their own, so any is right; a bulk request wants its follows before its unfollows.
 */
export const CHANGE_KINDS = [
  'follow',
  'unfollow',
  'remove-follower',
  'mute',
  'unmute',
  'block',
  'unblock',
] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

/** What a change came to. All but `done` left the graph as it was; `unproven` may not be answered, its proof does not hold. */
export type Verdict =
  | 'done'
  | 'unproven'
  | 'unauthorized'
  | 'not-found'
  | 'self-follow'
  | 'blocked'
  | 'bot-rule'
  | 'follow-limit'

/** One wish; `targetId` null names nobody (a username that is not taken). */
export type Change = {
  kind: ChangeKind
  viewerId: bigint
  targetId: bigint | null
  maxFollowing: bigint | null
  /** Whether the answer shows the target's annotations; not by default. */
  annotations?: boolean
  /** The token by which the change is wished, where it is not looked up: nothing is made unless the graph says that it holds. */
  proof?: Proof | null
}

/** A change that was committed, whether it made or ended a follow, and the id of the relationship that it made if it did. */
export type Done = Change & { id: bigint; made: boolean }

/** The verdict, the target as the viewer sees it after the transaction where that is `done` (null where there is no such user), and the viewer's type. */
export type Outcome = { verdict: Verdict; item: Item | null; viewerType: string }

const UNPROVEN: Outcome = { verdict: 'unproven', item: null, viewerType: 'human' }

export type Changes = {
  /** Commits all changes of one request in one transaction; an outcome each, in the order given. */
  commit(changes: Change[]): Promise<Outcome[]>
  readonly waiting: number
  drain(): Promise<void>
}

// Whom the viewer follows of the target after a change that is `done`, where that need not be asked; of others no item is shown.
const FOLLOWED: Partial<Record<ChangeKind, string>> = { follow: '[row.target_id]', unfollow: '[]' }

/**
 * The statement that runs many changes of one kind; the sequence is written first: it is the lock of all writers. `lock` takes it as
 * a whole: a property set from its own value has half of it in hand while it waits for the other, and writers of two statements met
 * in deadlocks (467 of 900 transactions of three writers, 1.7 s instead of 8.5 without: test/redis/instances; decision 001).
 */
export function changeStatement(queries: Queries, kind: ChangeKind): string {
  const body = perRow(queries.get(`changes/${kind}`).statement, { id: 'next_id', now: 'now' })
  return `MERGE (sequence:Sequence {name: 'relations'})
SET sequence.lock = true
SET sequence.value = coalesce(sequence.value, 0) + size($batch.rows), sequence.era = coalesce(sequence.era, timestamp())
WITH sequence.value - size($batch.rows) AS base, datetime.truncate('second') AS now, ${provenExpression} AS proven
UNWIND CASE WHEN proven THEN range(0, size($batch.rows) - 1) ELSE [] END AS n
WITH n, $batch.rows[n] AS row, base + n + 1 AS next_id, now
CALL (row, next_id, now) { ${body} }
WITH n, row, next_id, verdict, target AS user,
  CASE WHEN viewer IS NOT NULL THEN coalesce(viewer.type, 'human') END AS viewer_type, ${apartExpression} AS apart
RETURN n, next_id, verdict, viewer_type, CASE WHEN user IS NULL THEN null ELSE ${itemExpression} END AS item,
  ${sightExpression(true, '[row.target_id]', { followed: FOLLOWED[kind] })} AS sight`
}

/** One writer a process; the sequence node makes it one writer a graph. `size`: changes in one transaction. */
export function createChanges(
  graph: Graph,
  queries: Queries,
  link: Link,
  options: {
    /** Told how many changes each transaction carried. */
    observe?: ((changes: number) => void) | undefined
    /** Told of a transaction's changes before it is sent; what it gives is told when it is over: what was done, in that order, or null if that is not known. */
    changing?: ((changes: Change[]) => (done: Done[] | null) => void) | undefined
  } = {},
): Changes {
  const statements = new Map(CHANGE_KINDS.map((kind) => [kind, changeStatement(queries, kind)]))

  /** One outcome a change; null where a token is not what it was taken for, and then nothing was made. */
  async function attempt(all: Change[], leftMs: number): Promise<Outcome[] | null> {
    const outcomes: Outcome[] = new Array(all.length)
    const annotations = all.some((change) => change.annotations === true)
    const kinds = CHANGE_KINDS.filter((kind) => all.some((change) => change.kind === kind))
    const steps = kinds.map((kind, index) => {
      const places = all.flatMap((change, place) => (change.kind === kind ? [place] : []))
      const rows = places.map((place) => parameters(all[place] as Change))
      // The first statement answers for all: it has the lock.
      const batch = { rows, annotations, ...claimsOf(index === 0 ? all : []) }
      return { places, step: { text: statements.get(kind) as string, params: { batch } } }
    })
    const over = options.changing?.(all)
    let done: Done[] | null = null
    try {
      const results = await sent(
        `changes/${kinds.length === 1 ? kinds[0] : 'mixed'}`,
        steps.map(({ step }) => step),
        leftMs,
      )
      // What was undone is no transaction of ours.
      if (!isProven(results)) return null
      done = results.flatMap((rows, index) => {
        const { places } = steps[index] as { places: number[] }
        return rows.map(([n, id, verdict, type, item, sight]): Done => {
          if (item !== null) seen([item as Item], sight)
          const place = places[Number(n)] as number
          const made = verdict === 'made'
          outcomes[place] = {
            verdict: type === null ? 'unauthorized' : made ? 'done' : (verdict as Verdict),
            item: item as Item | null,
            viewerType: typeof type === 'string' ? type : 'human',
          }
          return { ...(all[place] as Change), id: id as bigint, made }
        })
      })
      for (const { proof } of all) proof?.accept()
      return outcomes
    } finally {
      over?.(done)
    }
  }

  function sent(name: string, steps: Step[], leftMs: number): Promise<Row[][]> {
    const [first] = steps
    return steps.length === 1 && first !== undefined
      ? graph.write(name, first.text, first.params, leftMs).then((rows) => [rows])
      : graph.transaction(name, steps, leftMs, isProven)
  }

  async function run(requests: Change[][], leftMs: number): Promise<Outcome[][]> {
    const until = performance.now() + leftMs
    const outcomes = await attempt(requests.flat(), leftMs)
    if (outcomes !== null) return shared(requests, outcomes)
    // Those whose tokens were looked up go again; the others look theirs up and come back.
    const sure = requests.filter((changes) => changes.every(({ proof }) => proof == null))
    const again = sure.length === 0 ? [] : await attempt(sure.flat(), Math.max(1, until - performance.now()))
    const made = new Map(shared(sure, again ?? []).map((own, index) => [sure[index], own]))
    return requests.map((changes) => made.get(changes) ?? changes.map(() => UNPROVEN))
  }

  // 256 a transaction: more adds latency and no throughput (bench: npm run bench -- follow).
  const batch: Batch<Change[], Outcome[]> = createBatch({
    run,
    size: 256,
    inFlight: 1,
    halves: true,
    waiting: 2_000,
    weight: (changes) => changes.length,
    ...(options.observe === undefined ? {} : { observe: options.observe }),
  })
  return {
    async commit(changes) {
      if (changes.length === 0) return []
      const outcomes = await batch.add(changes)
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

/** Each request's own outcomes, of those of all in their order. */
function shared(requests: Change[][], outcomes: Outcome[]): Outcome[][] {
  let start = 0
  return requests.map((changes) => {
    const own = outcomes.slice(start, start + changes.length)
    start += changes.length
    return own
  })
}

// A statement whose claims do not hold has no row.
const isProven = ([first]: Row[][]): boolean => first !== undefined && first.length > 0

/** What is claimed of the tokens that were not looked up, each once. */
function claimsOf(changes: Change[]) {
  const tokens = new Map<string, Claims['token']>()
  const clients = new Map<string, Claims['client']>()
  for (const { proof } of changes) {
    if (proof == null) continue
    const { token, client } = proof.claims
    // By all of it: of two that claim different things of one token not both may hold.
    tokens.set(Object.values(token).join(' '), token)
    clients.set(`${client.client_id} ${client.max_following}`, client)
  }
  return { tokens: [...tokens.values()], clients: [...clients.values()] }
}

const parameters = (change: Change) => ({
  viewer_id: change.viewerId,
  // No user has id 0 (see users/reference.ts), so this one is not found.
  target_id: change.targetId ?? 0n,
  max_following: change.maxFollowing,
})
