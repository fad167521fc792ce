// Rate limits that two services share through a real Redis, and what becomes of them when it dies.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startTestService } from '../support/service.ts'
import { endRedis, startRedis } from './redis.ts'

const port = await freePort()
let redis = await startRedis(port)
afterAll(() => endRedis(redis))
const settings = {
  REDIS_URL: `redis://127.0.0.1:${port}`,
  RATE_LIMIT: 'read=10/60,write=3/60,anonymous=4/60',
}

const one = await startTestService(settings)
const two = await startTestService(settings)

const remaining = (answer: { headers: Headers }) => Number(answer.headers.get('X-RateLimit-Remaining'))

/** Waits until the two see each other's counts: until then one of them has not found Redis. */
async function untilShared(): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { token } = await one.user()
    const left = remaining(await one.call('GET', '/token', { token }))
    if (left - remaining(await two.call('GET', '/token', { token })) === 1) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('the two services do not share their counts after 20 s')
}

beforeAll(untilShared)

it('counts reads of one token at both', async () => {
  const { token } = await one.user()
  const left: number[] = []
  for (let n = 0; n < 5; n += 1) {
    for (const service of [one, two]) left.push(remaining(await service.call('GET', '/token', { token })))
  }
  expect(left).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0])
  for (const service of [one, two]) {
    const refused = await service.call('GET', '/token', { token })
    expect(refused.status).toBe(429)
    expect(refused.body.meta.retry_in).toBe(Number(refused.headers.get('Retry-After')))
  }
})

it('counts writes at both, whoever takes them', async () => {
  const ann = await one.user()
  const others = await one.users(4)
  const statuses: number[] = []
  for (const [index, other] of others.entries()) {
    const service = index % 2 === 0 ? one : two
    statuses.push((await service.call('POST', `/users/${other.id}/follow`, { token: ann.token })).status)
  }
  expect(statuses).toEqual([200, 200, 200, 429])
})

it('goes on when Redis dies: each counts in its own memory, nobody sees a 5xx, and shares again when it is back', async () => {
  const ann = await one.user()
  const bo = await one.user()
  for (const service of [one, two]) await service.call('GET', '/token', { token: ann.token })
  await endRedis(redis)
  // The very first requests after it died, at once and at both.
  const rush = await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      (n % 2 === 0 ? one : two).call('GET', '/token', { token: ann.token }),
    ),
  )
  expect(rush.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
  const written = await one.call('POST', `/users/${bo.id}/follow`, { token: ann.token })
  expect(written.status).toBe(200)
  const statuses: number[] = []
  for (let n = 0; n < 12; n += 1) statuses.push((await one.call('GET', '/token', { token: bo.token })).status)
  expect(statuses).toEqual([...new Array(10).fill(200), 429, 429])
  expect((await two.call('GET', '/token', { token: bo.token })).status).toBe(200)

  redis = await startRedis(port)
  await untilShared()
}, 60_000)
