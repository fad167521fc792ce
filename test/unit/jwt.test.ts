// What a JWT of an identity provider must be to hold, and every way in which it may be forged or stale.
import { exportJWK, exportSPKI, generateKeyPair, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newTokenText } from '../../src/tokens/token.ts'
import { publicJwk, START, startIdentityProvider } from '../support/identity-provider.ts'

let idp: Awaited<ReturnType<typeof startIdentityProvider>>
beforeAll(async () => {
  idp = await startIdentityProvider()
})
beforeEach(() => idp.reset())
afterAll(() => idp.close())

describe('a JWT that holds', () => {
  it('becomes a user token', async () => {
    expect(await idp.verifier.find(await idp.sign())).toEqual({
      kind: 'user',
      user: { id: 7n, type: 'bot' },
      scopes: ['basic', 'stream', 'follow'],
      app: { client_id: 'web', name: 'web', link: '' },
      maxFollowing: 100n,
      expiresAt: expect.any(BigInt),
      hash: null,
    })
  })

  it.each([
    ['ES256', () => idp.sign()],
    ['RS256', () => idp.sign({}, { alg: 'RS256', kid: 'rsa' }, idp.rsa.privateKey)],
    ['no kid, where one key fits', () => idp.sign({}, { kid: undefined })],
    ['typ at+jwt', () => idp.sign({}, { typ: 'at+jwt' })],
    ['typ application/at+JWT', () => idp.sign({}, { typ: 'application/at+JWT' })],
    ['no typ', () => idp.sign({}, { typ: undefined })],
    ['several audiences', () => idp.sign({ aud: ['elsewhere', 'follow-graph'] })],
    ['an exp 4 s ago: clocks differ', () => idp.sign({ exp: START - 4 })],
    ['an nbf in 4 s: clocks differ', () => idp.sign({ nbf: START + 4 })],
    ['an id that is a JSON number', () => idp.sign({ sub: 7 })],
  ])('with %s', async (_, make) => {
    expect(await idp.outcome(await make())).toBe('user 7')
  })

  it('keeps every digit of an id beyond 2^53', async () => {
    expect(await idp.outcome(await idp.sign({ sub: '9007199254740993' }))).toBe('user 9007199254740993')
  })

  it('names its user in the claim that is set', async () => {
    await idp.reset('https://example.org/user', null)
    const token = await idp.verifier.find(
      await idp.sign({ sub: 'auth0|abc', 'https://example.org/user': '8' }),
    )
    expect(token.user).toEqual({ id: 8n, type: 'human' })
    expect(token.maxFollowing).toBeNull()
  })

  it('leaves out scopes that are not ours, provision among them, and always has basic', async () => {
    expect(
      (await idp.verifier.find(await idp.sign({ scope: 'openid provision follow follow' }))).scopes,
    ).toEqual(['basic', 'follow'])
    expect((await idp.verifier.find(await idp.sign({ scope: undefined }))).scopes).toEqual(['basic'])
    expect((await idp.verifier.find(await idp.sign({ scope: ['follow'] }))).scopes).toEqual(['basic'])
  })

  it('takes azp for the app where there is no client_id', async () => {
    expect(
      (await idp.verifier.find(await idp.sign({ client_id: undefined, azp: 'ios' }))).app.client_id,
    ).toBe('ios')
    expect((await idp.verifier.find(await idp.sign({ client_id: undefined }))).app.client_id).toBe('')
  })

  it('has the name, the link and the limit of its app where that is registered, and does not ask each time', async () => {
    const before = idp.lookUps()
    const named = await idp.sign({ client_id: 'registered' })
    for (const { app, maxFollowing } of [await idp.verifier.find(named), await idp.verifier.find(named)]) {
      expect(app).toEqual({ client_id: 'registered', name: 'My app', link: 'https://example.org' })
      expect(maxFollowing).toBe(3n)
    }
    expect(idp.lookUps() - before).toBe(1)
  })

  it('is told from our own tokens by its form', async () => {
    expect(idp.verifier.isJwt(await idp.sign())).toBe(true)
    expect(idp.verifier.isJwt(new UnsecuredJWT(idp.good()).encode())).toBe(true)
    for (const text of [newTokenText('user'), 'a.b', 'a.b.c.d', 'a.b.c d', 'a.b=.c', ''])
      expect(idp.verifier.isJwt(text)).toBe(false)
  })
})

const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
async function swapped(part: 0 | 1 | 2, change: (text: string) => string): Promise<string> {
  const parts = (await idp.sign()).split('.')
  parts[part] = change(parts[part] as string)
  return parts.join('.')
}

describe('a JWT that does not hold', () => {
  it.each<[string, () => Promise<string>]>([
    ['alg none', async () => new UnsecuredJWT(idp.good()).setExpirationTime(START + 60).encode()],
    ['alg none with a signature that was real', () => swapped(0, () => base64({ alg: 'none', kid: 'ec' }))],
    ['alg NONE', () => swapped(0, () => base64({ alg: 'NONE' }))],
    [
      'HS256 with the public key as PEM',
      async () =>
        idp.sign(
          {},
          { alg: 'HS256', kid: 'rsa' },
          new TextEncoder().encode(await exportSPKI(idp.rsa.publicKey)),
        ),
    ],
    [
      'HS256 with the public key as JWK',
      async () =>
        idp.sign(
          {},
          { alg: 'HS256', kid: 'ec' },
          new TextEncoder().encode(JSON.stringify(await exportJWK(idp.ec.publicKey))),
        ),
    ],
    [
      'PS256, which is not taken',
      async () => {
        const pair = await generateKeyPair('PS256', { extractable: true })
        idp.keys.push(await publicJwk(pair, 'ps', 'PS256'))
        return idp.sign({}, { alg: 'PS256', kid: 'ps' }, pair.privateKey)
      },
    ],
    ['a key that is not published', () => idp.sign({}, { kid: 'other' }, idp.other.privateKey)],
    ['the kid of a published key and another signature', () => idp.sign({}, {}, idp.other.privateKey)],
    ['the kid of a key of another kind', () => idp.sign({}, { kid: 'rsa' })],
    [
      'the key in its own header',
      async () => idp.sign({}, { jwk: await exportJWK(idp.other.publicKey) }, idp.other.privateKey),
    ],
    [
      'a key set named in its own header',
      () => idp.sign({}, { jku: `${idp.issuer}/evil` }, idp.other.privateKey),
    ],
    [
      'a key for encryption',
      async () => {
        idp.keys = [{ ...(await publicJwk(idp.ec, 'ec', 'ES256')), use: 'enc' }]
        return idp.sign()
      },
    ],
    ['another issuer', () => idp.sign({ iss: 'https://elsewhere.example.org' })],
    ['the issuer with a slash more', () => idp.sign({ iss: `${idp.issuer}/` })],
    ['no issuer', () => idp.sign({ iss: undefined })],
    ['an issuer that is a list', () => idp.sign({ iss: [idp.issuer] })],
    ['another audience', () => idp.sign({ aud: 'elsewhere' })],
    ['an audience that begins alike', () => idp.sign({ aud: 'follow-graph-2' })],
    ['audiences without ours', () => idp.sign({ aud: ['a', 'b'] })],
    ['no audience', () => idp.sign({ aud: undefined })],
    ['no exp', () => idp.sign({ exp: undefined })],
    ['an exp that is a text', () => idp.sign({ exp: String(START + 60) })],
    ['an nbf in the future', () => idp.sign({ nbf: START + 30 })],
    ['an nbf that is a text', () => idp.sign({ nbf: '0' })],
    ['a payload that was changed', () => swapped(1, () => base64({ ...idp.good(), sub: '8' }))],
    ['a header that was changed', () => swapped(0, () => base64({ alg: 'ES256', kid: 'ec' }))],
    ['a signature that was cut', () => swapped(2, (text) => text.slice(0, -4))],
    ['no signature', () => swapped(2, () => '')],
    ['a payload that is no JSON', () => swapped(1, () => base64('{'))],
    ['a payload that is a list', () => swapped(1, () => base64([]))],
    ['a header that is no JSON', () => swapped(0, () => base64('x'))],
    [
      'critical headers that nobody knows',
      () => swapped(0, () => base64({ alg: 'ES256', kid: 'ec', crit: ['x'], x: 1 })),
    ],
    ['the type of a logout token', () => idp.sign({}, { typ: 'logout+jwt' })],
    ['no user', () => idp.sign({ sub: undefined })],
    ['a user that is not there', () => idp.sign({ sub: '99' })],
    ['a username for an id', () => idp.sign({ sub: '@bo' })],
    ['me for an id', () => idp.sign({ sub: 'me' })],
    ['an id with a leading zero', () => idp.sign({ sub: '07' })],
    ['an id beyond 2^63', () => idp.sign({ sub: '9223372036854775808' })],
    ['an id that is a fraction', () => idp.sign({ sub: 7.5 })],
    ['an id that is a negative number', () => idp.sign({ sub: -7 })],
    ['an id that is a list', () => idp.sign({ sub: ['7'] })],
    ['an id that is true', () => idp.sign({ sub: true })],
    ['20,000 characters', () => idp.sign({ padding: 'x'.repeat(20_000) })],
  ])('for %s is a 401', async (_, make) => {
    expect(await idp.outcome(await make())).toBe('401 invalid-token')
  })

  it('for a JSON number that is rounded when read is a 401, not somebody else', async () => {
    // 9007199254740993 as a number is read as 9007199254740992, who exists.
    expect(await idp.outcome(await idp.sign({ sub: 2 ** 53 }))).toBe('401 invalid-token')
  })

  it('for a claim of the prototype is a 401', async () => {
    await idp.reset('constructor', null)
    expect(await idp.outcome(await idp.sign())).toBe('401 invalid-token')
  })

  it('is out of date where only its exp is past, and forged where it is both', async () => {
    expect(await idp.outcome(await idp.sign({ exp: START - 6 }))).toBe('401 token-expired')
    expect(await idp.outcome(await idp.sign({ exp: START - 6 }, {}, idp.other.privateKey))).toBe(
      '401 invalid-token',
    )
    expect(await idp.outcome(await idp.sign({ exp: START - 6, aud: 'elsewhere' }))).toBe('401 invalid-token')
    const text = await idp.sign()
    expect(await idp.outcome(text)).toBe('user 7')
    idp.pass(66_000)
    expect(await idp.outcome(text)).toBe('401 token-expired')
  })

  it('says nothing of the reason, and has the challenge of RFC 6750', async () => {
    const error = await idp.failed(await idp.sign({ aud: 'elsewhere' }))
    expect(error.message).toBe('The token is not valid.')
    expect(error.headers['WWW-Authenticate']).toBe(
      'Bearer realm="follow-graph", error="invalid_token", error_description="The token is not valid."',
    )
  })

  it('of another issuer or another algorithm costs the key server nothing', async () => {
    await idp.outcome(await idp.sign({ iss: 'https://elsewhere.example.org' }))
    await idp.outcome(new UnsecuredJWT(idp.good()).encode())
    await idp.outcome('a.b.c')
    expect(idp.asked).toEqual([])
  })
})
