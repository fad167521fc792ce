// JWTs of an identity provider against a key server on loopback, with keys that jose made: what holds, what is forged, what is away.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '../../src/http/errors.ts'
import { createJwtVerifier, type JwtVerifier } from '../../src/tokens/jwt.ts'
import { newTokenText } from '../../src/tokens/token.ts'
import type { Item } from '../../src/users/item.ts'
import { renderProfile } from '../../src/users/profile.ts'

type Pair = Awaited<ReturnType<typeof generateKeyPair>>

let server: Server
let issuer: string
let rsa: Pair
let ec: Pair
let other: Pair
/** What the key server publishes, how it answers, and how often it was asked. */
let keys: object[]
let answer: ((request: IncomingMessage, response: ServerResponse) => void) | null
let asked: { path: string }[]
let time: number
let verifier: JwtVerifier

const json = (response: ServerResponse, value: unknown) =>
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value))
const publicJwk = async (pair: Pair, kid: string, alg: string) => ({
  ...(await exportJWK(pair.publicKey)),
  kid,
  alg,
  use: 'sig',
})

const stored = new Map<bigint, Item[0]>([
  [7n, renderProfile({ id: 7n, type: 'bot', name: '"type":"feed"' }, new Map())],
  [8n, { id: 8n, username: 'hand' }],
  [9_007_199_254_740_992n, renderProfile({ id: 9_007_199_254_740_992n }, new Map())],
  [9_007_199_254_740_993n, renderProfile({ id: 9_007_199_254_740_993n }, new Map())],
])
const users = {
  fetch: async (ids: bigint[]): Promise<Item[]> =>
    ids.flatMap((id) => (stored.has(id) ? [[stored.get(id), 0n, 0n, null, null] as Item] : [])),
}

const START = 1_800_000_000
const good = (): JWTPayload => ({
  iss: issuer,
  aud: 'follow-graph',
  sub: '7',
  exp: START + 60,
  scope: 'follow stream',
  client_id: 'web',
})

/** A token of the claims of `good` with these changes; undefined leaves a claim out. */
function sign(
  changes: Record<string, unknown> = {},
  header: Record<string, unknown> = {},
  key: Pair['privateKey'] | Uint8Array = ec.privateKey,
) {
  const payload = Object.fromEntries(
    Object.entries({ ...good(), ...changes }).filter(([, value]) => value !== undefined),
  )
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'ES256', kid: 'ec', typ: 'JWT', ...header } as { alg: string })
    .sign(key)
}

const outcome = async (text: string): Promise<string> => {
  try {
    return `user ${(await verifier.find(text)).user?.id}`
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return `${error.status} ${error.slug}`
  }
}

beforeAll(async () => {
  ;[rsa, ec, other] = await Promise.all([
    generateKeyPair('RS256', { extractable: true }),
    generateKeyPair('ES256', { extractable: true }),
    generateKeyPair('ES256', { extractable: true }),
  ])
  server = createServer((request, response) => {
    asked.push({ path: request.url as string })
    if (answer !== null) return answer(request, response)
    if (request.url === '/realm/.well-known/openid-configuration')
      return json(response, { issuer, jwks_uri: new URL('/keys', issuer).href })
    if (request.url === '/keys') return json(response, { keys })
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realm`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

beforeEach(async () => {
  keys = [await publicJwk(rsa, 'rsa', 'RS256'), await publicJwk(ec, 'ec', 'ES256')]
  answer = null
  asked = []
  time = START * 1000
  verifier = createJwtVerifier(
    { issuer, audience: 'follow-graph', userClaim: 'sub' },
    users,
    100n,
    () => time,
  )
})

describe('a JWT that holds', () => {
  it('becomes a user token', async () => {
    expect(await verifier.find(await sign())).toEqual({
      kind: 'user',
      user: { id: 7n, type: 'bot' },
      scopes: ['basic', 'stream', 'follow'],
      app: { client_id: 'web', name: 'web', link: '' },
      maxFollowing: 100n,
      hash: null,
    })
  })

  it.each([
    ['ES256', () => sign()],
    ['RS256', () => sign({}, { alg: 'RS256', kid: 'rsa' }, rsa.privateKey)],
    ['no kid, where one key fits', () => sign({}, { kid: undefined })],
    ['typ at+jwt', () => sign({}, { typ: 'at+jwt' })],
    ['typ application/at+JWT', () => sign({}, { typ: 'application/at+JWT' })],
    ['no typ', () => sign({}, { typ: undefined })],
    ['several audiences', () => sign({ aud: ['elsewhere', 'follow-graph'] })],
    ['an exp 4 s ago: clocks differ', () => sign({ exp: START - 4 })],
    ['an nbf in 4 s: clocks differ', () => sign({ nbf: START + 4 })],
    ['an id that is a JSON number', () => sign({ sub: 7 })],
  ])('with %s', async (_, make) => {
    expect(await outcome(await make())).toBe('user 7')
  })

  it('keeps every digit of an id beyond 2^53', async () => {
    expect(await outcome(await sign({ sub: '9007199254740993' }))).toBe('user 9007199254740993')
  })

  it('names its user in the claim that is set', async () => {
    verifier = createJwtVerifier(
      { issuer, audience: 'follow-graph', userClaim: 'https://example.org/user' },
      users,
      null,
      () => time,
    )
    const token = await verifier.find(await sign({ sub: 'auth0|abc', 'https://example.org/user': '8' }))
    expect(token.user).toEqual({ id: 8n, type: 'human' })
    expect(token.maxFollowing).toBeNull()
  })

  it('leaves out scopes that are not ours, provision among them, and always has basic', async () => {
    expect((await verifier.find(await sign({ scope: 'openid provision follow follow' }))).scopes).toEqual([
      'basic',
      'follow',
    ])
    expect((await verifier.find(await sign({ scope: undefined }))).scopes).toEqual(['basic'])
    expect((await verifier.find(await sign({ scope: ['follow'] }))).scopes).toEqual(['basic'])
  })

  it('takes azp for the app where there is no client_id', async () => {
    expect((await verifier.find(await sign({ client_id: undefined, azp: 'ios' }))).app.client_id).toBe('ios')
    expect((await verifier.find(await sign({ client_id: undefined }))).app.client_id).toBe('')
  })

  it('is told from our own tokens by its form', async () => {
    expect(verifier.claims(await sign())).toBe(true)
    expect(verifier.claims(new UnsecuredJWT(good()).encode())).toBe(true)
    for (const text of [newTokenText('user'), 'a.b', 'a.b.c.d', 'a.b.c d', 'a.b=.c', ''])
      expect(verifier.claims(text)).toBe(false)
  })
})

const base64 = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
async function swapped(part: 0 | 1 | 2, change: (text: string) => string): Promise<string> {
  const parts = (await sign()).split('.')
  parts[part] = change(parts[part] as string)
  return parts.join('.')
}

describe('a JWT that does not hold', () => {
  it.each<[string, () => Promise<string>]>([
    ['alg none', async () => new UnsecuredJWT(good()).setExpirationTime(START + 60).encode()],
    ['alg none with a signature that was real', () => swapped(0, () => base64({ alg: 'none', kid: 'ec' }))],
    ['alg NONE', () => swapped(0, () => base64({ alg: 'NONE' }))],
    [
      'HS256 with the public key as PEM',
      async () =>
        sign({}, { alg: 'HS256', kid: 'rsa' }, new TextEncoder().encode(await exportSPKI(rsa.publicKey))),
    ],
    [
      'HS256 with the public key as JWK',
      async () =>
        sign(
          {},
          { alg: 'HS256', kid: 'ec' },
          new TextEncoder().encode(JSON.stringify(await exportJWK(ec.publicKey))),
        ),
    ],
    [
      'PS256, which is not taken',
      async () => {
        const pair = await generateKeyPair('PS256', { extractable: true })
        keys.push(await publicJwk(pair, 'ps', 'PS256'))
        return sign({}, { alg: 'PS256', kid: 'ps' }, pair.privateKey)
      },
    ],
    ['a key that is not published', () => sign({}, { kid: 'other' }, other.privateKey)],
    ['the kid of a published key and another signature', () => sign({}, {}, other.privateKey)],
    ['the kid of a key of another kind', () => sign({}, { kid: 'rsa' })],
    [
      'the key in its own header',
      async () => sign({}, { jwk: await exportJWK(other.publicKey) }, other.privateKey),
    ],
    ['a key set named in its own header', () => sign({}, { jku: `${issuer}/evil` }, other.privateKey)],
    [
      'a key for encryption',
      async () => {
        keys = [{ ...(await publicJwk(ec, 'ec', 'ES256')), use: 'enc' }]
        return sign()
      },
    ],
    ['another issuer', () => sign({ iss: 'https://elsewhere.example.org' })],
    ['the issuer with a slash more', () => sign({ iss: `${issuer}/` })],
    ['no issuer', () => sign({ iss: undefined })],
    ['an issuer that is a list', () => sign({ iss: [issuer] })],
    ['another audience', () => sign({ aud: 'elsewhere' })],
    ['an audience that begins alike', () => sign({ aud: 'follow-graph-2' })],
    ['audiences without ours', () => sign({ aud: ['a', 'b'] })],
    ['no audience', () => sign({ aud: undefined })],
    ['no exp', () => sign({ exp: undefined })],
    ['an exp that is a text', () => sign({ exp: String(START + 60) })],
    ['an nbf in the future', () => sign({ nbf: START + 30 })],
    ['an nbf that is a text', () => sign({ nbf: '0' })],
    ['a payload that was changed', () => swapped(1, () => base64({ ...good(), sub: '8' }))],
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
    ['the type of a logout token', () => sign({}, { typ: 'logout+jwt' })],
    ['no user', () => sign({ sub: undefined })],
    ['a user that is not there', () => sign({ sub: '99' })],
    ['a username for an id', () => sign({ sub: '@bo' })],
    ['me for an id', () => sign({ sub: 'me' })],
    ['an id with a leading zero', () => sign({ sub: '07' })],
    ['an id beyond 2^63', () => sign({ sub: '9223372036854775808' })],
    ['an id that is a fraction', () => sign({ sub: 7.5 })],
    ['an id that is a negative number', () => sign({ sub: -7 })],
    ['an id that is a list', () => sign({ sub: ['7'] })],
    ['an id that is true', () => sign({ sub: true })],
    ['20,000 characters', () => sign({ padding: 'x'.repeat(20_000) })],
  ])('for %s is a 401', async (_, make) => {
    expect(await outcome(await make())).toBe('401 invalid-token')
  })

  it('for a JSON number that is rounded when read is a 401, not somebody else', async () => {
    // 9007199254740993 as a number is read as 9007199254740992, who exists.
    expect(await outcome(await sign({ sub: 2 ** 53 }))).toBe('401 invalid-token')
  })

  it('for a claim of the prototype is a 401', async () => {
    verifier = createJwtVerifier(
      { issuer, audience: 'follow-graph', userClaim: 'constructor' },
      users,
      null,
      () => time,
    )
    expect(await outcome(await sign())).toBe('401 invalid-token')
  })

  it('is out of date where only its exp is past, and forged where it is both', async () => {
    expect(await outcome(await sign({ exp: START - 6 }))).toBe('401 token-expired')
    expect(await outcome(await sign({ exp: START - 6 }, {}, other.privateKey))).toBe('401 invalid-token')
    expect(await outcome(await sign({ exp: START - 6, aud: 'elsewhere' }))).toBe('401 invalid-token')
    const text = await sign()
    expect(await outcome(text)).toBe('user 7')
    time += 66_000
    expect(await outcome(text)).toBe('401 token-expired')
  })

  it('says nothing of the reason, and has the challenge of RFC 6750', async () => {
    const error = (await verifier
      .find(await sign({ aud: 'elsewhere' }))
      .catch((thrown: unknown) => thrown)) as ApiError
    expect(error.message).toBe('The token is not valid.')
    expect(error.headers['WWW-Authenticate']).toBe(
      'Bearer realm="follow-graph", error="invalid_token", error_description="The token is not valid."',
    )
  })

  it('of another issuer or another algorithm costs the key server nothing', async () => {
    await outcome(await sign({ iss: 'https://elsewhere.example.org' }))
    await outcome(new UnsecuredJWT(good()).encode())
    await outcome('a.b.c')
    expect(asked).toEqual([])
  })
})

describe('the key server', () => {
  const away = '503 unavailable'

  it('is asked once for many tokens at once, and not again within ten minutes', async () => {
    const text = await sign({ exp: START + 3600 })
    expect(await Promise.all(Array.from({ length: 20 }, () => outcome(text)))).toEqual(
      new Array(20).fill('user 7'),
    )
    time += 599_000
    expect(await outcome(text)).toBe('user 7')
    expect(asked.map(({ path }) => path)).toEqual(['/realm/.well-known/openid-configuration', '/keys'])
    time += 2_000
    expect(await outcome(text)).toBe('user 7')
    expect(asked).toHaveLength(4)
  })

  it('changes its keys: a new one is found after the cooldown, one taken back no longer holds after ten minutes', async () => {
    const old = await sign({ exp: START + 3600 })
    expect(await outcome(old)).toBe('user 7')
    keys = [await publicJwk(other, 'new', 'ES256')]
    const fresh = await sign({ exp: START + 3600 }, { kid: 'new' }, other.privateKey)
    time += 29_000
    expect(await outcome(fresh)).toBe('401 invalid-token')
    expect(asked).toHaveLength(2)
    time += 2_000
    expect(await outcome(fresh)).toBe('user 7')
    expect(await outcome(old)).toBe('401 invalid-token')
  })

  it('drops a key that was taken back when the ten minutes are over', async () => {
    const old = await sign({ exp: START + 3600 })
    expect(await outcome(old)).toBe('user 7')
    keys = [await publicJwk(other, 'new', 'ES256')]
    time += 601_000
    expect(await outcome(old)).toBe('401 invalid-token')
  })

  it('is not flooded by invented keys', async () => {
    expect(await outcome(await sign())).toBe('user 7')
    for (let n = 0; n < 10; n += 1)
      expect(await outcome(await sign({}, { kid: `k${n}` }, other.privateKey))).toBe('401 invalid-token')
    expect(asked).toHaveLength(2)
  })

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['answers 500', (_, response) => response.writeHead(500).end('{}')],
    ['answers 404', (_, response) => response.writeHead(404).end()],
    ['breaks the connection off', (request) => request.socket.destroy()],
    ['answers no JSON', (_, response) => response.end('<html>')],
    ['answers null', (_, response) => json(response, null)],
    [
      'redirects',
      (request, response) => {
        if (request.url === '/elsewhere') json(response, { issuer, jwks_uri: new URL('/keys', issuer).href })
        else if (request.url === '/keys') json(response, { keys })
        else response.writeHead(302, { Location: '/elsewhere' }).end()
      },
    ],
    [
      'redirects the key set',
      (request, response) => {
        if (request.url === '/elsewhere') json(response, { keys })
        else if (request.url === '/keys') response.writeHead(307, { Location: '/elsewhere' }).end()
        else json(response, { issuer, jwks_uri: new URL('/keys', issuer).href })
      },
    ],
    [
      'speaks for another issuer',
      (request, response) =>
        request.url === '/keys'
          ? json(response, { keys })
          : json(response, { issuer: `${issuer}/`, jwks_uri: new URL('/keys', issuer).href }),
    ],
    [
      'names a key set without TLS elsewhere',
      (_, response) => json(response, { issuer, jwks_uri: 'http://192.0.2.1/keys' }),
    ],
    [
      'names a key set that is a file',
      (_, response) => json(response, { issuer, jwks_uri: 'file:///etc/hostname' }),
    ],
    ['names no key set', (_, response) => json(response, { issuer })],
    [
      'answers a key set that is none',
      (request, response) =>
        request.url === '/keys'
          ? json(response, { keys: 'none' })
          : json(response, { issuer, jwks_uri: new URL('/keys', issuer).href }),
    ],
    [
      'answers over 1 MB',
      (_, response) =>
        json(response, { issuer, jwks_uri: new URL('/keys', issuer).href, padding: 'x'.repeat(1_100_000) }),
    ],
  ])('that %s is a 503 that comes again', async (_, misbehaves) => {
    answer = misbehaves
    const text = await sign()
    expect(await outcome(text)).toBe(away)
    expect(asked.some(({ path }) => path === '/elsewhere')).toBe(false)
    answer = null
    time += 1_001
    expect(await outcome(text)).toBe('user 7')
  })

  it('that does not listen is a 503 which names it and says when to come back', async () => {
    const gone = createJwtVerifier(
      { issuer: 'http://127.0.0.1:1', audience: 'a', userClaim: 'sub' },
      users,
      null,
      () => time,
    )
    const error = (await gone
      .find(await sign({ iss: 'http://127.0.0.1:1' }))
      .catch((thrown: unknown) => thrown)) as ApiError
    expect([error.status, error.slug, error.reason, error.headers['Retry-After']]).toEqual([
      503,
      'unavailable',
      'key-server-network',
      '1',
    ])
    expect(error.message).toContain('key server')
  })

  it('that takes longer than 5 s is a 503', async () => {
    answer = () => undefined
    const started = performance.now()
    expect(await outcome(await sign())).toBe(away)
    expect(performance.now() - started).toBeGreaterThan(4_500)
    expect(performance.now() - started).toBeLessThan(7_000)
  }, 10_000)

  it('that is away is not asked by every request', async () => {
    answer = (_, response) => response.writeHead(500).end()
    const text = await sign()
    for (let n = 0; n < 10; n += 1) expect(await outcome(text)).toBe(away)
    expect(asked).toHaveLength(1)
  })

  it('that is away leaves the known keys at work, for a day; only a new key is a 503', async () => {
    const text = await sign({ exp: START + 200_000 })
    expect(await outcome(text)).toBe('user 7')
    answer = (_, response) => response.writeHead(503).end()
    for (const minutes of [5, 6, 60, 1_300]) {
      time += minutes * 60_000
      expect(await outcome(text)).toBe('user 7')
      expect(await outcome(await sign({ exp: START + 200_000 }, { kid: 'new' }, other.privateKey))).toBe(away)
    }
    time += 100 * 60_000
    expect(await outcome(text)).toBe(away)
    answer = null
    time += 1_001
    expect(await outcome(text)).toBe('user 7')
  })
})
