// Makes the calls of a view and counts them.
import { type CallName, type Calls, type FollowGraphClient, FollowGraphError } from '../../client/client.ts'

type ReadName = CallName & ('user' | 'users' | 'followingIds' | 'followersIds' | 'relationships')

export type Asking = {
  call<Name extends ReadName>(
    name: Name,
    params: Calls[Name]['params'],
    signal: AbortSignal,
  ): Promise<Calls[Name]['answer']>
  /** The number of calls so far. */
  requests(): number
}

export function createAsking(client: FollowGraphClient): Asking {
  let requests = 0
  return {
    call(name, params, signal) {
      requests += 1
      return client.call<CallName>(name, params, { signal }) as Promise<Calls[typeof name]['answer']>
    },
    requests: () => requests,
  }
}

/** Runs `work` on each item, up to `atOnce` at the same time and in their order; after a failure no more are begun, and it is thrown. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  let failed = false
  const run = async () => {
    for (const item of queue) {
      if (failed) return
      try {
        await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const runs = Array.from({ length: Math.min(atOnce, items.length) }, run)
  // All have ended before the failure is thrown: nothing is asked behind the caller's back.
  await Promise.allSettled(runs)
  await Promise.all(runs)
}

/** The items in groups of up to `size`. */
export const groupsOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, n) => items.slice(n * size, (n + 1) * size))

/** Whether the API answered with this slug. */
export const isError = (error: unknown, slug: string): boolean =>
  error instanceof FollowGraphError && error.slug === slug
