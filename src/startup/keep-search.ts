// Keeps the index by which users are found: gives words to users who have none, and ranks them by followers, a few users at a time.
import { wait } from '../clock.ts'
import type { Parts } from '../parts.ts'
import { RANKS, searchWords } from '../users/search-words.ts'

// Users of one look: 10 to 20 ms of the database's time, each second, so a hundredth of it.
const A_LOOK = 5_000n
const LOOK_MS = 1_000
// After a look that found something to write there is more to write.
const HASTE_MS = 20
// From the end of a round to the next, and from the start to the first.
const ROUND_MS = 60_000
// Users written in one transaction: what other writers wait for.
const A_STEP = 250
const TIMEOUT_MS = 10_000

/** One look behind the user with this id; `last` is null at the end of a round. */
export async function indexNext(
  { graph, queries }: Pick<Parts, 'graph' | 'queries'>,
  after: bigint,
  limit = A_LOOK,
): Promise<{ last: bigint | null; written: number }> {
  const text = (name: string) => queries.get(`users/index-${name}`).statement
  const params = { after, limit, ranks: RANKS }
  const [row] = await graph.read('users/index-next', text('next'), params, TIMEOUT_MS)
  const [last, , unknown, ranked] = row as [bigint | null, bigint, [bigint, unknown, unknown][], object[]]
  const words = unknown.map(([id, ...texts]) => {
    // Made by hand, they may be anything.
    const [username, name] = texts.map((value) => (typeof value === 'string' ? value : '')) as [
      string,
      string,
    ]
    return { id, username, name, words: searchWords(username, name) }
  })
  const write = async (name: string, rows: object[]) => {
    for (let at = 0; at < rows.length; at += A_STEP)
      await graph.write(`users/index-${name}`, text(name), { rows: rows.slice(at, at + A_STEP) }, TIMEOUT_MS)
  }
  await write('words', words)
  await write('ranks', ranked)
  return { last, written: words.length + ranked.length }
}

/** Goes round all users until `stopping`; a graph that is away is looked at again. */
export async function keepSearch(parts: Parts, stopping: () => boolean): Promise<void> {
  let after = 0n
  // Instances look at different moments.
  const pause = (ms: number) => wait(ms * (0.75 + Math.random() / 2), undefined, { ref: false })
  for (await pause(ROUND_MS); !stopping(); ) {
    const { last, written } = await indexNext(parts, after).catch(() => ({ last: after, written: 0 }))
    after = last ?? 0n
    await pause(last === null ? ROUND_MS : written > 0 ? HASTE_MS : LOOK_MS)
  }
}
