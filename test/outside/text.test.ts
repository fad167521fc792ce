// Text that is no text: half characters, U+0000 and bytes that are not UTF-8 in a JSON body are a 400 that names the field, and nothing is written.
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'
import { JSON_TYPE, sender } from './send.ts'

const service = await startTestService()
const send = sender(service)
const app = await service.appToken(['basic', 'provision'])

const latin1 = (text: string) => Buffer.from(text, 'latin1')
const nest = (depth: number, inner: string) => `${'[{"x":'.repeat(depth)}${inner}${'}]'.repeat(depth)}`

/** What is no text, as it stands between the quotes of JSON, and a word of the refusal. */
const BROKEN: [string, string, string][] = [
  ['half a pair, its beginning', 'Ada \\ud83d', 'half'],
  ['half a pair, its end', 'Ada \\ude00', 'half'],
  ['the halves in the wrong order', '\\ude00\\ud83d', 'half'],
  ['a half in front of a whole character', '\\ud83d😀', 'half'],
  ['the lowest half', '\\uD800', 'half'],
  ['the highest half', '\\uDFFF', 'half'],
  ['U+0000', 'a\\u0000b', 'U+0000'],
]

const PROFILE = { name: 'Bo', locale: 'en_GB', timezone: 'Europe/London', description: { text: 'hello' } }
const body = (fields: Record<string, unknown>, mark: string) => JSON.stringify(fields).replace('MARK', mark)

/** Every string that the routes of profiles read, and the name under which it is refused. */
const STRINGS: [Record<string, unknown>, string][] = [
  [{ name: 'MARK' }, 'name'],
  [{ locale: 'MARK' }, 'locale'],
  [{ timezone: 'MARK' }, 'timezone'],
  [{ description: { text: 'MARK' } }, 'description.text'],
  [{ annotations: [{ type: 'MARK' }] }, 'annotations[0].type'],
  [{ annotations: [{}, { value: { x: ['a', 'MARK'] } }] }, 'annotations[1].value.x[1]'],
  [{ annotations: [{ value: { MARK: 1 } }] }, 'annotations[0].value'],
  [{ annotations: [{ value: { 'org.example/x': 'MARK' } }] }, 'annotations[0].value["org.example/x"]'],
]
const ACCOUNT_STRINGS: [Record<string, unknown>, string][] = [
  [{ username: 'MARK' }, 'username'],
  [{ verified_domain: 'MARK' }, 'verified_domain'],
  [{ type: 'MARK' }, 'type'],
  [{ created_at: 'MARK' }, 'created_at'],
  [{ avatar_image: { url: 'https://a.example/MARK', width: 1, height: 1 } }, 'avatar_image.url'],
  [{ cover_image: { url: 'https://a.example/MARK', width: 1, height: 1 } }, 'cover_image.url'],
]

describe.each(BROKEN)('%s', (_, mark, word) => {
  it.each(STRINGS)('PATCH users/me %j: 400, nothing is written', async (fields, field) => {
    const { id, token } = await service.user()
    const before = await service.call('GET', `/users/${id}?include_annotations=1`)
    const { status, message } = await send('PATCH', '/users/me', body(fields, mark), JSON_TYPE, token)
    expect([status, message]).toEqual([400, expect.stringContaining(field)])
    expect(message).toMatch(/^Bad Request: /)
    expect(message).toContain(word)
    const after = await service.call('GET', `/users/${id}?include_annotations=1`)
    expect(after.body.data).toEqual(before.body.data)
  })

  it.each(STRINGS.slice(0, 4))('PUT users/me %j: 400', async (fields, field) => {
    const { token } = await service.user()
    const whole = body({ ...PROFILE, ...fields }, mark)
    const { status, message } = await send('PUT', '/users/me', whole, JSON_TYPE, token)
    expect([status, message]).toEqual([400, expect.stringContaining(field)])
    expect(message).toContain(word)
  })

  it.each([...STRINGS, ...ACCOUNT_STRINGS])('PUT users/{id} %j: 400', async (fields, field) => {
    const { id, username } = await service.createUser()
    const whole = body({ username, ...fields }, mark)
    const { status, message } = await send('PUT', `/users/${id}`, whole, JSON_TYPE, app)
    expect([status, message]).toEqual([400, expect.stringContaining(field)])
    expect(message).toContain(word)
  })

  it.each([
    ['{"follow":["2","MARK"]}', 'follow[1]'],
    ['{"unfollow":["MARK"]}', 'unfollow[0]'],
    ['{"follow":[],"MARK":1}', 'a key of the body'],
    ['{"follow":[],"note":"MARK"}', 'note'],
    ['{"access_token":"MARK"}', 'access_token'],
  ])('POST follows %s: 400', async (text, field) => {
    const { token } = await service.user()
    const { status, message } = await send('POST', '/follows', text.replace('MARK', mark), JSON_TYPE, token)
    expect([status, message]).toEqual([400, expect.stringContaining(field)])
    expect(message).toContain(word)
  })

  it('in a body that the route does not read, and in one that is only a string: 400', async () => {
    const [me, other] = await service.users(2)
    const path = `/users/${other!.id}/follow`
    const unread = await send('POST', path, `{"a":{"b":"${mark}"}}`, JSON_TYPE, me!.token)
    expect([unread.status, unread.message]).toEqual([400, expect.stringContaining('a.b')])
    const string = await send('POST', path, `"${mark}"`, JSON_TYPE, me!.token)
    expect([string.status, string.message]).toEqual([400, expect.stringContaining('the body')])
    expect((await service.call('GET', path.replace('/follow', ''))).body.data.counts.followers).toBe(0)
  })
})

describe('text that is text stays as it is', () => {
  it.each([
    ['whole pairs', '😀👩‍👩‍👧‍👦'],
    ['combining marks, in no normal form', 'e\u0301 \u212b'],
    ['text from right to left, with its marks', 'ש\u200fל\u202e'],
    ['a no-character and a private one', '\uffff\ufdd0\ue000'],
    ['U+FFFD, which is a character', 'a\ufffdb'],
    ['other control characters, as an import takes them', 'a\u0001\u0007\u001b\u007f\u0085\n\tb'],
    ['line separators', 'a\u2028b\u2029c'],
    ['a byte order mark within', 'a\ufeffb'],
  ])('%s', async (_, text) => {
    const { token } = await service.user()
    const annotations = [{ type: text, value: { [text]: [text] } }]
    const fields = { name: text, description: { text }, annotations }
    const written = await service.call('PATCH', '/users/me?include_annotations=1', { token, json: fields })
    expect(written.status, written.text).toBe(200)
    const { data } = (await service.call('GET', '/users/me?include_annotations=1', { token })).body
    expect([data.name, data.description.text, data.annotations]).toEqual([text, text, annotations])
  })

  it('a key named __proto__ or constructor is data, and changes nothing else', async () => {
    const { token } = await service.user()
    const text =
      '{"__proto__":{"name":"evil"},"constructor":{"prototype":{"name":"evil"}},"annotations":[{"__proto__":{"a":1},"b":2}]}'
    const { status, answer } = await send('PATCH', '/users/me?include_annotations=1', text, JSON_TYPE, token)
    expect(status).toBe(200)
    expect(answer.data.name).not.toBe('evil')
    expect(JSON.stringify(answer.data.annotations)).toBe('[{"__proto__":{"a":1},"b":2}]')
    expect(({} as { name?: string }).name).toBeUndefined()
    const missing = await send(
      'PUT',
      `/users/${(await service.createUser()).id}`,
      '{"__proto__":{"username":"evil"}}',
      JSON_TYPE,
      app,
    )
    expect([missing.status, missing.message]).toEqual([400, expect.stringContaining('username')])
  })

  it('of a key that stands twice the last one counts', async () => {
    const { token } = await service.user()
    const { status, answer } = await send(
      'PATCH',
      '/users/me',
      '{"name":"One","name":"Two"}',
      JSON_TYPE,
      token,
    )
    expect([status, answer.data.name]).toEqual([200, 'Two'])
  })

  it('a byte order mark before the body is skipped', async () => {
    const { token } = await service.user()
    const { status, answer } = await send('PATCH', '/users/me', '\ufeff{"name":"Marked"}', JSON_TYPE, token)
    expect([status, answer.data.name]).toEqual([200, 'Marked'])
  })
})

describe('numbers', () => {
  it.each([
    ['1e400', 'annotations[0].value.n'],
    ['-1e400', 'annotations[0].value.n'],
    [`1${'0'.repeat(400)}`, 'annotations[0].value.n'],
  ])('%.10s… is over what a double holds: 400 instead of null', async (number, field) => {
    const { token } = await service.user()
    const text = `{"annotations":[{"value":{"n":${number}}}]}`
    const { status, message } = await send('PATCH', '/users/me', text, JSON_TYPE, token)
    expect([status, message]).toEqual([400, expect.stringContaining(field)])
    expect(message).toContain('string')
  })

  it('an image of such a width is refused by its name, a tiny and a negative number are data', async () => {
    const { id, username } = await service.createUser()
    const text = `{"username":"${username}","avatar_image":{"url":"https://a.example/","width":1e400,"height":1}}`
    const { status, message } = await send('PUT', `/users/${id}`, text, JSON_TYPE, app)
    expect([status, message]).toEqual([400, expect.stringContaining('avatar_image.width')])
    const { token } = await service.user()
    const annotations = [{ value: [-0.5, 1e-300, 1.5e308, 0] }]
    const written = await service.call('PATCH', '/users/me?include_annotations=1', {
      token,
      json: { annotations },
    })
    expect(written.body.data.annotations).toEqual(annotations)
  })
})

describe('bytes that are not UTF-8', () => {
  it.each([
    ['Latin-1', latin1('{"name":"Zo\xeb"}')],
    ['a sequence that breaks off', latin1('{"name":"Zo\xc3"}')],
    ['an overlong slash', latin1('{"name":"\xc0\xaf"}')],
    ['half a pair in bytes (CESU-8)', latin1('{"name":"\xed\xa0\xbd\xed\xb8\x80"}')],
    ['beyond U+10FFFF', latin1('{"name":"\xf4\x90\x80\x80"}')],
    ['UTF-16 with its mark', Buffer.from('\ufeff{"name":"x"}', 'utf16le')],
  ])('%s: 400', async (_, bytes) => {
    const { token } = await service.user()
    const { status, message } = await send('PATCH', '/users/me', bytes, JSON_TYPE, token)
    expect([status, message]).toEqual([400, expect.stringContaining('UTF-8')])
  })
})

it('the refusal itself is readable: a long or strange key is shown short and escaped', async () => {
  const { token } = await service.user()
  const key = `\u001b[2J😀${'k'.repeat(5_000)}`
  const text = `{"annotations":[{${JSON.stringify(key)}:"\\u0000"}]}`
  const { status, message } = await send('PATCH', '/users/me', text, JSON_TYPE, token)
  expect(status).toBe(400)
  expect(message).toContain('annotations[0]')
  expect(message).not.toMatch(/[\p{Surrogate}\p{Cc}]/u)
  expect(message.length).toBeLessThan(400)
  const deep = `{"annotations":${nest(20, '"\\u0000"')}}`
  expect((await send('PATCH', '/users/me', deep, JSON_TYPE, token)).message).toContain(
    'annotations[0].x[0].x',
  )
})
