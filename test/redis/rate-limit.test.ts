// Shared rate limits (REDIS_URL) are exact under a burst, and a Redis that hangs holds nobody up.
import { afterAll, expect, it } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { startTestService } from '../support/service.ts'
import { endRedis, startRedis } from './redis.ts'

const port = await freePort()
const redis = await startRedis(port)
const settings = { REDIS_URL: `redis://127.0.0.1:${port}`, RATE_LIMIT: 'read=10/60,anonymous=10/60' }
const [one, two] = [await startTestService(settings), await startTestService(settings)]
afterAll(() => endRedis(redis))

const left = (answer: { headers: Headers }) => Number(answer.headers.get('x-ratelimit-remaining'))
/** The services connect in the background: waits until both count in Redis. */
async function shared(): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { token } = await one.user()
    const first = await one.call('GET', '/token', { token })
    const second = await two.call('GET', '/token', { token })
    if (left(first) === 9 && left(second) === 8) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('The services never shared their counts.')
}

it('two instances share limits, exactly: never above the limit together', async () => {
  await shared()
  const { token } = await one.user()
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? one : two).call('GET', '/token', { token })),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(30)
  expect((await two.call('GET', '/token', { token })).headers.has('retry-after')).toBe(true)
})

it('a Redis that hangs is waited for half a second at most', async () => {
  await shared()
  const { token } = await one.user()
  redis.kill('SIGSTOP')
  try {
    const started = performance.now()
    expect((await one.call('GET', '/token', { token })).status).toBe(200)
    expect(performance.now() - started).toBeLessThan(1_500)
  } finally {
    redis.kill('SIGCONT')
  }
})
