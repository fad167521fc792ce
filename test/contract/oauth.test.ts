// The client credentials grant.
import { afterAll, describe, expect, inject, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { raw } from '../support/raw.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())
const client = await parts.tokens.createClient({
  name: 'Grant',
  link: 'https://example.org',
  scopes: ['basic', 'provision'],
  maxFollowing: 7n,
})
const { client_id, client_secret } = client
const grant_type = 'client_credentials'
const path = '/oauth/access_token'
const basic = (id: string, secret: string) => ({
  Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

const post = (form: Record<string, string> | URLSearchParams, headers = {}) =>
  service.call('POST', path, { form: form as Record<string, string>, headers })

describe('a grant', () => {
  it.each([
    ['form fields', { client_id, client_secret }, {}],
    ['HTTP Basic', {}, basic(client_id, client_secret)],
    ['the documented base', { client_id, client_secret }, {}],
  ])('by %s answers a bare object with a token that works', async (way, fields, headers) => {
    const answer = await service.call('POST', way === 'the documented base' ? `/stream/0${path}` : path, {
      form: { grant_type, ...fields },
      headers,
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const { access_token, ...rest } = answer.body
    expect(access_token).toMatch(/^fg_a_/)
    expect(rest).toEqual({
      token_type: 'Bearer',
      token: {
        app: { client_id, link: 'https://example.org', name: 'Grant' },
        scopes: ['basic', 'provision'],
        limits: { following: 7, max_file_size: expect.any(Number) },
      },
    })
    const described = await service.call('GET', '/token', { token: access_token })
    expect(described.body.data).toEqual(rest.token)
  })

  it('may ask for fewer scopes', async () => {
    const answer = await post({ grant_type, client_id, client_secret, scope: 'basic' })
    expect(answer.body.token.scopes).toEqual(['basic'])
  })

  it('is never compressed and has no ETag', async () => {
    const answer = await post({ grant_type, client_id, client_secret }, { 'Accept-Encoding': 'gzip, br' })
    expect([answer.headers.get('content-encoding'), answer.headers.get('etag')]).toEqual([null, null])
  })

  it('takes the parts of Basic form-encoded', async () => {
    const encode = (text: string) =>
      [...text].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('')
    expect((await post({ grant_type }, basic(encode(client_id), encode(client_secret)))).status).toBe(200)
  })
})

describe('errors of RFC 6749 section 5.2, bare and not stored', () => {
  const failed = (answer: Awaited<ReturnType<typeof post>>, status: number, error: string) => {
    expect(answer.body).toEqual({ error, error_description: expect.any(String) })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.text).not.toContain(client_secret.slice(0, 8))
  }

  it.each([
    ['no body', () => service.call('POST', path)],
    ['no grant_type', () => post({ client_id, client_secret })],
    ['no client', () => post({ grant_type })],
    ['no secret', () => post({ grant_type, client_id })],
    [
      'a parameter twice',
      () =>
        post(
          new URLSearchParams([
            ['grant_type', grant_type],
            ['grant_type', grant_type],
            ['client_id', client_id],
            ['client_secret', client_secret],
          ]),
        ),
    ],
    [
      'the client in both ways',
      () => post({ grant_type, client_id, client_secret }, basic(client_id, client_secret)),
    ],
    ['the id alone in both ways', () => post({ grant_type, client_id }, basic(client_id, client_secret))],
  ])('invalid_request: %s', async (_, ask) => {
    failed(await ask(), 400, 'invalid_request')
  })

  it('invalid_request: two Authorization lines', async () => {
    const { Authorization } = basic(client_id, client_secret)
    const body = `grant_type=${grant_type}`
    const answer = await raw(
      service.url,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${`Authorization: ${Authorization}\r\n`.repeat(2)}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([400, 'no-store'])
    expect(JSON.parse(answer.body)).toEqual({
      error: 'invalid_request',
      error_description: 'There are several Authorization lines; send one.',
    })
  })

  it.each([
    ['a wrong secret', () => post({ grant_type, client_id, client_secret: 'wrong' })],
    ['an unknown client', () => post({ grant_type, client_id: 'nobody', client_secret })],
    ['a wrong secret in Basic', () => post({ grant_type }, basic(client_id, 'wrong'))],
    [
      'Basic without a colon',
      () => post({ grant_type }, { Authorization: `Basic ${Buffer.from('x').toString('base64')}` }),
    ],
    [
      'the client of the command line, which has no secret',
      () => post({ grant_type, client_id: 'follow-graph', client_secret: '' }),
    ],
  ])('invalid_client: %s', async (_, ask) => {
    const answer = await ask()
    failed(answer, 401, 'invalid_client')
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="follow-graph"')
  })

  it('unsupported_grant_type and invalid_scope', async () => {
    failed(await post({ grant_type: 'password', client_id, client_secret }), 400, 'unsupported_grant_type')
    failed(await post({ grant_type, client_id, client_secret, scope: 'follow' }), 400, 'invalid_scope')
  })

  it('JSON is a 415, another method a 405', async () => {
    expect(
      (await service.call('POST', path, { json: { grant_type, client_id, client_secret } })).status,
    ).toBe(415)
    const get = await service.call('GET', path)
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
  })
})

describe('wrong secrets', () => {
  it('wait after ten a minute, per client and address; right ones are not counted', async () => {
    const guarded = await startTestService({ RATE_LIMIT: 'anonymous=1000/60' })
    const [a, b] = await Promise.all(
      ['a', 'b'].map((name) =>
        parts.tokens.createClient({ name, link: '', scopes: ['basic'], maxFollowing: null }),
      ),
    )
    const ask = (id: string, secret: string) =>
      guarded.call('POST', path, { form: { grant_type, client_id: id, client_secret: secret } })
    for (let n = 0; n < 12; n += 1) expect((await ask(a!.client_id, a!.client_secret)).status).toBe(200)
    for (let n = 0; n < 10; n += 1) expect((await ask(a!.client_id, 'wrong')).status).toBe(401)
    const late = await ask(a!.client_id, a!.client_secret)
    expect([late.status, late.body.meta.error_slug]).toEqual([429, 'rate-limit'])
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await ask(b!.client_id, b!.client_secret)).status).toBe(200)
  })

  it('are not limited with RATE_LIMIT=off', async () => {
    for (let n = 0; n < 12; n += 1)
      expect((await post({ grant_type, client_id, client_secret: 'wrong' })).status).toBe(401)
    expect((await post({ grant_type, client_id, client_secret })).status).toBe(200)
  })
})
