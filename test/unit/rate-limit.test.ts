// The table of counts has a bound, and whoever is being refused is not the one that it forgets.
import { expect, it, onTestFinished, vi } from 'vitest'
import { createRateLimiter, DEFAULT_LIMITS } from '../../src/http/rate-limit.ts'

it('forgets the caller that was silent longest once the table is full', async () => {
  const limiter = createRateLimiter(
    { ...DEFAULT_LIMITS, anonymous: { points: 2, seconds: 60 } },
    undefined,
    3,
  )
  const count = (address: string) =>
    limiter.count({ address }, 0).then(
      (headers) => headers['X-RateLimit-Remaining'],
      () => 'refused',
    )
  expect(await count('10.0.0.1')).toBe('1')
  expect(await count('10.0.0.1')).toBe('0')
  expect(await count('10.0.0.2')).toBe('1')
  for (let n = 0; n < 20; n += 1) {
    expect(await count('10.0.0.1')).toBe('refused')
    expect(await count(`10.0.1.${n}`)).toBe('1')
  }
  expect(await count('10.0.0.2')).toBe('1')
})

it('tells nobody to wait for longer than the period, after the clock was set back', async () => {
  const limiter = createRateLimiter({ ...DEFAULT_LIMITS, anonymous: { points: 1, seconds: 60 } })
  const reset = () =>
    limiter.count({ address: '10.0.0.1' }, 0).then(
      (headers) => Number(headers['X-RateLimit-Reset']),
      (error) => Number(error.headers['Retry-After']),
    )
  expect(await reset()).toBe(60)
  const { now } = Date
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() - 7_200_000)
  onTestFinished(() => clock.mockRestore())
  expect(await reset()).toBe(60)
})
