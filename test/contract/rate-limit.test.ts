// Rate limits.
import { describe, expect, it } from 'vitest'
import { lanes, runs } from '../support/scale.ts'
import { startTestService, type TestService } from '../support/service.ts'

// Promise 26: FAULTS=long sends ten thousand.
const FORGED = runs(300, 10_000)

const numbers = (headers: Headers) =>
  ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'].map((name) =>
    Number(headers.get(name) ?? Number.NaN),
  )
const refused = (answer: Awaited<ReturnType<TestService['call']>>, limit: number) => {
  expect(answer.status).toBe(429)
  const [most, left, reset] = numbers(answer.headers)
  expect([most, left]).toEqual([limit, 0])
  expect(reset).toBeGreaterThan(0)
  expect(answer.headers.get('retry-after')).toBe(String(reset))
  expect(answer.body.meta).toMatchObject({ code: 429, error_slug: 'rate-limit', retry_in: reset })
}

describe('by default', async () => {
  const service = await startTestService({ RATE_LIMIT: '' })

  it('a token has 5,000 requests an hour, of which 20 writes a minute', async () => {
    const [a, b] = await service.users(2)
    const read = await service.call('GET', '/token', { token: a!.token })
    expect(numbers(read.headers)).toEqual([5000, 4999, 3600])
    const write = await service.call('POST', `/users/${b!.id}/follow`, { token: a!.token })
    expect(numbers(write.headers)).toEqual([20, 19, 60])
    for (let n = 1; n < 20; n += 1)
      expect((await service.call('DELETE', `/users/${b!.id}/follow`, { token: a!.token })).status).toBe(200)
    refused(await service.call('POST', `/users/${b!.id}/follow`, { token: a!.token }), 20)
    // Reads still work; the refused write counted as a request.
    const after = await service.call('GET', '/token', { token: a!.token })
    expect([after.status, numbers(after.headers)[1]]).toEqual([200, 5000 - 23])
    // The refused write changed nothing, and other tokens are not limited.
    expect((await service.call('GET', `/users/${b!.id}`, { token: a!.token })).body.data.you_follow).toBe(
      false,
    )
    expect((await service.call('POST', `/users/${a!.id}/follow`, { token: b!.token })).status).toBe(200)
  })

  it('two tokens of one user are counted apart', async () => {
    const user = await service.user()
    const other = await service.tokenFor(user)
    for (const token of [user.token, other])
      expect(numbers((await service.call('GET', '/token', { token })).headers)[1]).toBe(4999)
  })

  it('without a token it is 50 a minute per address, refused and unknown requests included', async () => {
    const paths = [
      '/nothing',
      '/users/2',
      '/token',
      '/users/2?callback=f',
      '/users/2?callback=',
      `/users/${'9'.repeat(8_000)}`,
    ]
    for (let n = 0; n < 50; n += 1) {
      const answer = await service.call('GET', paths[n % paths.length]!)
      expect(answer.status, paths[n % paths.length]).not.toBe(429)
      expect(numbers(answer.headers).slice(0, 2)).toEqual([50, 49 - n])
    }
    refused(await service.call('GET', '/users/2'), 50)
    refused(await service.call('GET', '/token', { token: 'garbage' }), 50)
    refused(await service.call('POST', '/oauth/access_token', { form: { grant_type: 'x' } }), 50)
    expect((await service.call('GET', '/health/live')).status).toBe(200)
    expect((await service.call('GET', '/metrics')).headers.has('x-ratelimit-limit')).toBe(false)
    expect((await service.call('OPTIONS', '/users/2')).status).toBe(204)
  })
})

describe('configured', () => {
  it('parts that are left out have their defaults', async () => {
    const service = await startTestService({ RATE_LIMIT: 'write=2/30' })
    const [a, b] = await service.users(2)
    expect(numbers((await service.call('GET', '/token', { token: a!.token })).headers)[0]).toBe(5000)
    expect(numbers((await service.call('GET', '/nothing')).headers)[0]).toBe(50)
    expect(
      numbers((await service.call('POST', `/users/${b!.id}/mute`, { token: a!.token })).headers),
    ).toEqual([2, 1, 30])
  })

  it('the headers describe the limit with the fewest requests left', async () => {
    const service = await startTestService({ RATE_LIMIT: 'read=3/60,write=20/60' })
    const [a, b] = await service.users(2)
    for (const left of [2, 1, 0]) {
      expect(
        numbers((await service.call('POST', `/users/${b!.id}/follow`, { token: a!.token })).headers).slice(
          0,
          2,
        ),
      ).toEqual([3, left])
    }
    refused(await service.call('GET', '/token', { token: a!.token }), 3)
  })

  it('a caller is served again when the period is over', async () => {
    const service = await startTestService({ RATE_LIMIT: 'read=1/1' })
    const user = await service.user()
    expect((await service.call('GET', '/token', { token: user.token })).status).toBe(200)
    refused(await service.call('GET', '/token', { token: user.token }), 1)
    const again = async () => (await service.call('GET', '/token', { token: user.token })).status
    await expect.poll(again, { timeout: 10_000 }).toBe(200)
  })

  it('a burst never gets more than the limit', async () => {
    const service = await startTestService({ RATE_LIMIT: 'read=10/60' })
    const user = await service.user()
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => service.call('GET', '/token', { token: user.token })),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(30)
  })

  it('a request with a refused body counts for its token', async () => {
    const service = await startTestService({ RATE_LIMIT: 'read=2/60' })
    const [a, b] = await service.users(2)
    for (const status of [400, 400]) {
      const answer = await fetch(`${service.url}/users/${b!.id}/follow`, {
        method: 'POST',
        body: '{',
        headers: { Authorization: `Bearer ${a!.token}`, 'Content-Type': 'application/json' },
      })
      expect(answer.status).toBe(status)
    }
    refused(await service.call('GET', '/token', { token: a!.token }), 2)
  })

  it('off: no such headers and no limit', async () => {
    const service = await startTestService({ RATE_LIMIT: 'off' })
    const user = await service.user()
    for (let n = 0; n < 60; n += 1) {
      const answer = await service.call('GET', '/nothing')
      expect(answer.status).toBe(404)
      expect([...answer.headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([])
    }
    expect(
      (await service.call('GET', '/token', { token: user.token })).headers.has('x-ratelimit-limit'),
    ).toBe(false)
  })
})

describe('the address', () => {
  const from = (service: TestService, forwarded: string) =>
    service.call('GET', '/nothing', { headers: { 'X-Forwarded-For': forwarded } })

  it('is that of the connection, whatever a caller claims', async () => {
    const service = await startTestService({ RATE_LIMIT: 'anonymous=2/60' })
    expect((await from(service, '198.51.100.1')).status).toBe(404)
    expect((await from(service, '198.51.100.2')).status).toBe(404)
    refused(await from(service, '198.51.100.3'), 2)
  })

  it('forged many times is still one address', { timeout: 120_000 }, async () => {
    for (const [proxies, appended] of [
      ['0', ''],
      ['1', ', 192.0.2.7'],
    ]) {
      const service = await startTestService({
        RATE_LIMIT: 'anonymous=100/3600',
        TRUST_PROXY: proxies as string,
      })
      const statuses = new Map<number, number>()
      await lanes(8, FORGED, async (n) => {
        const { status } = await from(service, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}${appended}`)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      })
      expect([...statuses].sort()).toEqual([
        [404, 100],
        [429, FORGED - 100],
      ])
    }
  })

  it('with TRUST_PROXY=1 is the one that the proxy appended, not those before it', async () => {
    const service = await startTestService({ RATE_LIMIT: 'anonymous=2/60', TRUST_PROXY: '1' })
    expect((await from(service, '203.0.113.1, 198.51.100.1')).status).toBe(404)
    expect((await from(service, '203.0.113.2, 198.51.100.1')).status).toBe(404)
    refused(await from(service, '203.0.113.3, 198.51.100.1'), 2)
    expect((await from(service, '203.0.113.3, 198.51.100.2')).status).toBe(404)
  })

  it('of IPv6 counts by its /64', async () => {
    const service = await startTestService({ RATE_LIMIT: 'anonymous=2/60', TRUST_PROXY: '1' })
    expect((await from(service, '2001:db8:0:1::1')).status).toBe(404)
    expect((await from(service, '2001:db8::1:ffff:0:0:2')).status).toBe(404)
    refused(await from(service, '2001:0db8:0000:0001:9::'), 2)
    expect((await from(service, '2001:db8:0:2::1')).status).toBe(404)
  })
})
