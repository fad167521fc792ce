// A service, clients of it with patience for a database that was just started, and people by short names.
import { FollowGraphClient } from '../../src/client/client.ts'
import { startTestService } from '../support/service.ts'

export type People = Record<string, { id: string; username: string; token: string }>

/** A signal that nobody aborts. */
export const going = (): AbortSignal => new AbortController().signal

export async function startExplored(settings: Record<string, string> = {}) {
  const service = await startTestService(settings)
  return {
    service,
    clientOf: (token: string, asked: string[] = []) =>
      new FollowGraphClient({ url: service.url, token, retries: 20, fetch: recording(asked) }),
    /** People from their follows: `ada>bo bo>cy` makes three people and two follows, in this order. */
    async people(follows: string): Promise<People> {
      const pairs = follows.split(' ').map((pair) => pair.split('>') as [string, string])
      const names = [...new Set(pairs.flat())]
      const users = await service.users(names.length)
      const people = Object.fromEntries(names.map((name, n) => [name, users[n]!]))
      for (const [from, to] of pairs) await service.follow(people[from]!, people[to]!)
      return people
    },
  }
}

/** A fetch that notes the paths, without ids and queries. */
export const recording =
  (asked: string[]): typeof fetch =>
  (input, init) => {
    const { pathname } = new URL(String(input))
    asked.push(pathname.replace('/stream/0/', '').replace(/\/(\d+|@\w+|me)\b/, '/ID'))
    return fetch(input, init)
  }

/** The short name of an id. */
export const nameOf = (people: People, id: string): string | undefined =>
  Object.keys(people).find((name) => people[name]?.id === id)
