// How the key server is asked: seldom, within bounds, and what holds while it changes its keys or is away.
// Long, because all of it uses the same key server.
import { generateKeyPair } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, json, publicJwk, START, startIdentityProvider } from '../support/identity-provider.ts'

let idp: Awaited<ReturnType<typeof startIdentityProvider>>
beforeAll(async () => {
  idp = await startIdentityProvider()
})
beforeEach(() => idp.reset())
afterAll(() => idp.close())

describe('the key server', () => {
  const away = '503 unavailable'

  it('is asked once for many tokens at once, and not again within ten minutes', async () => {
    const text = await idp.sign({ exp: START + 3600 })
    expect(await Promise.all(Array.from({ length: 20 }, () => idp.outcome(text)))).toEqual(
      new Array(20).fill('user 7'),
    )
    idp.pass(599_000)
    expect(await idp.outcome(text)).toBe('user 7')
    expect(idp.asked).toEqual(['/realm/.well-known/openid-configuration', '/keys'])
    idp.pass(2_000)
    expect(await idp.outcome(text)).toBe('user 7')
    expect(idp.asked).toHaveLength(4)
  })

  it('changes its keys: a new one is found after the cooldown, one taken back no longer holds after ten minutes', async () => {
    const old = await idp.sign({ exp: START + 3600 })
    expect(await idp.outcome(old)).toBe('user 7')
    idp.keys = [await publicJwk(idp.other, 'new', 'ES256')]
    const fresh = await idp.sign({ exp: START + 3600 }, { kid: 'new' }, idp.other.privateKey)
    idp.pass(29_000)
    expect(await idp.outcome(fresh)).toBe('401 invalid-token')
    expect(idp.asked).toHaveLength(2)
    idp.pass(2_000)
    expect(await idp.outcome(fresh)).toBe('user 7')
    expect(await idp.outcome(old)).toBe('401 invalid-token')
  })

  it('drops a key that was taken back when the ten minutes are over', async () => {
    const old = await idp.sign({ exp: START + 3600 })
    expect(await idp.outcome(old)).toBe('user 7')
    idp.keys = [await publicJwk(idp.other, 'new', 'ES256')]
    idp.pass(601_000)
    expect(await idp.outcome(old)).toBe('401 invalid-token')
  })

  it('is not flooded by invented keys', async () => {
    expect(await idp.outcome(await idp.sign())).toBe('user 7')
    for (let n = 0; n < 10; n += 1)
      expect(await idp.outcome(await idp.sign({}, { kid: `k${n}` }, idp.other.privateKey))).toBe(
        '401 invalid-token',
      )
    expect(idp.asked).toHaveLength(2)
  })

  it.each<[string, string, Answer]>([
    ['answers 500', 'status-500', (_, response) => response.writeHead(500).end('{}')],
    ['answers 404', 'status-404', (_, response) => response.writeHead(404).end()],
    ['breaks the connection off', 'network', (request) => request.socket.destroy()],
    ['answers no JSON', 'malformed', (_, response) => response.end('<html>')],
    ['answers null', 'issuer', (_, response) => json(response, null)],
    [
      'redirects',
      'status-302',
      (request, response) => {
        if (request.url === '/elsewhere') json(response, idp.discovery())
        else if (request.url === '/keys') json(response, { keys: idp.keys })
        else response.writeHead(302, { Location: '/elsewhere' }).end()
      },
    ],
    [
      'redirects the key set',
      'status-307',
      (request, response) => {
        if (request.url === '/elsewhere') json(response, { keys: idp.keys })
        else if (request.url === '/keys') response.writeHead(307, { Location: '/elsewhere' }).end()
        else json(response, idp.discovery())
      },
    ],
    [
      'speaks for another issuer',
      'issuer',
      (request, response) =>
        request.url === '/keys'
          ? json(response, { keys: idp.keys })
          : json(response, { ...idp.discovery(), issuer: `${idp.issuer}/` }),
    ],
    [
      'names a key set without TLS elsewhere',
      'address',
      (_, response) => json(response, { issuer: idp.issuer, jwks_uri: 'http://192.0.2.1/keys' }),
    ],
    [
      'names a key set that is a file',
      'address',
      (_, response) => json(response, { issuer: idp.issuer, jwks_uri: 'file:///etc/hostname' }),
    ],
    ['names no key set', 'malformed', (_, response) => json(response, { issuer: idp.issuer })],
    [
      'answers a key set that is none',
      'malformed',
      (request, response) =>
        request.url === '/keys' ? json(response, { keys: 'none' }) : json(response, idp.discovery()),
    ],
    [
      'answers over 1 MB',
      'size',
      (_, response) => json(response, { ...idp.discovery(), padding: 'x'.repeat(1_100_000) }),
    ],
  ])('that %s is a 503 that comes again: key-server-%s', async (_, reason, misbehaves) => {
    idp.answer = misbehaves
    const text = await idp.sign()
    const { status, reason: told } = await idp.failed(text)
    expect([status, told]).toEqual([503, `key-server-${reason}`])
    expect(idp.asked.includes('/elsewhere')).toBe(false)
    idp.answer = null
    idp.pass(1_001)
    expect(await idp.outcome(text)).toBe('user 7')
  })

  it('that does not listen is a 503 which names it and says when to come back', async () => {
    const gone = idp.verifierOf('http://127.0.0.1:1')
    const error = await idp.failed(await idp.sign({ iss: 'http://127.0.0.1:1' }), gone)
    expect([error.status, error.slug, error.reason, error.headers['Retry-After']]).toEqual([
      503,
      'unavailable',
      'key-server-network',
      '1',
    ])
    expect(error.message).toContain('key server')
  })

  it('that takes longer than 5 s is a 503', async () => {
    idp.answer = () => undefined
    const started = performance.now()
    expect(await idp.outcome(await idp.sign())).toBe(away)
    expect(performance.now() - started).toBeGreaterThan(4_500)
    expect(performance.now() - started).toBeLessThan(7_000)
  }, 10_000)

  it('that hangs delays one request of a known key, not each', async () => {
    const text = await idp.sign({ exp: START + 3600 })
    expect(await idp.outcome(text)).toBe('user 7')
    idp.answer = () => undefined
    idp.pass(601_000)
    expect(await idp.outcome(text)).toBe('user 7')
    idp.pass(2_000)
    const started = performance.now()
    expect(await idp.outcome(text)).toBe('user 7')
    expect(performance.now() - started).toBeLessThan(1_000)
    await expect.poll(() => idp.asked.length).toBe(4)
  }, 10_000)

  it('that is away is not asked by every request', async () => {
    idp.answer = (_request, response) => response.writeHead(500).end()
    const text = await idp.sign()
    for (let n = 0; n < 10; n += 1) expect(await idp.outcome(text)).toBe(away)
    expect(idp.asked).toHaveLength(1)
  })

  it('that is away leaves the known keys at work, for a day; only a new key is a 503', async () => {
    const text = await idp.sign({ exp: START + 200_000 })
    expect(await idp.outcome(text)).toBe('user 7')
    idp.answer = (_request, response) => response.writeHead(503).end()
    for (const minutes of [5, 6, 60, 1_300]) {
      idp.pass(minutes * 60_000)
      expect(await idp.outcome(text)).toBe('user 7')
      expect(
        await idp.outcome(await idp.sign({ exp: START + 200_000 }, { kid: 'new' }, idp.other.privateKey)),
      ).toBe(away)
    }
    idp.pass(100 * 60_000)
    expect(await idp.outcome(text)).toBe(away)
    idp.answer = null
    idp.pass(1_001)
    expect(await idp.outcome(text)).toBe('user 7')
  })
})

describe('the clock of the service', () => {
  const HOURS = 2 * 3_600_000

  it('that is set back does not make a failure of the key server last', async () => {
    idp.time += HOURS
    idp.answer = (_request, response) => response.writeHead(503).end()
    const text = await idp.sign({ exp: START + 10_000 })
    expect(await idp.outcome(text)).toBe('503 unavailable')
    idp.answer = null
    idp.time -= HOURS
    idp.pass(1_001)
    expect(await idp.outcome(text)).toBe('user 7')
  })

  it('that is set back hides no new key, and keeps none that was taken back', async () => {
    idp.time += HOURS
    const old = await idp.sign({ exp: START + 20_000 })
    expect(await idp.outcome(old)).toBe('user 7')
    idp.time -= HOURS
    idp.keys = [await publicJwk(idp.other, 'new', 'ES256')]
    idp.pass(31_000)
    const fresh = await idp.sign({ exp: START + 20_000 }, { kid: 'new' }, idp.other.privateKey)
    expect(await idp.outcome(fresh)).toBe('user 7')
    expect(await idp.outcome(old)).toBe('401 invalid-token')
  })

  it('that is set ahead does not make the known keys too old while the key server is away', async () => {
    const text = await idp.sign({ exp: START + 200_000 })
    expect(await idp.outcome(text)).toBe('user 7')
    idp.answer = (_request, response) => response.writeHead(503).end()
    idp.time += 25 * 3_600_000
    expect(await idp.outcome(text)).toBe('user 7')
  })
})

describe('a token that names no key', () => {
  const names = ['a', 'b', 'c', 'd']
  let pairs: Awaited<ReturnType<typeof generateKeyPair>>[]
  beforeAll(async () => {
    pairs = await Promise.all(names.map(() => generateKeyPair('ES256', { extractable: true })))
  })
  const publish = async (count: number) => {
    idp.keys = await Promise.all(
      pairs.slice(0, count).map((pair, n) => publicJwk(pair, names[n] as string, 'ES256')),
    )
  }
  const signedBy = (n: number, changes = {}) => idp.sign(changes, { kid: undefined }, pairs[n]!.privateKey)

  it.each([2, 3])('holds by each of %i keys that fit', async (count) => {
    await publish(count)
    idp.keys.push(await publicJwk(idp.rsa, 'rsa', 'RS256'))
    for (let n = 0; n < count; n += 1) expect(await idp.outcome(await signedBy(n)), names[n]).toBe('user 7')
    expect(await idp.outcome(await idp.sign({}, { alg: 'RS256', kid: undefined }, idp.rsa.privateKey))).toBe(
      'user 7',
    )
    expect(idp.asked).toHaveLength(2)
  })

  it('is tried against three keys and no more', async () => {
    await publish(4)
    for (const [n, outcome] of [
      [0, 'user 7'],
      [2, 'user 7'],
      [3, '401 invalid-token'],
    ] as const)
      expect(await idp.outcome(await signedBy(n)), names[n]).toBe(outcome)
    // By its name the fourth holds as ever.
    expect(await idp.outcome(await idp.sign({}, { kid: 'd' }, pairs[3]!.privateKey))).toBe('user 7')
  })

  it('holds where two keys have one name, as while one is changed for the other', async () => {
    idp.keys = await Promise.all(pairs.slice(0, 2).map((pair) => publicJwk(pair, 'same', 'ES256')))
    for (const pair of pairs.slice(0, 2))
      expect(await idp.outcome(await idp.sign({}, { kid: 'same' }, pair.privateKey))).toBe('user 7')
    expect(await idp.outcome(await idp.sign({}, { kid: 'same' }, idp.other.privateKey))).toBe(
      '401 invalid-token',
    )
  })

  it('holds beside a key of the set that cannot be used', async () => {
    await publish(2)
    idp.keys.unshift({
      kty: 'EC',
      crv: 'P-256',
      x: 'AAAA',
      y: 'AAAA',
      kid: 'broken',
      alg: 'ES256',
      use: 'sig',
    })
    expect(await idp.outcome(await signedBy(1))).toBe('user 7')
  })

  it('is refused for its own fault: out of date, another audience, a signature of nobody', async () => {
    await publish(3)
    expect(await idp.outcome(await signedBy(1, { exp: START - 6 }))).toBe('401 token-expired')
    expect(await idp.outcome(await signedBy(2, { aud: 'elsewhere' }))).toBe('401 invalid-token')
    expect(await idp.outcome(await idp.sign({}, { kid: undefined }, idp.other.privateKey))).toBe(
      '401 invalid-token',
    )
  })

  it.each([1, 2])(
    'holds by a new key after the cooldown, where %i were known; invented ones cost a fetch in 30 s',
    async (count) => {
      const later = { exp: START + 3600 }
      await publish(count)
      expect(await idp.outcome(await signedBy(0, later))).toBe('user 7')
      await publish(3)
      expect(await idp.outcome(await signedBy(2, later))).toBe('401 invalid-token')
      expect(idp.asked).toHaveLength(2)
      idp.pass(31_000)
      expect(await idp.outcome(await signedBy(2, later))).toBe('user 7')
      for (let n = 0; n < 10; n += 1)
        expect(await idp.outcome(await idp.sign(later, { kid: undefined }, idp.other.privateKey))).toBe(
          '401 invalid-token',
        )
      expect(idp.asked).toHaveLength(4)
    },
  )
})
