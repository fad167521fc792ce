// What each value of a file may be, and what is said of one that it may not be.
// Long, because the cases are tables, and one kind of value is in one of them.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { readUsers } from '../../src/transfer/import/users-file.ts'
import { putUserFields } from '../../src/users/fields.ts'
import { readFollows } from '../support/follows-file.ts'
import { fromStdin } from '../support/from-stdin.ts'

afterEach(() => vi.restoreAllMocks())

const user = (fields: object) => fromStdin(readUsers, JSON.stringify({ id: '7', ...fields }))
const reasonFor = async (fields: object) => (await user(fields)).bad[0]?.reason

describe('ids', () => {
  test('are taken digit for digit, from strings and from numbers of any length', async () => {
    const { records, bad } = await fromStdin(
      readFollows,
      '{"x":{"id":9007199254740993},"follower_id": 9223372036854775807,"followee_id":9007199254740993 ,"id":"9007199254740993"}\n' +
        '{"a":"\\"follower_id\\":1234567890123456789","follower_id":1,"followee_id":1234567890123456789}\n',
    )
    expect(bad).toEqual([])
    expect(records).toEqual([
      { follower_id: 2n ** 63n - 1n, followee_id: 2n ** 53n + 1n, id: 2n ** 53n + 1n },
      { follower_id: 1n, followee_id: 1234567890123456789n },
    ])
  })

  test('of the record only: what annotations hold stays a number', async () => {
    const { records } = await fromStdin(
      readUsers,
      '{"id":9007199254740993,"annotations":[{"id":1234567890123456768}]}',
    )
    expect(records).toEqual([{ id: 2n ** 53n + 1n, annotations: [{ id: Number('1234567890123456768') }] }])
  })

  test.each([
    '0',
    '-1',
    '007',
    '1.5',
    '2 2',
    '9223372036854775808',
    '99999999999999999999',
    'bo',
    '1e3',
    '٣',
  ])('%s is none', async (id) => {
    const { records, bad } = await fromStdin(readUsers, `id,name\n${id},a\n2,b\n`)
    expect(records).toEqual([{ id: 2n, name: 'b' }])
    expect(bad).toEqual([
      { file: 'stdin', line: 2, reason: expect.stringContaining(`id is "${id}": write an integer from 1`) },
    ])
  })

  test.each(['0', '-5', '1.5', '1e30', '12345678901234567.5', 'true', '{}', '9223372036854775808'])(
    'the JSON value %s is none',
    async (id) => {
      const { records, bad } = await fromStdin(readUsers, `{"id":${id}}`)
      expect([records, bad.length]).toEqual([[], 1])
      expect(bad[0]!.reason).toMatch(/^id is .*: write an integer/)
    },
  )

  test('of relationships leave the service as many as it will ever need', async () => {
    const { records, bad } = await fromStdin(
      readFollows,
      `follower_id,followee_id,id\n${2n ** 63n - 1n},2,${2n ** 62n}\n1,3,${2n ** 62n + 1n}\n1,4,${2n ** 63n - 1n}\n`,
    )
    expect(records).toEqual([{ follower_id: 2n ** 63n - 1n, followee_id: 2n, id: 2n ** 62n }])
    expect(bad.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      `3 id is ${2n ** 62n + 1n}: write one up to ${2n ** 62n}, or leave it out`,
      `4 id is ${2n ** 63n - 1n}: write one up to ${2n ** 62n}, or leave it out`,
    ])
  })

  test('missing ones and self-follows are bad', async () => {
    const { records, bad } = await fromStdin(
      readFollows,
      'follower_id,followee_id\n3,3\n,4\n5,6\n7\n8,9,10\n',
    )
    expect(records).toEqual([{ follower_id: 5n, followee_id: 6n }])
    expect(bad.map((one) => `${one.line} ${one.reason}`)).toEqual([
      '2 user 3 cannot follow itself: remove the line',
      '3 follower_id is missing: write it',
      '5 followee_id is missing: write it',
      '6 the line has 3 fields, the header 2: give it as many',
    ])
  })
})

describe('dates', () => {
  test.each([
    ['2012-12-31T13:22:55Z', '2012-12-31T13:22:55Z'],
    ['2024-10-01', '2024-10-01T00:00:00Z'],
    ['2024-02-29T23:59:59.999Z', '2024-02-29T23:59:59Z'],
    ['2024-01-01T01:30:00+02:00', '2023-12-31T23:30:00Z'],
    ['2024-01-01 01:30-0230', '2024-01-01T04:00:00Z'],
    ['2024-01-01t01:30:10z', '2024-01-01T01:30:10Z'],
    ['2024-01-01T01:30:10', '2024-01-01T01:30:10Z'],
  ])('%s is %s', async (written, expected) => {
    expect(await user({ created_at: written })).toEqual({
      records: [{ id: 7n, created_at: expected }],
      bad: [],
    })
  })

  test.each([
    '2023-02-29',
    '2024-13-01',
    '2024-01-01T24:00:00Z',
    '1-01-01',
    'yesterday',
    '0000-01-01T00:00:00+01:00',
    1730000000,
  ])('%s is none', async (written) => {
    expect(await reasonFor({ created_at: written })).toBe(
      `created_at is ${JSON.stringify(written)}: write an ISO 8601 date that exists, such as 2012-12-31T13:22:55Z`,
    )
  })
})

describe('users', () => {
  test('lengths count code points', async () => {
    expect((await user({ name: '🦊'.repeat(50), description: '🦊'.repeat(256) })).bad).toEqual([])
    expect(await reasonFor({ name: '🦊'.repeat(51) })).toBe('name is 51 characters long: shorten it to 50')
    expect(await reasonFor({ description: 'x'.repeat(257) })).toMatch(
      '257 characters long: shorten it to 256',
    )
  })

  const picture = (fields: object) => ({ url: 'https://x.example/c.png', width: 1, height: 1, ...fields })
  test.each<[object, string]>([
    [{ username: 'bo-b' }, 'username is "bo-b": write 1 to 20 of the letters'],
    [{ username: 'x'.repeat(21) }, 'write 1 to 20'],
    [{ type: 'Human' }, 'type is "Human": write human, feed or bot'],
    [{ bot: 'maybe' }, 'bot is "maybe": write true or false'],
    [{ name: 5 }, 'name is 5: write a string'],
    [{ name: '\ud800' }, 'name holds half a surrogate pair'],
    [{ annotations: {} }, 'annotations is {}: write a JSON array'],
    [{ annotations: '[{' }, 'annotations is "[{": write JSON'],
    [{ annotations: [5] }, 'annotations[0] is 5: write a JSON object'],
    [{ timezone: '+01:00' }, 'timezone is "+01:00": write a name'],
    [{ timezone: 'Nowhere/At' }, 'timezone is "Nowhere/At": write a name'],
    [{ locale: 'xx notalocale!!' }, 'locale is "xx notalocale!!": write it in the form ^[a-z]{2,3}'],
    [{ locale: 'x' }, ', such as en_US'],
    [{ verified_domain: '<b>x' }, 'verified_domain is "<b>x": write it in the form ^[A-Za-z0-9.-]{1,253}$'],
    [
      { avatar_image: picture({ url: 'javascript:x' }) },
      'avatar_image has the url "javascript:x": write a valid',
    ],
    [{ avatar_image: picture({ url: 'https://x.example/"' }) }, 'without spaces, quotes, < and >'],
    [
      { avatar_image: picture({ url: 'https://x.example:99999/' }) },
      'has the url "https://x.example:99999/"',
    ],
    [{ cover_image: picture({ width: 0 }) }, 'cover_image has the width 0: write an integer from 1 to 10000'],
    [{ cover_image: picture({ height: '99999999' }) }, 'cover_image has the height 99999999: write'],
    [{ cover_image: [] }, 'cover_image is []: it needs a url'],
    [{ avatar_image_url: 'https://x.example/c.png' }, 'it needs a url (http or https), a width and a height'],
  ])('%j is bad', async (fields, reason) => {
    const { records, bad } = await user(fields)
    expect(records).toEqual([])
    expect(bad[0]!.reason).toContain(reason)
  })

  // Too long for the titles of tests.
  test('long values are bad', async () => {
    for (const [fields, reason] of [
      [{ annotations: Array(101).fill({}) }, 'annotations has 101 entries: shorten it to 100'],
      [{ annotations: [{ a: 'x'.repeat(66_000) }] }, 'annotations are longer than 65536 characters as JSON'],
      [{ timezone: 'x'.repeat(20_000) }, '…: write a name of the time zone database, such as Europe/Berlin'],
      [
        { avatar_image: picture({ url: `https://x.example/${'y'.repeat(5_000)}` }) },
        'of up to 2000 characters',
      ],
      [{ cover_image: picture({ width: '9'.repeat(400) }) }, 'cover_image has the width "9999'],
    ] as const)
      expect(await reasonFor(fields)).toContain(reason)
  })

  // The largest that a body may have. What of it an export writes, an import takes.
  test('what the API takes, a file may have', async () => {
    const most = {
      username: 'x'.repeat(20),
      timezone: 'America/Argentina/ComodRivadavia',
      locale: 'zh-Hant-TW-x0',
      verified_domain: 'x'.repeat(253),
      avatar_image: {
        url: `https://x.example/${'y'.repeat(1_982)}`,
        width: 10_000,
        height: 10_000,
      },
      annotations: Array(100).fill({ a: 'x'.repeat(600) }),
    }
    expect(() => putUserFields({ type: 'json', value: most })).not.toThrow()
    expect(await user(most)).toEqual({ records: [{ id: 7n, ...most }], bad: [] })
  })

  test('spaces around words are no part of them', async () => {
    const { records } = await user({ timezone: ' UTC', locale: 'de_DE ', verified_domain: ' ', name: ' Bo ' })
    expect(records).toEqual([{ id: 7n, timezone: 'UTC', locale: 'de_DE', name: ' Bo ' }])
  })

  // Such an object has no text, and such a list has that of its only entry.
  test.each([[{ toString: null }], [['true']], [[['true']]], [[1]]])(
    '%j is no id, boolean, number or size',
    async (value) => {
      const size = { url: 'https://x.example/a.png', width: value, height: 1 }
      const { records, bad } = await fromStdin(
        readUsers,
        [{ locked: value }, { bot: value }, { avatar_image: size }, { moved_to: value }, { name: 'good' }]
          .map((fields) => `${JSON.stringify({ id: '7', ...fields })}\n`)
          .join(''),
      )
      expect(records).toEqual([{ id: 7n, name: 'good' }])
      expect(bad.map(({ line }) => line)).toEqual([1, 2, 3, 4])
      const follows = await fromStdin(
        readFollows,
        `${JSON.stringify({ follower_id: value, followee_id: 1 })}\n`,
      )
      expect(follows.bad).toHaveLength(1)
    },
  )

  test('everything wrong with a line is told at once', async () => {
    expect(await reasonFor({ id: 0, username: '-', type: 'x' })).toMatch(
      /^id is .*; username is .*; type is /,
    )
  })

  test('a User object of the API goes in without counts and flags', async () => {
    const { records, bad } = await user({
      username: 'bo',
      name: 'Bo',
      description: {
        text: 'hi @al',
        html: '<span>hi</span>',
        entities: { mentions: [], hashtags: [], links: [] },
      },
      type: 'feed',
      timezone: 'UTC',
      locale: 'en',
      created_at: '2012-12-31T13:22:55Z',
      avatar_image: { url: 'https://x.example/a.png', width: 10, height: 20, is_default: false },
      cover_image: { url: 'https://x.example/default.png', width: 10, height: 20, is_default: true },
      counts: { following: 1, followers: 2, posts: 0, stars: 0 },
      canonical_url: 'https://x.example/bo',
      you_follow: true,
      pagination_id: '12',
      annotations: [],
      verified_domain: null,
    })
    expect(bad).toEqual([])
    expect(records).toEqual([
      {
        id: 7n,
        username: 'bo',
        name: 'Bo',
        description: 'hi @al',
        type: 'feed',
        timezone: 'UTC',
        locale: 'en',
        created_at: '2012-12-31T13:22:55Z',
        avatar_image: { url: 'https://x.example/a.png', width: 10, height: 20 },
        annotations: [],
      },
    ])
  })

  test('images as columns, annotations as JSON text, empty cells absent', async () => {
    const { records, bad } = await fromStdin(
      readUsers,
      'id,name,avatar_image_url,avatar_image_width,avatar_image_height,cover_image,annotations\n' +
        '1,,https://x.example/a.png,10,20,"{""url"":""http://x.example/c"",""width"":1,""height"":2}","[{""type"":""t""}]"\n2,,,,,,\n',
    )
    expect(bad).toEqual([])
    expect(records).toEqual([
      {
        id: 1n,
        avatar_image: { url: 'https://x.example/a.png', width: 10, height: 20 },
        cover_image: { url: 'http://x.example/c', width: 1, height: 2 },
        annotations: [{ type: 't' }],
      },
      { id: 2n },
    ])
  })

  test('booleans and sizes as databases and pandas write them', async () => {
    const yes = ['true', 'True', 'TRUE', '1', '1.0', '1.00', 't', 'T', ' t ']
    const no = ['false', 'False', '0', '0.0', 'f']
    for (const column of ['locked', 'hides_lists', 'bot'])
      for (const [index, values] of [no, yes].entries()) {
        const rows = values.map((value, at) => `${at + 1},${value}\n`)
        const { records, bad } = await fromStdin(readUsers, `id,${column}\n${rows.join('')}`)
        const fields = column !== 'bot' ? { [column]: index === 1 } : index === 1 ? { type: 'bot' } : {}
        expect([records, bad]).toEqual([values.map((_, at) => ({ id: BigInt(at + 1), ...fields })), []])
      }
    for (const value of ['2', '1.000', '-1', 'tr', 'y', '10', '0.5', 'NULL'])
      for (const column of ['locked', 'bot'])
        expect(await reasonFor({ [column]: value })).toBe(`${column} is "${value}": write true or false`)
    const size = (width: string) => ({
      avatar_image_url: 'https://x.example/a',
      avatar_image_width: width,
      avatar_image_height: '20.0',
    })
    expect((await user(size('10.00'))).records).toMatchObject([{ avatar_image: { width: 10, height: 20 } }])
    for (const width of ['10.000', '10.5', '0.0', '10,0'])
      expect(await reasonFor(size(width))).toMatch(
        /avatar_image has the width .*: write an integer from 1 to 10000$/,
      )
  })

  test("Mastodon's columns, and columns nobody knows", async () => {
    const mastodon =
      'id,created_at,bot,locked,followers_count\n1,2016-03-16,false,false,3\n2,2016-03-17,true,true,4\n'
    expect((await fromStdin(readUsers, mastodon)).records).toEqual([
      { id: 1n, created_at: '2016-03-16T00:00:00Z', locked: false },
      { id: 2n, created_at: '2016-03-17T00:00:00Z', type: 'bot', locked: true },
    ])
    const senate = 'id,username,name,party,state\n1,SenAlexander,Lamar Alexander,R,TN\n'
    expect((await fromStdin(readUsers, senate)).records).toEqual([
      { id: 1n, username: 'SenAlexander', name: 'Lamar Alexander' },
    ])
    const both = '{"id":1,"type":"feed","bot":true}'
    expect((await fromStdin(readUsers, both)).records).toEqual([{ id: 1n, type: 'feed' }])
  })
})
