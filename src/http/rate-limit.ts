// Rate limits per token and per address, counted in memory or in Redis, which several instances share.
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import {
  type IRateLimiterOptions,
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import { ApiError } from './errors.ts'

/** The number of requests (`points`) that are allowed in a number of seconds. */
export type Limit = { points: number; seconds: number }
/** `grant` counts wrong client secrets, per client and address. */
export type Limits = { read: Limit; write: Limit; anonymous: Limit; grant: Limit }

export const DEFAULT_LIMITS: Limits = {
  read: { points: 5_000, seconds: 3_600 },
  write: { points: 20, seconds: 60 },
  anonymous: { points: 50, seconds: 60 },
  grant: { points: 10, seconds: 60 },
}

// A key takes about 600 bytes, so each limit takes 30 MB at most.
const MAX_KEYS = 50_000

/** Who is counted: the hash of a token (for a JWT its user and app), or without a token the client's address (address.ts). */
export type Caller = { token: string } | { address: string }

export type RateLimiter = {
  /** Counts one request. Resolves with the headers of the limit that has the fewest requests left; throws a 429 with the same headers. */
  count(caller: Caller, writes: number): Promise<Record<string, string>>
  /**
   * Runs `attempt`, which checks a client's secret, and counts failures for which `wrong` returns true. Throws a 429 if there were
   * too many. Attempts with the right secret are not counted here (docs/http.md).
   */
  guess<T>(
    client: string,
    address: string,
    attempt: () => Promise<T>,
    wrong: (error: unknown) => boolean,
  ): Promise<T>
}

/**
 * Creates the limits. With `redis` all instances share the counts; while Redis is unavailable, each instance counts in its own memory.
 * That memory holds `mostKeys` keys per limit and evicts the least recently used.
 */
export function createRateLimiter(limits: Limits, redis?: Redis, mostKeys = MAX_KEYS): RateLimiter {
  const make = (name: keyof Limits): RateLimiterAbstract => {
    const { points, seconds } = limits[name]
    const options = { keyPrefix: `follow-graph:${name}`, points, duration: seconds }
    const memory = new BoundedMemory(options, mostKeys)
    if (redis === undefined) return memory
    return new RateLimiterRedis({
      ...options,
      storeClient: redis,
      insuranceLimiter: memory,
      rejectIfRedisNotReady: true,
    })
  }
  const limiters = {
    read: make('read'),
    write: make('write'),
    anonymous: make('anonymous'),
    grant: make('grant'),
  }

  // The library forgets a count by a timer, but tells the time left by the clock of the service, which may have been set back since.
  const secondsLeft = (name: keyof Limits, { msBeforeNext }: RateLimiterRes): number =>
    Math.max(1, Math.ceil(Math.min(msBeforeNext / 1000, limits[name].seconds)))

  async function consume(
    name: keyof Limits,
    key: string,
    points: number,
  ): Promise<{ name: keyof Limits; state: RateLimiterRes; refused: boolean }> {
    try {
      return { name, state: await limiters[name].consume(key, points), refused: false }
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error
      // A bulk request is allowed while any write is left, and all its entries are counted, even beyond the limit.
      return { name, state: error, refused: error.consumedPoints - points >= limits[name].points }
    }
  }

  return {
    async count(caller, writes) {
      const states =
        'address' in caller
          ? [await consume('anonymous', caller.address, 1)]
          : await Promise.all([
              consume('read', caller.token, 1),
              ...(writes > 0 ? [consume('write', caller.token, writes)] : []),
            ])
      const left = ({ state }: { state: RateLimiterRes }) => Math.max(0, state.remainingPoints)
      const tightest = states.reduce((a, b) =>
        b.refused && !a.refused ? b : a.refused && !b.refused ? a : left(b) < left(a) ? b : a,
      )
      const reset = secondsLeft(tightest.name, tightest.state)
      const headers = {
        'X-RateLimit-Limit': String(limits[tightest.name].points),
        'X-RateLimit-Remaining': String(left(tightest)),
        'X-RateLimit-Reset': String(reset),
      }
      if (tightest.refused) throw tooMany(reset, headers)
      return headers
    },
    async guess(client, address, attempt, wrong) {
      // Hashed, because a client may send a name of any length.
      const key = createHash('sha256').update(`${client} ${address}`).digest('base64url')
      const { points } = limits.grant
      const state = await limiters.grant.get(key)
      if (state !== null && state.consumedPoints >= points) {
        const reset = secondsLeft('grant', state)
        throw tooMany(reset, {
          'X-RateLimit-Limit': String(points),
          'X-RateLimit-Remaining': '0',
          'X-RateLimit-Reset': String(reset),
        })
      }
      try {
        return await attempt()
      } catch (error) {
        if (wrong(error)) await limiters.grant.penalty(key)
        throw error
      }
    },
  }
}

const tooMany = (reset: number, headers: Record<string, string>) =>
  new ApiError('rate-limit', `Too many requests: try again in ${reset} seconds.`, {
    headers: { ...headers, 'Retry-After': String(reset) },
    meta: { retry_in: reset },
  })

// The library's memory with a limit on the number of keys, because strangers can use many addresses. A client that is refused
// and tries again stays among the recently used keys, so it is not evicted.
class BoundedMemory extends RateLimiterMemory {
  private readonly recent = new Set<string | number>()
  private readonly mostKeys: number

  constructor(options: IRateLimiterOptions, mostKeys: number) {
    super(options)
    this.mostKeys = mostKeys
  }

  private touch(key: string | number): void {
    this.recent.delete(key)
    this.recent.add(key)
    if (this.recent.size <= this.mostKeys) return
    const [oldest] = this.recent
    this.recent.delete(oldest as string | number)
    void this.delete(oldest as string | number)
  }

  override consume(key: string | number, points?: number): Promise<RateLimiterRes> {
    this.touch(key)
    return super.consume(key, points)
  }

  override penalty(key: string | number, points?: number): Promise<RateLimiterRes> {
    this.touch(key)
    return super.penalty(key, points)
  }
}
