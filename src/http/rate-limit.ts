// Knows how many requests a caller has left: limits per token and per address, in memory or shared through Redis.
import { isIPv6 } from 'node:net'
import type { Redis } from 'ioredis'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { ApiError } from './errors.ts'

/** So many requests in so many seconds. */
export type Limit = { points: number; seconds: number }
export type Limits = { read: Limit; write: Limit; anonymous: Limit }

export const DEFAULT_LIMITS: Limits = {
  read: { points: 5_000, seconds: 3_600 },
  write: { points: 20, seconds: 60 },
  anonymous: { points: 50, seconds: 60 },
}

/** Who is counted: a token by its hash (or a JWT by its user and app), or an address without one. */
export type Caller = { token: string } | { address: string }

export type RateLimiter = {
  /** Counts one request; answers the headers of the tightest limit, or throws the 429, which carries them too. */
  count(caller: Caller, writes: number): Promise<Record<string, string>>
}

/** `redis` shares the counts between instances; while it is away each instance counts in its own memory. */
export function createRateLimiter(limits: Limits, redis?: Redis): RateLimiter {
  const make = (name: keyof Limits): RateLimiterAbstract => {
    const { points, seconds } = limits[name]
    const options = { keyPrefix: `follow-graph:${name}`, points, duration: seconds }
    const memory = new RateLimiterMemory(options)
    if (redis === undefined) return memory
    return new RateLimiterRedis({ ...options, storeClient: redis, insuranceLimiter: memory, rejectIfRedisNotReady: true })
  }
  const limiters = { read: make('read'), write: make('write'), anonymous: make('anonymous') }

  async function consume(name: keyof Limits, key: string, points: number): Promise<{ name: keyof Limits; state: RateLimiterRes; refused: boolean }> {
    try {
      return { name, state: await limiters[name].consume(key, points), refused: false }
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      return { name, state: error, refused: true }
    }
  }

  return {
    async count(caller, writes) {
      const states =
        'address' in caller
          ? [await consume('anonymous', addressKey(caller.address), 1)]
          : await Promise.all([consume('read', caller.token, 1), ...(writes > 0 ? [consume('write', caller.token, 1)] : [])])
      const left = ({ state }: { state: RateLimiterRes }) => Math.max(0, state.remainingPoints)
      const tightest = states.reduce((a, b) => (b.refused && !a.refused ? b : a.refused && !b.refused ? a : left(b) < left(a) ? b : a))
      const reset = Math.max(1, Math.ceil(tightest.state.msBeforeNext / 1000))
      const headers = {
        'X-RateLimit-Limit': String(limits[tightest.name].points),
        'X-RateLimit-Remaining': String(left(tightest)),
        'X-RateLimit-Reset': String(reset),
      }
      if (!tightest.refused) {
        // A bulk request is let in while any write is left, and then counts every entry: the next one waits for it.
        if (writes > 1 && 'token' in caller) await limiters.write.penalty(caller.token, writes - 1)
        return headers
      }
      throw new ApiError('rate-limit', `Too many requests: try again in ${reset} seconds.`, {
        headers: { ...headers, 'Retry-After': String(reset) },
        meta: { retry_in: reset },
      })
    },
  }
}

// An IPv6 customer has a /64 at least, so that is what is counted.
function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = (plain.split('%')[0] as string).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? left : [...left, ...new Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}
