// Repeats work that got a 503, which a new database on a busy machine causes.

const TRIES = 20

/** Repeats `work` while the graph is unavailable, 20 times at most. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work()
    } catch (error) {
      if (tries === TRIES || (error as Error).name !== 'GraphUnavailable') throw error
    }
  }
}

/** Repeats a request while its answer is a 503, 20 times at most. */
export async function untilAnswered<T extends { status: number }>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask()
    if (answer.status !== 503 || tries === TRIES) return answer
  }
}
