// What is stored of a user, and what is read back of a node, however it was written.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isoSeconds } from '../../src/users/dates.ts'
import { nodeProperties, type Profile, profileOf } from '../../src/users/profile.ts'

const image = fc.record({
  url: fc.webUrl(),
  width: fc.integer({ min: 1, max: 10000 }),
  height: fc.integer({ min: 1, max: 10000 }),
})
const profile = fc.record(
  {
    id: fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
    username: fc.stringMatching(/^[A-Za-z0-9_]{1,20}$/),
    name: fc.string({ minLength: 1, maxLength: 50 }),
    type: fc.constantFrom('human' as const, 'feed' as const, 'bot' as const),
    description: fc.string({ minLength: 1, maxLength: 256 }),
    timezone: fc.constant('Europe/Berlin'),
    locale: fc.constant('de_DE'),
    created_at: fc.constant('2012-12-31T13:22:55Z'),
    verified_domain: fc.domain(),
    avatar_image: image,
    cover_image: image,
    annotations: fc.array(fc.dictionary(fc.string(), fc.integer())),
  },
  { requiredKeys: ['id', 'username', 'name', 'type', 'timezone', 'locale', 'created_at'] },
)

describe('a profile', () => {
  it('that is stored and read back is the same', () => {
    fc.assert(
      fc.property(profile, (written) => {
        const node = { ...nodeProperties(written as Profile), created_at: written.created_at }
        const present = Object.fromEntries(Object.entries(node).filter(([, value]) => value !== null))
        expect(profileOf(present)).toEqual({
          ...written,
          ...(written.annotations === undefined
            ? {}
            : { annotations: JSON.parse(JSON.stringify(written.annotations)) }),
        })
      }),
    )
  })

  it('keeps the name as written and finds it in lower case; an empty description is none', () => {
    expect(nodeProperties({ id: 7n, username: 'BoB', description: '' })).toMatchObject({
      username: 'BoB',
      username_key: 'bob',
      name: 'BoB',
      description: null,
      mentions: null,
    })
    expect(nodeProperties({ id: 7n })).toMatchObject({
      username: 'u7',
      username_key: 'u7',
      name: 'u7',
      type: 'human',
      timezone: 'UTC',
      locale: 'en_US',
    })
  })

  it('of a node written by hand is read as far as it makes sense', () => {
    expect(
      profileOf({
        id: 7n,
        name: 5n,
        type: 'alien',
        annotations: 'not json',
        created_at: null,
        username: ['x'],
      }),
    ).toEqual({ id: 7n })
    expect(profileOf({ id: 7n, annotations: '{"a":1}' })).toEqual({ id: 7n })
    expect(profileOf({})).toEqual({ id: 0n })
  })

  it.each([
    [7, 7n],
    [2 ** 62, 2n ** 62n],
    [7.5, 0n],
    [Number.POSITIVE_INFINITY, 0n],
    ['7', 0n],
  ])('of a node whose id is the float or text %s has the id %s', (id, expected) => {
    expect(profileOf({ id }).id).toBe(expected)
  })
})

it.each([
  ['2012-12-31T13:22:55Z', '2012-12-31T13:22:55Z'],
  ['2012-12-31T14:22:55.9+01:00', '2012-12-31T13:22:55Z'],
  ['2012-12-31', '2012-12-31T00:00:00Z'],
  [0n, '1970-01-01T00:00:00Z'],
  [253_402_300_799n, '9999-12-31T23:59:59Z'],
  [253_402_300_800n, undefined],
  // What Cypher's timestamp() gives.
  [1_355_347_619_758n, undefined],
  [-(2n ** 63n), undefined],
  [null, undefined],
  [undefined, undefined],
  [true, undefined],
  ['soon', undefined],
])('isoSeconds(%s) is %s', (value, expected) => {
  expect(isoSeconds(value)).toBe(expected)
})
