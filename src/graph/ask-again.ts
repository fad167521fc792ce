// Asks again where an answer lacks what was deleted while it was read.
import { wait } from '../clock.ts'
import { GraphUnavailable } from './failures.ts'

const TRIES = 20

/**
 * What `ask` answers, asked again as long as it is not whole: a page that lacks a row would say that the list ends there
 * (docs/decisions/009). Rejects with GraphUnavailable after twenty times, some 0.8 s.
 */
export async function askAgain<Answer>(
  ask: () => Promise<Answer>,
  isWhole: (answer: Answer) => boolean,
): Promise<Answer> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const answer = await ask()
    if (isWhole(answer)) return answer
    // A commit takes its relationships out of the indexes a moment after it deleted them.
    await wait(Math.min(50, 2 ** tries))
  }
  throw new GraphUnavailable('busy')
}
