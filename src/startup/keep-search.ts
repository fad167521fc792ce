// Keeps the search index of users current: writes the words of users who have none, and the ranks by followers, a few users at a time.
import { wait } from '../clock.ts'
import type { Parts } from '../parts.ts'
import { RANKS, searchWords } from '../users/search-words.ts'

// The number of users that one query reads: it takes 10 to 20 ms each second, a hundredth or two of the database's time.
const USERS_PER_READ = 5_000n
const PAUSE_MS = 1_000
// The pause after a query that found users to write, because there are probably more.
const SHORT_PAUSE_MS = 20
// The pause between two rounds through all users, and before the first one.
const ROUND_MS = 60_000
// The number of users that one transaction writes; other writers wait for it.
const USERS_PER_WRITE = 250
const TIMEOUT_MS = 10_000

/** Checks the next users after this id, and writes what they lack. `last` is the id of the last one, null at the end of a round. */
export async function indexNext(
  { graph, queries }: Pick<Parts, 'graph' | 'queries'>,
  after: bigint,
  limit = USERS_PER_READ,
): Promise<{ last: bigint | null; written: number }> {
  const text = (name: string) => queries.get(`users/index-${name}`).statement
  const params = { after, limit, ranks: RANKS }
  const [row] = await graph.read('users/index-next', text('next'), params, TIMEOUT_MS)
  const [last, , unknown, ranked] = row as [bigint | null, bigint, [bigint, unknown, unknown][], object[]]
  const words = unknown.map(([id, ...texts]) => {
    // Names that were written by hand may be of any type.
    const [username, name] = texts.map((value) => (typeof value === 'string' ? value : '')) as [
      string,
      string,
    ]
    return { id, username, name, words: searchWords(username, name) }
  })
  const write = async (name: string, rows: object[]) => {
    for (let at = 0; at < rows.length; at += USERS_PER_WRITE)
      await graph.write(
        `users/index-${name}`,
        text(name),
        { rows: rows.slice(at, at + USERS_PER_WRITE) },
        TIMEOUT_MS,
      )
  }
  await write('words', words)
  await write('ranks', ranked)
  return { last, written: words.length + ranked.length }
}

/** Checks all users, round after round, until `stopping` returns true; if the graph is not available, it tries again later. */
export async function keepSearch(parts: Parts, stopping: () => boolean): Promise<void> {
  let after = 0n
  // A random length, so that the instances do not work at the same time.
  const pause = (ms: number) => wait(ms * (0.75 + Math.random() / 2), undefined, { ref: false })
  for (await pause(ROUND_MS); !stopping(); ) {
    const { last, written } = await indexNext(parts, after).catch(() => ({ last: after, written: 0 }))
    after = last ?? 0n
    await pause(last === null ? ROUND_MS : written > 0 ? SHORT_PAUSE_MS : PAUSE_MS)
  }
}
