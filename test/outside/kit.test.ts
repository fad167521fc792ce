// `follow-graph/testing` in other people's suites: what they give it by mistake.
import { afterAll, describe, expect, inject, it } from 'vitest'
import { type FollowGraph, startFollowGraph, type TestUserFields } from '../../src/testing.ts'
import { startTestService } from '../support/service.ts'

const kit = await startTestService()
const wrong = (fields: unknown) => kit.createUser(fields as TestUserFields)
const neo4j = inject('neo4j')
const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
// Without the ids and names that the test's own kit fills in.
const graph: FollowGraph = await startFollowGraph({ neo4j })
afterAll(() => graph.stop())

describe('events', () => {
  it.each<[unknown, RegExp]>([
    [{ types: ['folow'] }, /events: there is no type "folow"; the types are /],
    [{ types: 'user' }, /types must be a list/],
    [{ kinds: ['user'] }, /there is no option kinds/],
    [{ since: 'x' }, /since must be the id of an event as a text, not "x"/],
    [7, /events takes an object/],
  ])('refuses %j', (options, sentence) => {
    expect(() => graph.events(options as { since?: string })).toThrow(sentence)
  })

  it('nextEvent refuses a type that does not exist', async () => {
    await expect(graph.nextEvent('folow' as 'user')).rejects.toThrow('there is no type "folow"')
  })

  it.each([Number.POSITIVE_INFINITY, 2 ** 31, -1, Number.NaN, '500', null])(
    'nextEvent refuses to wait %j milliseconds',
    async (ms) => {
      await expect(graph.nextEvent('user', ms as number)).rejects.toThrow(
        'nextEvent: the milliseconds must be a number from 0 to 2147483647, not ',
      )
    },
  )

  it('have the addresses that the API answers', async () => {
    const events = graph.events({ types: ['user'] })
    const { id } = await graph.createUser()
    const answer = await fetch(`${graph.url}/stream/0/users/${id}`)
    const { data: user } = (await answer.json()) as { data: Record<string, unknown> }
    for await (const { data } of events) {
      // Those of other test files come as well.
      if (data.id !== id) continue
      expect(data.canonical_url).toBe(user.canonical_url)
      expect(data.avatar_image).toEqual(user.avatar_image)
      break
    }
  })
})

describe('createUser', () => {
  it('gives no deleted id to another user', async () => {
    const last = await graph.createUser()
    const token = await kit.appToken(['basic', 'provision'])
    expect((await kit.call('DELETE', `/users/${last.id}`, { token })).status).toBe(200)
    expect(BigInt((await graph.createUser()).id)).toBeGreaterThan(BigInt(last.id))
  })

  it.each<[string, unknown, RegExp]>([
    [
      'milliseconds',
      { created_at: 1_700_000_000_000 },
      /the field created_at must be a Date .* new Date\(1700000000000\)/,
    ],
    ['a Date that is none', { created_at: new Date('never') }, /created_at is a Date that is not valid/],
    ['a text that is no date', { created_at: 'yesterday' }, /the field created_at /],
    ['a day that does not exist', { created_at: '2013-02-30T00:00:00Z' }, /the field created_at /],
    ['a Date beyond the year 9999', { created_at: new Date(1e15) }, /the field created_at /],
    ['a name with a space', { username: 'ada lovelace' }, /the field username /],
    ['an empty name', { username: '' }, /the field username /],
    ['a long name', { username: 'a'.repeat(21) }, /the field username /],
    ['a name that is null', { username: null }, /the field username /],
    ['a name that is a number', { username: 7 }, /the field username /],
    ['an unknown type', { type: 'robot' }, /the field type must be one of human, feed, bot/],
    ['a long name for people', { name: 'é'.repeat(51) }, /the field name /],
    ['a long description', { description: 'a'.repeat(257) }, /the field description.text /],
    ['a description that is a number', { description: 7 }, /the field description.text /],
    ['an unknown time zone', { timezone: 'Mars/Olympus' }, /the field timezone /],
    ['a locale that is none', { locale: 'english please' }, /the field locale /],
    ['a domain that is none', { verified_domain: 'a b' }, /the field verified_domain /],
    ['an image without a size', { avatar_image: { url: 'https://example.org/a.png' } }, /avatar_image/],
    [
      'an image of another scheme',
      { cover_image: { url: 'file:///etc', width: 1, height: 1 } },
      /cover_image/,
    ],
    ['annotations that are no list', { annotations: { a: 1 } }, /the field annotations /],
    ['annotations that are not JSON', { annotations: [{ n: 1n }] }, /the fields are not JSON/],
    [
      'a misspelled field',
      { user_name: 'ada' },
      /there is no field user_name; the fields are id, username, /,
    ],
    ['a field that nobody writes', { counts: { followers: 7 } }, /there is no field counts/],
    ['a text', 'ada', /createUser takes an object of fields/],
    ['null', null, /createUser takes an object of fields/],
    ['a list', ['ada'], /createUser takes an object of fields/],
    ...(
      [
        'abc',
        1.5,
        -1,
        0,
        '0',
        '',
        '007',
        '1e3',
        2 ** 53,
        Number.NaN,
        null,
        true,
        {},
        2n ** 63n,
        -5n,
        '@ada',
      ] as unknown[]
    ).map((id): [string, unknown, RegExp] => [
      `the id ${typeof id} ${String(id)}`,
      { id },
      /createUser: the field id must be a whole number from 1 to 2\^63-1/,
    ]),
  ])('refuses %s in a sentence, and writes nothing', async (_, fields, sentence) => {
    const unused = `n${Math.random().toString(36).slice(2, 12)}`
    const given = isObject(fields) ? { username: unused, ...fields } : fields
    const refused = await graph.createUser(given as TestUserFields).catch((error: Error) => error)
    expect(refused).toBeInstanceOf(Error)
    expect((refused as Error).message).toMatch(sentence)
    expect((refused as Error).message).not.toMatch(/Bad Request|\n/)
    expect((await kit.call('GET', `/users/@${unused}`)).status).toBe(404)
  })

  it('says which username and which id is taken', async () => {
    const ada = await kit.user()
    await expect(wrong({ username: ada.username.toUpperCase() })).rejects.toThrow(
      `createUser: the username ${ada.username.toUpperCase()} is taken by another user; choose another.`,
    )
    await expect(wrong({ id: ada.id, username: `x${ada.id}`.slice(0, 20) })).rejects.toThrow(
      `createUser: the id ${ada.id} is taken; choose another.`,
    )
  })

  it('takes a Date, a bigint and a number, and leaves out what is undefined', async () => {
    const made = await kit.createUser({
      created_at: new Date('2012-12-31T13:22:55.999Z'),
      name: undefined as unknown as string,
      description: 'Maths',
      annotations: [{ type: 'net.example', value: { at: 1 } }],
    })
    const { body } = await kit.call('GET', `/users/${made.id}?include_annotations=1`)
    expect(body.data).toMatchObject({
      created_at: '2012-12-31T13:22:55Z',
      name: made.username,
      description: { text: 'Maths' },
      annotations: [{ type: 'net.example', value: { at: 1 } }],
    })
    const id = BigInt(made.id) + 500_000n
    expect((await kit.createUser({ id })).id).toBe(String(id))
    expect((await kit.createUser({ id: String(id + 1n) })).id).toBe(String(id + 1n))
  })
})

describe('what else is given by mistake', async () => {
  const [ada, bo] = await kit.users(2)
  const nobody = '1152921504606846977'

  it('scopes', async () => {
    const of = (scopes: unknown) => graph.tokenFor(ada!, scopes as string[])
    await expect(of(['folow'])).rejects.toThrow('tokenFor: there is no scope "folow"; the scopes are basic, ')
    await expect(of(['provision'])).rejects.toThrow('there is no scope "provision"')
    await expect(of('follow')).rejects.toThrow('tokenFor: the scopes must be a list')
    await expect(of([7])).rejects.toThrow('there is no scope 7')
    await expect(graph.appToken(['follow'])).rejects.toThrow('appToken: there is no scope "follow"')
    const token = await of(['follow', 'follow'])
    expect((await kit.call('GET', '/token', { token })).body.data.scopes.sort()).toEqual(['basic', 'follow'])
    expect((await kit.call('GET', '/token', { token: await of([]) })).body.data.scopes).toEqual(['basic'])
  })

  it.each<[unknown]>([
    [undefined],
    [null],
    ['@ada'],
    ['me'],
    [''],
    [1.5],
    [{}],
    [{ id: 'x' }],
    [['1']],
    ['007'],
  ])('the user %j', async (user) => {
    await expect(graph.tokenFor(user as string)).rejects.toThrow(
      / is not a user id: give the result of createUser\(\)/,
    )
    await expect(graph.follow(user as string, bo!)).rejects.toThrow(/ is not a user id/)
    await expect(graph.follow(ada!, user as string)).rejects.toThrow(/ is not a user id/)
  })

  it('users that are not there', async () => {
    await expect(graph.tokenFor(nobody)).rejects.toThrow(`There is no user ${nobody}: create it first.`)
    await expect(graph.follow(ada!, nobody)).rejects.toThrow(`There is no user ${nobody}: create it first.`)
    await expect(graph.follow(nobody, ada!)).rejects.toThrow(`There is no user ${nobody}: create it first.`)
    await expect(graph.follow(ada!, ada!)).rejects.toThrow('self')
  })

  it.each<[unknown, RegExp]>([
    [{ settings: { MAX_FOLOWING: '3' } }, /there is no setting MAX_FOLOWING; the settings are HOST, /],
    [{ settings: { max_following: '3' } }, /there is no setting max_following/],
    [{ settings: { MAX_FOLLOWING: true } }, /the setting MAX_FOLLOWING must be a text, not true/],
    [{ settings: { MAX_FOLLOWING: 'many' } }, /The setting MAX_FOLLOWING must be a whole number/],
    [{ settings: 'MAX_FOLLOWING=3' }, /settings must be an object/],
    [{ setting: {} }, /there is no option setting; the options are neo4j, settings/],
    [{ neo4j: { uri: 'bolt://127.0.0.1:1' } }, /neo4j needs uri and password/],
    [{ neo4j: { password: 'x' } }, /neo4j needs uri and password/],
    [{ neo4j: { uri: '', password: 'x' } }, /neo4j needs uri and password/],
    [{ neo4j: { uri: 'bolt://127.0.0.1:1', password: 7 } }, /neo4j.password must be a text/],
    [{ neo4j: { uri: 'bolt://127.0.0.1:1', passwd: 'x' } }, /neo4j: there is no key passwd/],
    [{ neo4j: 'bolt://127.0.0.1:1' }, /neo4j must be an object/],
    [{ neo4j: { uri: '127.0.0.1:7687', password: 'x' } }, /The setting NEO4J_URI must be an address/],
    [
      { neo4j: { ...neo4j, password: 'wrong', username: 'nobody-of-the-kit' } },
      /refuses the login of the user nobody/,
    ],
    [{ neo4j: { ...neo4j, database: 'nowhere' } }, /There is no database nowhere at bolt:/],
    ['bolt://127.0.0.1:1', /startFollowGraph takes an object/],
  ])('options %j', async (options, sentence) => {
    await expect(startFollowGraph(options as object)).rejects.toThrow(sentence)
  })

  it('a number where a setting is one', async () => {
    const limited = await startFollowGraph({ neo4j, settings: { MAX_FOLLOWING: 1 } })
    try {
      const [one, two, three] = await kit.users(3)
      await limited.follow(one!, two!)
      await expect(limited.follow(one!, three!)).rejects.toThrow('follow-limit')
    } finally {
      await limited.stop()
    }
  })
})
