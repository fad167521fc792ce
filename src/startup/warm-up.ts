// Runs page reads and follows on a Neo4j that was just started, while there are no requests, so that Java has compiled its code before the
// first ones arrive.

import { monotonic, wait } from '../clock.ts'
import { REQUEST_TIMEOUT_MS } from '../graph/graph.ts'
import type { Parts } from '../parts.ts'
import { changeStatement } from '../relations/changes.ts'
import { keepNewSpaceSmall } from '../relations/heap.ts'
import { MAX_CURSOR } from '../relations/page.ts'
import { PAGE_COLUMNS, pageStatement } from '../relations/page-statement.ts'

// A smaller graph is probably a trial or a test, which needs the processor itself.
const FEWEST_FOLLOWS = 100_000
const SAMPLE = 2_000
const LANES = 2
const PAUSE_MS = 20
const TIMEOUT_MS = 10_000

/**
 * Reads pages of users drawn from the graph, and makes follows that are rolled back, for this many seconds in all, and only while there are no
 * other requests. Java compiles code that it runs often, and a Neo4j whose code is not compiled yet is four times slower.
 *
 * 2 cores, 2.3 million follows, pages a second of 32 clients in six windows of five seconds: 92, 277, 475, 559, 821, 902 without; 653,
 * 1,265, 1,433, 1,732, 1,798, 1,835 after forty seconds of this (`npm run bench:warm-up`).
 */
export async function warmUp(parts: Parts, seconds: number, stopping: () => boolean): Promise<void> {
  try {
    const pairs = seconds > 0 ? await draw(parts) : []
    if (pairs.length === 0) return
    const practice = exercises(parts, pairs)
    let left = seconds * 1_000
    // The elapsed time is limited, too: a service without pauses between its requests is warmed up by them.
    const latest = monotonic() + 3 * left
    let own = 0
    const lane = async (first: number) => {
      for (let turn = first; left > 0 && monotonic() < latest && !stopping(); turn += 1) {
        const others = parts.graph.busy > own
        keepNewSpaceSmall(!others)
        if (others) {
          await wait(PAUSE_MS, undefined, { ref: false })
          continue
        }
        const began = monotonic()
        own += 1
        await practice[turn % practice.length]?.().catch(() => undefined)
        own -= 1
        left -= (monotonic() - began) / LANES
      }
    }
    await Promise.all(Array.from({ length: LANES }, (_, n) => lane(n)))
  } catch {
    // This is only a warm-up: if something is wrong, real requests report it.
  } finally {
    keepNewSpaceSmall(false)
  }
}

type Pair = [followeeId: bigint, followerId: bigint]

async function draw({ graph }: Parts): Promise<Pair[]> {
  const text = `WITH COUNT { ()-[:FOLLOWS]->() } AS follows WHERE follows >= ${FEWEST_FOLLOWS}
MATCH ()-[f:FOLLOWS]->() WITH f.followee_id AS followee_id, f.follower_id AS follower_id LIMIT ${SAMPLE}
WHERE followee_id IS NOT NULL AND follower_id IS NOT NULL RETURN followee_id, follower_id`
  return (await graph.read('warm-up/draw', text, {}, TIMEOUT_MS)) as Pair[]
}

function exercises({ graph, queries }: Parts, pairs: Pair[]): (() => Promise<unknown>)[] {
  const one = () => pairs[Math.floor(Math.random() * pairs.length)] as Pair
  const many = <Row>(size: number, make: (n: bigint) => Row) =>
    Array.from({ length: size }, (_, n) => make(BigInt(n)))
  const pageRow = (n: bigint) => ({
    n,
    user_id: one()[0],
    viewer_id: one()[1],
    before: MAX_CURSOR,
    since: 0n,
  })
  const page = (list: string, viewer: boolean) => () =>
    graph.read(
      'warm-up/page',
      counted(pageStatement(queries.get(`lists/${list}`), viewer)),
      { batch: { rows: many(8, pageRow), annotations: false }, limit: 21n },
      TIMEOUT_MS,
    )
  const changes = () => {
    const rows = many(16, () => ({
      viewer_id: one()[1],
      target_id: one()[0],
      max_following: null,
      client_id: null,
      accepts: false,
    }))
    const steps = (['follow', 'unfollow'] as const).map((kind) => ({
      text: changeStatement(queries, kind),
      params: { batch: { rows, annotations: false, begins: kind === 'follow' } },
    }))
    // It holds the lock of all writers, so it may take no longer than the change of a request.
    return graph.runAndRollBack('warm-up/changes', steps, REQUEST_TIMEOUT_MS)
  }
  return [page('followers', true), page('following', true), page('followers', false), changes]
}

// The database computes everything that the statement returns, but sends only the number of rows, so that the service has nothing to decode.
const counted = (statement: string): string =>
  `CALL () { ${statement} }\nRETURN size(collect([${PAGE_COLUMNS.join()}])) AS size`
