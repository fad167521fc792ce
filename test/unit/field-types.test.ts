// The types of profile fields that any field may have: what is stored is read back, and what somebody wrote by hand only if it makes sense.
import { describe, expect, it } from 'vitest'
import { type FieldType, TYPES, type Values } from '../../src/users/field-types.ts'

function storedAndRead<Type extends FieldType>(type: Type, value: Values[Type] | undefined) {
  const node: Record<string, unknown> = {}
  TYPES[type]('field').store(node, value)
  return [node, TYPES[type]('field').read(node)]
}

describe('a field', () => {
  it.each([
    ['text', 'a', { field: 'a' }],
    ['url', 'https://x.example/', { field: 'https://x.example/' }],
    ['integer', -5, { field: -5n }],
    ['boolean', false, { field: false }],
    ['boolean', true, { field: true }],
    [
      'image',
      { url: 'https://x.example/', width: 1, height: 2 },
      {
        field_url: 'https://x.example/',
        field_width: 1n,
        field_height: 2n,
      },
    ],
  ] as const)('of the type %s is read back as %j', (type, value, node) => {
    expect(storedAndRead(type, value)).toEqual([node, value])
  })

  it.each(['text', 'url', 'integer', 'boolean'] as const)(
    'of the type %s without a value is a null',
    (type) => {
      expect(storedAndRead(type, undefined)).toEqual([{ field: null }, undefined])
    },
  )

  it.each([
    ['text', 5n],
    ['url', 'javascript:x'],
    ['url', 'http://'],
    ['url', 7n],
    ['integer', 1.5],
    ['integer', '5'],
    ['integer', 2n ** 60n],
    ['boolean', 'true'],
    ['boolean', 1n],
  ] as const)('of the type %s ignores %s in a node', (type, value) => {
    expect(TYPES[type]('field').read({ field: value })).toBeUndefined()
  })

  // The API must not store what an export has to leave out.
  it.each(['http://a:99999/x', 'https://[x/y'])('of the type url or image refuses %s', (url) => {
    const sentence = /^has an address that is not valid: /
    expect(TYPES.url('field').refusal?.(url)).toMatch(sentence)
    expect(TYPES.image('field').refusal?.({ url, width: 1, height: 1 })).toMatch(sentence)
  })

  it('of the type url or image takes a valid address; url an empty text, too', () => {
    const url = 'HTTPS://x.example:8080/a b.png'
    expect(TYPES.url('field').refusal?.(url)).toBeUndefined()
    expect(TYPES.url('field').refusal?.('')).toBeUndefined()
    expect(TYPES.image('field').refusal?.({ url, width: 1, height: 1 })).toBeUndefined()
  })

  // From version 21 on Node itself takes the offsets.
  it.each(['+01:00', '-0330', '+00', 'Europe/Nowhere', ' UTC'])('of the type timezone refuses %j', (name) => {
    expect(TYPES.timezone('field').refusal?.(name)).toMatch(/^must be a name of the time zone database/)
  })

  it.each(['Europe/Berlin', 'UTC', 'Etc/GMT+1'])('of the type timezone takes %s', (name) => {
    expect(TYPES.timezone('field').refusal?.(name)).toBeUndefined()
  })

  it('of the type url is removed by an empty text', () => {
    expect(storedAndRead('url', '')).toEqual([{ field: null }, undefined])
  })
})
