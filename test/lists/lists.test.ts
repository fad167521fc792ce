// Every route that answers a page, by the rules of docs/api.md: the table names the routes, fixtures.ts says who is in them.
// Long, for it is one suite: every list is tried with the same tests on one set of members.
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { untilAnswered } from '../support/patiently.ts'
import { type Answered, startTestService } from '../support/service.ts'
import { FIXTURES, OWN_LISTS, type Person, VIEWERS_LISTS } from './fixtures.ts'

const service = await startTestService()
const PAGES = ROUTES.filter(({ answers }) => answers === 'Page')
const MAX = 2n ** 63n - 1n
const VIEWER_FIELDS = [
  'follows_you',
  'you_follow',
  'you_muted',
  'you_blocked',
  'you_can_follow',
  'you_can_subscribe',
]

const links = (answer: Answered): Record<string, string> =>
  Object.fromEntries(
    [...(answer.headers.get('link') ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g)].map((match) => [
      match[2],
      match[1],
    ]),
  )
/** Where a link leads from a path. */
const behind = (path: string, link: string | undefined): string | undefined =>
  link === undefined ? undefined : new URL(link, `http://x${path}`).href.slice('http://x'.length)
const idsOf = (answer: Answered): string[] => answer.body.data.map((user: { id: string }) => user.id)
const cursorsOf = (answer: Answered): string[] =>
  answer.body.data.map((user: { pagination_id: string }) => user.pagination_id)

it('has a fixture for every list of the route table', () => {
  expect(Object.keys(FIXTURES).sort()).toEqual(PAGES.map(({ name }) => name).sort())
})

describe.each(PAGES)('GET $path', (route) => {
  let owner: Person
  let reader: Person
  let app: string
  let expected: string[]
  let cursors: string[]
  const pathOf = (user: string) => `/stream/0${route.path.replace(':user_id', user)}`
  const page = (query = '', path = pathOf(owner.id)) =>
    untilAnswered(() => service.call('GET', `${path}?${query}`, { token: reader.token }))
  const at =
    ({ muted: 'muted_at', blocked: 'blocked_at' } as Record<string, string>)[route.name] ?? 'followed_at'
  const forApps = route.access.token === 'any'

  beforeAll(async () => {
    owner = await service.user()
    reader = OWN_LISTS.has(route.name) ? owner : await service.user()
    app = await service.appToken()
    expected = await (FIXTURES[route.name] as (typeof FIXTURES)[string])(service, owner, 10, reader)
    cursors = cursorsOf(await page())
  })

  it('lists the newest relationship first, each item with its own pagination_id', async () => {
    const answer = await page()
    expect(answer.status).toBe(200)
    expect(idsOf(answer)).toEqual(expected)
    expect(new Set(cursors).size).toBe(10)
    const numbers = cursors.map(BigInt)
    expect([...numbers].sort((a, b) => (a < b ? 1 : -1))).toEqual(numbers)
    expect(cursors.every((cursor) => !expected.includes(cursor))).toBe(true)
    expect(answer.body.meta).toEqual({
      ...answer.body.meta,
      code: 200,
      max_id: cursors[0],
      min_id: cursors[9],
      more: false,
    })
  })

  it('says of each item since when', async () => {
    const answer = await page()
    for (const user of answer.body.data) {
      expect(user[at]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect(Math.abs(Date.parse(user[at]) - Date.now())).toBeLessThan(120_000)
    }
  })

  it('gives 8, 7 for count=2 and 4, 3 for count=-2 between 9 and 2, both exclusive', async () => {
    const item = (n: number) => 10 - n
    const range = `before_id=${cursors[item(9)]}&since_id=${cursors[item(2)]}`
    const newest = await page(`${range}&count=2`)
    expect(idsOf(newest)).toEqual([expected[item(8)], expected[item(7)]])
    expect(newest.body.meta).toMatchObject({ max_id: cursors[item(8)], min_id: cursors[item(7)], more: true })
    const oldest = await page(`${range}&count=-2`)
    expect(idsOf(oldest)).toEqual([expected[item(4)], expected[item(3)]])
    expect(oldest.body.meta).toMatchObject({ max_id: cursors[item(4)], min_id: cursors[item(3)], more: true })
    expect(links(oldest).next).toBeUndefined()
  })

  it('agrees with a plain filter for any bounds and any count: rows, meta, more and links', async () => {
    const all = cursors.map(BigInt)
    const around = [...new Set(all.flatMap((id) => [id - 1n, id, id + 1n]).concat(0n, MAX))]
    const bound = fc.option(fc.constantFrom(...around), { nil: undefined })
    const count = fc.option(fc.integer({ min: -12, max: 12 }), { nil: undefined })
    await fc.assert(
      fc.asyncProperty(bound, bound, count, async (before, since, size) => {
        const query = new URLSearchParams()
        if (before !== undefined) query.set('before_id', String(before))
        if (since !== undefined) query.set('since_id', String(since))
        if (size !== undefined) query.set('count', String(size))
        const range = all.filter((id) => id < (before ?? MAX) && id > (since ?? 0n))
        const wanted = size ?? 20
        const rows = wanted < 0 ? range.slice(wanted) : range.slice(0, wanted)
        const answer = await page(String(query))
        expect(cursorsOf(answer)).toEqual(rows.map(String))
        const meta = answer.body.meta
        expect(meta.more).toBe(range.length > rows.length)
        expect(meta.max_id).toBe(rows.length === 0 ? undefined : String(rows[0]))
        expect(meta.min_id).toBe(rows.length === 0 ? undefined : String(rows[rows.length - 1]))
        const { next, prev } = links(answer)
        expect(prev !== undefined).toBe(rows.length > 0)
        const older = rows.length > 0 && range.some((id) => id < (rows[rows.length - 1] as bigint))
        expect(next !== undefined).toBe(older)
        if (next !== undefined) {
          const params = new URL(next, 'http://x').searchParams
          expect([params.get('before_id'), params.get('since_id'), params.get('count')]).toEqual([
            meta.min_id,
            since === undefined ? null : String(since),
            String(Math.abs(wanted)),
          ])
        }
        if (prev !== undefined) {
          const params = new URL(prev, 'http://x').searchParams
          expect([params.get('before_id'), params.get('since_id'), params.get('count')]).toEqual([
            null,
            meta.max_id,
            String(-Math.abs(wanted)),
          ])
        }
      }),
      {
        numRuns: 60,
        examples: [
          [undefined, undefined, 0],
          [undefined, undefined, 10],
          [undefined, undefined, -10],
          [undefined, undefined, 9],
        ],
      },
    )
  })

  it('answers count=0 with an empty page whose more says whether the range has any row', async () => {
    const any = await page('count=0')
    expect(any.body).toEqual({ data: [], meta: { ...any.body.meta, code: 200, more: true } })
    expect(any.body.meta).not.toHaveProperty('max_id')
    expect(any.body.meta).not.toHaveProperty('min_id')
    expect(any.headers.get('link')).toBeNull()
    const none = await page(`count=0&since_id=${cursors[0]}`)
    expect(none.body.meta.more).toBe(false)
  })

  it.each([
    'count=201',
    'count=-201',
    'count=2.5',
    'count=',
    'count=ten',
    'count=1&count=2',
    'before_id=-1',
    'before_id=9223372036854775808',
    'before_id=x',
    'before_id=',
    'since_id=-1',
    'since_id=9223372036854775808',
    'since_id=1e3',
    'include_html=2',
    'include_annotations=yes',
    'include_user_annotations=',
  ])('refuses %s with a 400 that names the parameter', async (query) => {
    const answer = await page(query)
    expect(answer.status).toBe(400)
    expect(answer.body.meta.error_message).toMatch(/^Bad Request: /)
    expect(answer.body.meta.error_message).toContain(query.split('=')[0])
    expect(answer.body).not.toHaveProperty('data')
  })

  it('takes count=200, count=-200 and bounds of 0 and 2^63-1', async () => {
    expect(idsOf(await page(`count=200&since_id=0&before_id=${MAX}`))).toEqual(expected)
    expect(idsOf(await page('count=-200'))).toEqual(expected)
    expect(idsOf(await page('before_id=0'))).toEqual([])
    expect(idsOf(await page(`since_id=${MAX}`))).toEqual([])
  })

  it('is walked whole from newest to oldest by rel="next"', async () => {
    const seen: string[] = []
    for (let path: string | undefined = `${pathOf(owner.id)}?count=3`; path !== undefined; ) {
      const answer: Answered = await service.call('GET', path, { token: reader.token })
      expect(answer.status).toBe(200)
      seen.push(...idsOf(answer))
      path = behind(path, links(answer).next)
    }
    expect(seen).toEqual(expected)
  })

  it('is walked whole from oldest to newest by rel="prev"', async () => {
    const seen: string[] = []
    for (let path: string | undefined = `${pathOf(owner.id)}?count=-3`; path !== undefined; ) {
      const answer: Answered = await service.call('GET', path, { token: reader.token })
      expect(answer.status).toBe(200)
      seen.unshift(...idsOf(answer))
      path = behind(path, links(answer).prev)
    }
    expect(seen).toEqual(expected)
  })

  it('links by relative targets that keep other parameters and never the token', async () => {
    const path = `${pathOf(owner.id)}?access_token=${reader.token}&count=4&include_html=0&note=a%26b&include_delete=0`
    const answer = await service.call('GET', path)
    const { next, prev } = links(answer)
    for (const target of [next, prev]) {
      expect(target).toMatch(/^\?/)
      const url = new URL(target as string, `http://x${path}`)
      expect(url.pathname).toBe(pathOf(owner.id))
      expect(url.searchParams.get('access_token')).toBeNull()
      expect(target).not.toContain(reader.token)
      expect(url.searchParams.get('note')).toBe('a&b')
      expect(url.searchParams.get('include_html')).toBe('0')
      expect(url.searchParams.get('include_delete')).toBe('0')
    }
  })

  it('is the same resource without the base, by @username and by me', async () => {
    expect(idsOf(await page('', pathOf(owner.id).replace('/stream/0', '')))).toEqual(expected)
    expect(idsOf(await page('', pathOf(`@${owner.username.toUpperCase()}`)))).toEqual(expected)
    expect(idsOf(await page('', pathOf(`%40${owner.username}`)))).toEqual(expected)
    const mine = await service.call('GET', pathOf('me'), { token: owner.token })
    expect(mine.status).toBe(200)
    if (!VIEWERS_LISTS.has(route.name)) expect(idsOf(mine)).toEqual(expected)
  })

  it('answers an empty list as a page', async () => {
    const nobody = await service.user()
    const token = OWN_LISTS.has(route.name) ? nobody.token : reader.token
    for (const query of ['', 'count=-5', 'count=0', 'since_id=5&before_id=3']) {
      const answer = await service.call('GET', `${pathOf(nobody.id)}?${query}`, { token })
      expect(answer.status).toBe(200)
      expect(answer.body.data).toEqual([])
      expect(answer.body.meta).toEqual({ ...answer.body.meta, code: 200, more: false })
      expect(answer.body.meta).not.toHaveProperty('max_id')
      expect(answer.headers.get('link')).toBeNull()
    }
  })

  it('answers 404 for a user that does not exist and for what is no user id', async () => {
    const token = forApps ? app : reader.token
    for (const user of [
      '1234567',
      '@nobody_of_this_name',
      '007',
      'ME',
      '0',
      '-1',
      '9223372036854775808',
      '%zz',
    ]) {
      const answer = await service.call('GET', pathOf(user), { token })
      expect([user, answer.status]).toEqual([user, 404])
      expect(answer.body.meta.code).toBe(404)
    }
  })

  it('answers 401 without a token', async () => {
    const answer = await service.call('GET', pathOf(owner.id))
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="follow-graph"')
  })

  it('shows each user as GET users/{user_id} does, viewer fields included', async () => {
    await service.call('POST', `/users/${expected[0]}/follow`, { token: reader.token })
    await service.call('POST', `/users/${expected[1]}/mute`, { token: reader.token })
    const answer = await page('include_annotations=1')
    expect(idsOf(answer)).toEqual(expected)
    for (const user of answer.body.data) {
      const alone = await service.call('GET', `/users/${user.id}?include_annotations=1`, {
        token: reader.token,
      })
      const { pagination_id: _, [at]: __, ...rest } = user
      expect(rest).toEqual(alone.body.data)
      for (const field of VIEWER_FIELDS) expect(typeof user[field]).toBe('boolean')
    }
    expect(answer.body.data[1].you_muted).toBe(true)
  })

  it('answers HEAD as GET without a body', async () => {
    const get = await page('count=2')
    const head = await service.call('HEAD', `${pathOf(owner.id)}?count=2`, { token: reader.token })
    expect(head.status).toBe(200)
    expect(head.text).toBe('')
    expect(head.headers.get('link')).toBe(get.headers.get('link'))
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
  })

  it('fills a page of 200 of a longer list, and its more is exact', async () => {
    const long = await service.user()
    const viewer = OWN_LISTS.has(route.name) ? long : await service.user()
    const ids = await (FIXTURES[route.name] as (typeof FIXTURES)[string])(service, long, 202, viewer)
    const get = (query: string) => service.call('GET', `${pathOf(long.id)}?${query}`, { token: viewer.token })
    const first = await get('count=200')
    expect(idsOf(first)).toEqual(ids.slice(0, 200))
    expect(first.body.meta.more).toBe(true)
    const oldest = await get('count=-200')
    expect(idsOf(oldest)).toEqual(ids.slice(2))
    expect(oldest.body.meta.more).toBe(true)
    const usual = await get('')
    expect(idsOf(usual)).toEqual(ids.slice(0, 20))
    expect(usual.body.meta.more).toBe(true)
    const whole = await get(`count=200&before_id=${cursorsOf(first)[1]}`)
    expect(idsOf(whole)).toEqual(ids.slice(2))
    expect(whole.body.meta.more).toBe(false)
  }, 60_000)

  if (forApps) {
    it('shows an app token the same list without viewer fields', async () => {
      const answer = await service.call('GET', pathOf(owner.id), { token: app })
      expect(idsOf(answer)).toEqual(expected)
      for (const user of answer.body.data)
        for (const field of VIEWER_FIELDS) expect(user).not.toHaveProperty(field)
      expect(answer.headers.get('x-oauth-scopes')).toBeNull()
    })
  } else {
    it('refuses an app token with 403', async () => {
      expect((await service.call('GET', pathOf(owner.id), { token: app })).status).toBe(403)
    })
  }

  if (OWN_LISTS.has(route.name)) {
    it('is refused with 403 to any other user', async () => {
      const other = await service.user()
      const answer = await service.call('GET', pathOf(owner.id), { token: other.token })
      expect(answer.status).toBe(403)
      expect(answer.body.meta.error_slug).toBe('forbidden')
    })
  } else if (!VIEWERS_LISTS.has(route.name)) {
    it('is the same for every viewer, whomever they block or mute', async () => {
      const other = await service.user()
      await service.call('POST', `/users/${expected[0]}/block`, { token: other.token })
      await service.call('POST', `/users/${expected[1]}/mute`, { token: other.token })
      await service.call('POST', `/users/${owner.id}/block`, { token: other.token })
      const answer = await service.call('GET', pathOf(owner.id), { token: other.token })
      expect(idsOf(answer)).toEqual(expected)
      expect(answer.body.data[0]).toMatchObject({
        you_blocked: true,
        you_can_follow: false,
        you_can_subscribe: false,
      })
      expect(answer.body.data[1]).toMatchObject({ you_muted: true, you_can_follow: true })
      const blocked = await service.user()
      await service.call('POST', `/users/${blocked.id}/block`, { token: owner.token })
      expect(idsOf(await service.call('GET', pathOf(owner.id), { token: blocked.token }))).toEqual(expected)
    })
  }
})
