// How events are read in tests: as an app, those that concern certain users, since a cursor.
import { expect } from 'vitest'
import type { TestEvent } from '../../src/testing.ts'
import type { TestService } from '../support/service.ts'

export type Event = TestEvent

export type Person = { id: string; token: string }

/** So many new users with their tokens. */
export const people = async <N extends 2 | 3>(
  service: TestService,
  count: N,
): Promise<N extends 2 ? [Person, Person] : [Person, Person, Person]> => (await service.users(count)) as never

/** What an event says in one line: type, who, whom, and how it ended. */
export function line({ meta, data }: Event): string {
  const other = data.follows_user ?? data.muted_user ?? data.blocked_user ?? data.requested_user
  const who = [data.user?.id ?? data.id, other?.id].filter((id) => id !== undefined)
  const end = meta.is_deleted === true ? ` ended${meta.reason === undefined ? '' : ` ${meta.reason}`}` : ''
  return `${meta.type} ${who.join(' ')}${end}`.trim()
}

/** Reads events as an app with the scope `events`. */
export async function eventReader(service: TestService) {
  const token = await service.appToken(['basic', 'provision', 'events'])
  const page = async (query: string, as = token, path = '/events') => {
    const answer = await service.call('GET', `${path}?${query}`, { token: as })
    expect(answer.status, answer.text).toBe(200)
    return answer.body as {
      data: Event[]
      meta: { code: number; max_id: string; min_id?: string; more: boolean }
    }
  }
  return {
    token,
    page,
    /** The id from which on events are read that happen from now on. */
    now: async (): Promise<string> => (await page('')).meta.max_id,
    /** All events behind `since` that name one of these users. */
    async about(ids: string[], since: string): Promise<Event[]> {
      const found: Event[] = []
      for (let at = since, more = true; more; ) {
        const { data, meta } = await page(`since_id=${at}&count=200`)
        found.push(...data)
        at = meta.max_id
        more = meta.more
      }
      return found.filter(({ data }) =>
        ['user', 'follows_user', 'muted_user', 'blocked_user', 'requested_user']
          .map((key) => data[key]?.id)
          .concat(data.id)
          .some((id) => ids.includes(id)),
      )
    },
  }
}
