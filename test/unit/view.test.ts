// How a row of the graph becomes the User object's JSON, without a graph.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Item } from '../../src/users/item.ts'
import { nodeProperties, type Profile } from '../../src/users/profile.ts'
import { canFollow, itemForm, openUserJson, userJson } from '../../src/users/view.ts'
import { VIEWER_FIELDS } from '../support/viewer-fields.ts'

const ALL = { annotations: false, html: true }
const read = (text: string) => JSON.parse(text.replaceAll('\u0001', 'http://h.example'))
const stored = (profile: Profile) => nodeProperties(profile).rendered as string
const item = (profile: Profile, more: Partial<Record<number, unknown>> = {}): Item =>
  Object.assign(
    [stored(profile), 3n, 9007199254740993n, null, null, false, false, false, false, false],
    more,
  ) as Item

describe('userJson', () => {
  it('is valid JSON for any text, ids and counts digit for digit', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        fc.boolean(),
        (id, name, description, html) => {
          const text = userJson(
            item({ id, name, description }),
            { id: 1n, type: 'human' },
            { annotations: true, html },
          )
          const user = read(text)
          expect(user.id).toBe(String(id))
          expect(user.name).toBe(name)
          expect(text).toContain('"followers":9007199254740993')
          expect(user.annotations).toEqual([])
          if (description === '') expect(user).not.toHaveProperty('description')
          else {
            expect(user.description.text).toBe(description)
            expect('html' in user.description).toBe(html)
          }
          expect(user.avatar_image.url).toBe('http://h.example/images/avatar.svg')
        },
      ),
      {
        numRuns: 300,
        examples: [
          [7n, '\u0001/a', '\u0001/b', true],
          [7n, '\u0001/a', '"url":"\u0001/', false],
        ],
      },
    )
  })

  it('leaves the six viewer fields out for nobody and for oneself, and has all six for anybody else', () => {
    const present = (viewer: Parameters<typeof userJson>[1]) =>
      Object.keys(read(userJson(item({ id: 5n }), viewer, ALL))).filter((key) => VIEWER_FIELDS.includes(key))
    expect(present(null)).toEqual([])
    expect(present({ id: 5n, type: 'human' })).toEqual([])
    expect(present({ id: 6n, type: 'human' }).sort()).toEqual([...VIEWER_FIELDS].sort())
  })

  it('shows a node written by hand, which has no rendered text', () => {
    const user = read(
      userJson(
        [{ id: 7n, name: 'By hand', created_at: 'no date', type: 'alien' }, 0n, 0n, null, null],
        null,
        ALL,
      ),
    )
    expect(user).toMatchObject({
      id: '7',
      username: 'u7',
      name: 'By hand',
      type: 'human',
      created_at: '1970-01-01T00:00:00Z',
    })
  })

  it('links the mentions that the graph found, and no other', () => {
    const profile = { id: 7n, description: '@bo and @nobody' }
    const user = read(userJson(item(profile, { 3: [['bo', 2n ** 62n]] }), null, ALL))
    expect(user.description.entities.mentions).toEqual([
      { name: 'bo', id: String(2n ** 62n), pos: 0, len: 3 },
    ])
    expect(user.description.html).toContain('data-mention-name="bo"')
    expect(user.description.html).not.toContain('data-mention-name="nobody"')
  })

  it('stays open for a list to add its own keys', () => {
    expect(read(`${openUserJson(item({ id: 7n }), null, ALL)},"pagination_id":"1"}`)).toMatchObject({
      id: '7',
      pagination_id: '1',
    })
    expect(itemForm(null, ALL)).toEqual({ viewer: false, annotations: false })
  })
})

it('canFollow is false for oneself, across a block and for a bot that is not followed; a follow that stands stays', () => {
  const none = { youFollow: false, followsYou: false, youMuted: false, youBlocked: false, blocksYou: false }
  const human = { id: 1n, type: 'human' }
  const bot = { id: 1n, type: 'bot' }
  expect(canFollow(human, '1', { ...none, youFollow: true })).toBe(false)
  expect(canFollow(human, '2', none)).toBe(true)
  expect(canFollow(human, '2', { ...none, youMuted: true })).toBe(true)
  expect(canFollow(human, '2', { ...none, youBlocked: true })).toBe(false)
  expect(canFollow(human, '2', { ...none, blocksYou: true })).toBe(false)
  expect(canFollow(bot, '2', none)).toBe(false)
  expect(canFollow(bot, '2', { ...none, followsYou: true })).toBe(true)
  expect(canFollow(bot, '2', { ...none, youFollow: true })).toBe(true)
})
