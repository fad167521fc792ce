// What proxies and shared caches between a client and the service must not change: which client a request counts for, and what a cache may keep.
import { describe, expect, it } from 'vitest'
import { raw } from '../support/raw.ts'
import { startTestService, type TestService } from '../support/service.ts'

describe('the address of a client', () => {
  const A = '203.0.113.7'
  const SIX = '2001:db8:1:2::1'

  const services = new Map<string, Promise<TestService>>()
  const trusting = (proxies: string) => {
    const made =
      services.get(proxies) ?? startTestService({ RATE_LIMIT: 'anonymous=1000/3600', TRUST_PROXY: proxies })
    services.set(proxies, made)
    return made
  }

  /** Whether each line counts where the one before it did. */
  async function countAsOne(lines: string[], proxies = '1') {
    const service = await trusting(proxies)
    const left: number[] = []
    for (const line of lines) {
      const { headers } = await service.call('GET', '/nothing', { headers: { 'X-Forwarded-For': line } })
      left.push(Number(headers.get('x-ratelimit-remaining')))
    }
    expect(left).toEqual(lines.map((_, n) => (left[0] as number) - n))
  }

  it.each([
    [
      'IPv4',
      [
        A,
        `${A}:5001`,
        `${A}:5002`,
        `::ffff:${A}`,
        `::FFFF:${A}`,
        '::ffff:cb00:7107',
        `[::ffff:${A}]:80`,
        `"${A}"`,
        `"${A}:99"`,
        `  ${A}\t`,
        `${A}:_port`,
      ],
    ],
    [
      'IPv6',
      [
        SIX,
        `[${SIX}]`,
        `[${SIX}]:443`,
        `[${SIX}]:8443`,
        SIX.toUpperCase(),
        '2001:0db8:0001:0002:9::',
        `"[${SIX}]:1"`,
        `${SIX}%eth0`,
        `[${SIX}%25en0]:1`,
        '2001:db8:1:2:a:b:192.0.2.33',
      ],
    ],
    [
      'nothing that is an address',
      [
        '',
        'unknown',
        'UNKNOWN',
        '_hidden',
        '_SEVKISEK',
        'unknown:80',
        'x1',
        'x2',
        '1',
        '2',
        '12345',
        '0x7f000001',
        '010.1.1.1',
        '256.1.1.1',
        '1.2.3',
        '1.2.3.4.5',
        '1.2.3.4:port',
        '1.2.3.4:123456',
        '[1.2.3.4]',
        '::1::2',
        '[2001:db8::1',
        '2001:db8::1]',
        '[]',
        ':',
        '""',
        '203.0.113.9;x',
        'for=203.0.113.9',
        'localhost',
        'unix:',
        `${'9'.repeat(300)}`,
        '203.0.113.9 203.0.113.8',
        '127.0.0.1',
        '127.0.0.1:4',
        '::ffff:127.0.0.1',
      ],
    ],
    ['entries of which some are empty', [A, `, ${A}`, `,,${A},`, `198.51.100.1,, ${A} ,`, ` , ${A}:1`]],
    [
      'the last of many entries',
      [A, `198.51.100.1, ${A}`, `x, y, z, ${A}:7`, `"198.51.100.1", [2001:db8::9]:1, ::ffff:${A}`],
    ],
  ])('is one, however it is written: %s', (_, lines) => countAsOne(lines))

  it('is that of the outermost trusted proxy, whatever stands before its entry', () =>
    countAsOne([`${A}:1, 10.0.0.1:2`, `198.51.100.1, ${A}:3, [::ffff:10.0.0.2]:4`, `6, ${A}, unknown`], '2'))

  it('is read from several header lines as from one', async () => {
    const service = await startTestService({ RATE_LIMIT: 'anonymous=2/3600', TRUST_PROXY: '1' })
    const statuses: number[] = []
    for (const first of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) {
      const text = `GET /nothing HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${first}\r\nX-Forwarded-For: ${A}:1\r\nConnection: close\r\n\r\n`
      statuses.push((await raw(service.url, text)).status)
    }
    expect(statuses).toEqual([404, 404, 429])
  })

  it('is the one that the proxy added last, behind however many lines', async () => {
    const service = await startTestService({ RATE_LIMIT: 'anonymous=2/3600', TRUST_PROXY: '1' })
    const statuses: number[] = []
    for (const first of ['198.51.100.1', '198.51.100.2', '198.51.100.3']) {
      const lines = Array.from({ length: 120 }, (_, n) => `f${n}: x\r\n`).join('')
      const text = `GET /nothing HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ${first}\r\n${lines}X-Forwarded-For: ${A}:1\r\nConnection: close\r\n\r\n`
      statuses.push((await raw(service.url, text)).status)
    }
    expect(statuses).toEqual([404, 404, 429])
  })

  it('differs for another address and another /64', async () => {
    const service = await startTestService({ RATE_LIMIT: 'anonymous=10/3600', TRUST_PROXY: '1' })
    for (const line of [`${A}:1`, '203.0.113.8:1', `[${SIX}]:1`, '[2001:db8:1:3::1]:1', 'unknown']) {
      const answer = await service.call('GET', '/nothing', { headers: { 'X-Forwarded-For': line } })
      expect(answer.headers.get('x-ratelimit-remaining'), line).toBe('9')
    }
  })

  it('bounds guesses of a client secret, whatever its port', async () => {
    const service = await startTestService({
      RATE_LIMIT: 'grant=3/3600,anonymous=1000/60',
      TRUST_PROXY: '1',
    })
    const statuses: number[] = []
    for (let n = 0; n < 6; n += 1) {
      const form = { grant_type: 'client_credentials', client_id: 'follow-graph', client_secret: `wrong${n}` }
      const headers = { 'X-Forwarded-For': `${A}:${5_000 + n}` }
      statuses.push((await service.call('POST', '/oauth/access_token', { form, headers })).status)
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429])
  })
})

describe('caches', async () => {
  const service = await startTestService({ RATE_LIMIT: 'anonymous=1000/60' })
  const [ada, bo] = [await service.user(), await service.user()]
  await service.follow(ada, bo)
  const kept = async (method: string, path: string, options: Parameters<TestService['call']>[2] = {}) => {
    const answer = await service.call(method, path, options)
    return `${answer.status} ${answer.headers.get('cache-control')}`
  }

  it('keep nothing without asking', async () => {
    const user = `/stream/0/users/${bo.id}`
    expect(await kept('GET', user)).toBe('200 no-cache')
    expect(await kept('HEAD', user)).toBe('200 no-cache')
    expect(await kept('GET', `${user}?callback=f`)).toBe('200 no-cache')
    expect(await kept('OPTIONS', user)).toBe('204 no-cache')
    const tag = (await service.call('GET', user)).headers.get('etag') as string
    expect(await kept('GET', user, { headers: { 'If-None-Match': tag } })).toBe('304 no-cache')
    for (const path of ['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs'])
      expect(await kept('GET', path), path).toBe('200 no-cache')
    expect(await kept('GET', '/nothing')).toBe('404 no-cache')
    expect(await kept('GET', '/users/999999999999999999')).toBe('404 no-cache')
    expect(await kept('PUT', '/token')).toBe('405 no-cache')
    expect(await kept('GET', '/token')).toBe('401 no-cache')
    expect(await kept('GET', `${user}/followers`)).toBe('401 no-cache')
    expect(await kept('GET', `/users/${'9'.repeat(9_000)}`)).toBe('414 no-cache')
    const refused = await raw(service.url, 'nonsense\r\n\r\n')
    expect([refused.status, refused.headers.get('cache-control')]).toEqual([400, 'no-cache'])
  })

  it('that others share keep nothing that was told to a token', async () => {
    const { token } = ada
    const user = `/users/${bo.id}`
    for (const path of [user, `${user}/followers`, `${user}/followers/ids`, `${user}/followers/ids?count=1`])
      expect(await kept('GET', path, { token }), path).toBe('200 private, no-cache')
    expect(await kept('GET', `${user}?access_token=${token}`)).toBe('200 private, no-cache')
    expect(await kept('GET', '/nothing', { token })).toBe('404 private, no-cache')
    expect(await kept('GET', user, { token: 'wrong' })).toBe('401 private, no-cache')
    expect(await kept('GET', `${user}?access_token=wrong`)).toBe('401 private, no-cache')
    expect(await kept('GET', '/users/me', { headers: { Authorization: 'Basic eDp5' } })).toMatch(
      / private, no-cache$/,
    )
    expect(await kept('GET', `${user}/followers?count=x`, { token })).toBe('400 private, no-cache')
    expect(await kept('POST', `${user}/follow`, { json: { access_token: token } })).toBe(
      '200 private, no-cache',
    )
    expect(await kept('POST', `${user}/follow`, { form: { access_token: token } })).toBe(
      '200 private, no-cache',
    )
    expect(await kept('DELETE', `${user}/follow`, { token })).toBe('200 private, no-cache')
    const tag = (await service.call('GET', user, { token })).headers.get('etag') as string
    expect(await kept('GET', user, { token, headers: { 'If-None-Match': tag } })).toBe(
      '304 private, no-cache',
    )
  })

  it('keep what says so itself: pictures a day, new tokens never', async () => {
    expect(await kept('GET', '/images/avatar.svg')).toBe('200 public, max-age=86400')
    expect(await kept('GET', '/images/avatar.svg', { token: ada.token })).toBe('200 public, max-age=86400')
    expect(await kept('POST', '/oauth/access_token', { form: { grant_type: 'x' } })).toBe('400 no-store')
  })
})
