// Stores the outcomes of deliveries in the graph, while the lease is held, so that any instance can continue.
import { createBatch } from '../graph/batch.ts'
import type { Graph } from '../graph/graph.ts'
import type { Queries } from '../graph/queries.ts'
import type { Outcome } from './send.ts'
import { type Webhook, webhookOf } from './store.ts'

/** Moves a webhook's place in the log; `status` is that of the delivery, null if there was none. */
export type Move = { id: bigint; from: bigint; to: bigint; status: number | null }

/** A delivery that failed. `disable`: the webhook is disabled instead of retried. */
export type Failure = {
  hook: Webhook
  outcome: { status: number | null; error: string }
  batchTo: bigint | null
  delayMs: number
  disable?: boolean
}

export type Progress = {
  /** Resolves with the new revision, or null if another instance or the app has changed the webhook, or the lease is not held. */
  moved(move: Move): Promise<bigint | null>
  /** Resolves with the updated webhook, or null as above. */
  failed(failure: Failure): Promise<Webhook | null>
}

/** The backoff: the delay before the next attempt, by the number of failures before. */
export const RETRY_MS = [5_000, 30_000, 300_000, 1_800_000, 3_600_000]

const DAY_MS = 86_400_000

export function createProgress(
  graph: Graph,
  queries: Queries,
  lease: { name: string; holder: string },
  keepDays: number,
): Progress {
  const leaseParams = { lease: lease.name, holder: lease.holder }
  const write = (name: string, params: Record<string, unknown>) =>
    graph.write(`webhooks/${name}`, queries.get(`webhooks/${name}`).statement, { ...leaseParams, ...params })
  const moves = createBatch<Move, bigint | null>({
    size: 100,
    inFlight: 1,
    waiting: 10_000,
    async run(rows) {
      const found = await write('delivered', {
        batch: { rows: rows.map((row) => ({ ...row, status: row.status && BigInt(row.status) })) },
      })
      const revisions = new Map(found.map(([id, revision]) => [id as bigint, revision as bigint]))
      return rows.map(({ id }) => revisions.get(id) ?? null)
    },
  })
  // Batched, because a receiver of many webhooks that does not answer fails all of them at the same time.
  const failures = createBatch<Failure, Webhook | null>({
    size: 100,
    inFlight: 1,
    waiting: 10_000,
    async run(rows) {
      const found = await write('failed', { batch: { rows: rows.map((row) => failedRow(row, keepDays)) } })
      const hooks = new Map(found.map(([properties]) => webhookOf(properties)).map((hook) => [hook.id, hook]))
      return rows.map(({ hook }) => hooks.get(hook.id) ?? null)
    },
  })
  return {
    moved: (move) => moves.add(move),
    failed: (failure) => failures.add(failure),
  }
}

function failedRow({ hook, outcome, batchTo, delayMs, disable = false }: Failure, keepDays: number) {
  return {
    id: hook.id,
    revision: hook.revision,
    status: outcome.status === null ? null : BigInt(outcome.status),
    error: outcome.error,
    disabled_error: disable
      ? outcome.error
      : `Disabled: nothing was delivered for as long as events are kept (${keepDays} days). The last try: ${outcome.error}`,
    batch_to: batchTo,
    delay: BigInt(delayMs),
    keep: BigInt(Math.ceil(keepDays * DAY_MS)),
    disable,
  }
}

/** The outcomes that a metric counts. */
export type Counted = Outcome['kind'] | 'disabled'
