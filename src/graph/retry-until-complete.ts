// Repeats a read whose answer lacks rows because they were deleted while it was read.
import { wait } from '../clock.ts'
import { GraphUnavailable } from './failures.ts'

const TRIES = 20

/**
 * Calls `read` until its answer is complete, and resolves with that answer. A page that lacks a row would otherwise say that the list ends
 * there (docs/decisions/009). Rejects with GraphUnavailable after twenty tries, some 0.8 s.
 */
export async function retryUntilComplete<Answer>(
  read: () => Promise<Answer>,
  isComplete: (answer: Answer) => boolean,
): Promise<Answer> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const answer = await read()
    if (isComplete(answer)) return answer
    // Neo4j removes a deleted relationship from the indexes a moment after the commit.
    await wait(Math.min(50, 2 ** tries))
  }
  throw new GraphUnavailable('busy')
}
