// Text that is no text in forms, paths and parameters: 400 with the name of the field, or 404 where it should name a user.
import { describe, expect, it } from 'vitest'
import { startTestService } from '../support/service.ts'
import { FORM_TYPE, sender } from './send.ts'

const service = await startTestService()
const send = sender(service)

describe('forms', () => {
  it.each([
    ['U+0000 in a value', 'note=a%00b', 'note', 'U+0000'],
    ['U+0000 as it is', 'note=a\u0000b', 'note', 'U+0000'],
    ['U+0000 in a key', 'no%00te=1', 'a key of the body', 'U+0000'],
    ['in access_token', 'access_token=fg_u_%00', 'access_token', 'U+0000'],
    ['escapes that are not UTF-8', 'note=caf%E9', 'note', 'UTF-8'],
    ['half a pair, escaped', 'note=%ED%A0%BD', 'note', 'UTF-8'],
    ['a key whose escapes are not UTF-8', '%FF=1', 'the body', 'UTF-8'],
    ['a sequence that breaks off between escape and letter', 'note=%C3a', 'note', 'UTF-8'],
  ])('%s: 400', async (_, form, field, word) => {
    const [me, other] = await service.users(2)
    const { status, message } = await send('POST', `/users/${other!.id}/follow`, form, FORM_TYPE, me!.token)
    expect([status, message]).toEqual([400, expect.stringContaining(field)])
    expect(message).toContain(word)
    expect((await service.call('GET', `/users/${other!.id}`)).body.data.counts.followers).toBe(0)
  })

  it('over 1,000 fields: 400, without the time that a million of them take', async () => {
    const [me] = await service.users(1)
    const { status, message } = await send(
      'POST',
      '/users/1/follow',
      '&'.repeat(900_000),
      FORM_TYPE,
      me!.token,
    )
    expect([status, message]).toEqual([400, expect.stringContaining('over 1000 fields')])
  })

  it('what is text is taken: escapes of UTF-8, plus signs, a lonely percent sign', async () => {
    const [me, other] = await service.users(2)
    const form = `note=caf%C3%A9+%F0%9F%98%80+100%&access_token=${me!.token}`
    const { status, answer } = await send('POST', `/users/${other!.id}/follow`, form, FORM_TYPE)
    expect([status, answer.data.you_follow]).toEqual([200, true])
  })

  it.each([
    ['client_id', 'grant_type=client_credentials&client_id=a%00&client_secret=b'],
    ['client_secret', 'grant_type=client_credentials&client_id=a&client_secret=%00'],
    ['grant_type', 'grant_type=client_credentials%00&client_id=a&client_secret=b'],
    ['scope', 'grant_type=client_credentials&client_id=a&client_secret=b&scope=basic%00'],
    ['client_id', 'grant_type=client_credentials&client_id=%E9&client_secret=b'],
  ])('POST oauth/access_token, %s: invalid_request, bare', async (field, form) => {
    const { status, answer } = await send('POST', '/oauth/access_token', form, FORM_TYPE)
    expect([status, answer]).toEqual([
      400,
      { error: 'invalid_request', error_description: expect.stringContaining(field) },
    ])
    expect(answer.error_description).toMatch(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
  })

  it('a client of that name in HTTP Basic is an unknown client', async () => {
    for (const pair of ['a\u0000:b', 'a:b%00', '%FF:b', '\ud83d:b'])
      expect(
        await service.call('POST', '/oauth/access_token', {
          form: { grant_type: 'client_credentials' },
          headers: { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
        }),
      ).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })
})

describe('paths and parameters', () => {
  it.each(['@na%00me', '%00', '7%00', '@%ED%A0%BD', '@%FF', '%F0%9F%98', 'me%00', '%u0037'])(
    '/users/%s names nobody: 404',
    async (reference) => {
      const { token } = await service.user()
      for (const [method, path] of [
        ['GET', `/users/${reference}`],
        ['GET', `/users/${reference}/followers`],
        ['POST', `/users/${reference}/follow`],
        ['DELETE', `/users/me/followers/${reference}`],
      ] as const)
        expect((await service.call(method, path, { token })).status, `${method} ${path}`).toBe(404)
    },
  )

  it.each([
    ['/users?ids=%00,@na%00me,%FF', 200],
    ['/relationships?source=me&targets=%00,%ED%A0%BD', 200],
    ['/relationships?source=%00&targets=2', 404],
    ['/users/me?include_html=%00', 400],
    ['/users/me/followers?count=2%00', 400],
    ['/users/me/followers?before_id=%00', 400],
    ['/users/me?x=%00&%00=%FF', 200],
  ])('%s: %i', async (path, status) => {
    const { token } = await service.user()
    const answer = await service.call('GET', path, { token })
    expect(answer.status, answer.text).toBe(status)
  })

  it('a callback and a token with U+0000 are refused as any other bad one', async () => {
    expect((await service.call('GET', '/users/2?callback=a%00')).status).toBe(400)
    expect((await service.call('GET', '/token?access_token=fg_u_%00')).status).toBe(401)
  })
})
