// The members and readers of the list that is tested, and functions that read its pages.
import { beforeAll } from 'vitest'
import type { Route } from '../../src/routes/route.ts'
import { untilAnswered } from '../support/patiently.ts'
import type { Answered, TestService } from '../support/service.ts'
import { FIXTURES, type Fixture, OWN_LISTS, type Person } from './fixtures.ts'

const DATES: Record<string, string> = {
  muted: 'muted_at',
  blocked: 'blocked_at',
  requests: 'requested_at',
  'requests-sent': 'requested_at',
}

/** Creates ten members of a list in `beforeAll`; users, ids and cursors have their values only inside a test. */
export function oneList(service: TestService, route: Route) {
  const fixture = FIXTURES[route.name] as Fixture
  const pathOf = (user: string) => `/stream/0${route.path.replace(':user_id', user)}`
  const list = {
    service,
    route,
    fixture,
    isOwn: OWN_LISTS.has(route.name),
    /** Whether an app token may read it. */
    forApps: route.access.token === 'any',
    /** The key of an item that has the date of the relationship. */
    at: DATES[route.name] ?? 'followed_at',
    owner: {} as Person,
    reader: {} as Person,
    app: '',
    /** The ids of the members, newest relationship first, and the cursor of each. */
    expected: [] as string[],
    cursors: [] as string[],
    pathOf,
    page: (query = '', path?: string): Promise<Answered> => page(query, path ?? pathOf(list.owner.id)),
  }
  const page = (query: string, path: string) =>
    untilAnswered(() => service.call('GET', `${path}?${query}`, { token: list.reader.token }))
  beforeAll(async () => {
    list.owner = await service.user()
    list.reader = list.isOwn ? list.owner : await service.user()
    list.app = await service.appToken()
    list.expected = await fixture(service, list.owner, 10, list.reader)
    list.cursors = cursorsOf(await list.page())
  })
  return list
}
export type OneList = ReturnType<typeof oneList>

export const links = (answer: Answered): Record<string, string> =>
  Object.fromEntries(
    [...(answer.headers.get('link') ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g)].map((match) => [
      match[2],
      match[1],
    ]),
  )
export const idsOf = (answer: Answered): string[] => answer.body.data.map((user: { id: string }) => user.id)
export const cursorsOf = (answer: Answered): string[] =>
  answer.body.data.map((user: { pagination_id: string }) => user.pagination_id)
