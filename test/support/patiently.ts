// Knows how a test goes on where the service says "later", as a database that has just started on a busy machine makes it say.

const TRIES = 20

/** Does `work` again as long as the graph is unavailable to it. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (tries === TRIES || (error as Error).name !== 'GraphUnavailable') throw error
    }
  }
}

/** Asks again as long as the answer is a 503. */
export async function untilAnswered<T extends { status: number }>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask()
    if (answer.status !== 503 || tries === TRIES) return answer
  }
}
