// Knows how many requests a caller has left: limits per token and per address, in memory or shared through Redis.
import { createHash } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { Redis } from 'ioredis'
import {
  type IRateLimiterOptions,
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import { ApiError } from './errors.ts'

/** So many requests in so many seconds. */
export type Limit = { points: number; seconds: number }
/** `grant` counts wrong client secrets, per client and address. */
export type Limits = { read: Limit; write: Limit; anonymous: Limit; grant: Limit }

export const DEFAULT_LIMITS: Limits = {
  read: { points: 5_000, seconds: 3_600 },
  write: { points: 20, seconds: 60 },
  anonymous: { points: 50, seconds: 60 },
  grant: { points: 10, seconds: 60 },
}

// At about 600 bytes a key, 30 MB a limit at most.
const MOST_KEYS = 50_000

/** Who is counted: a token by its hash (or a JWT by its user and app), or an address without one. */
export type Caller = { token: string } | { address: string }

export type RateLimiter = {
  /** Counts one request; answers the headers of the tightest limit, or throws the 429, which carries them too. */
  count(caller: Caller, writes: number): Promise<Record<string, string>>
  /**
   * Runs one try of a client's secret; `wrong` tells which failures count. Throws the 429 once too many were wrong.
   * Only those are limited: what section 8 of the contract allows an address, a client with its secret may do.
   */
  guess<T>(
    client: string,
    address: string,
    attempt: () => Promise<T>,
    wrong: (error: unknown) => boolean,
  ): Promise<T>
}

/**
 * `redis` shares the counts between instances; while it is away each instance counts in its own memory, which holds
 * `mostKeys` a limit: beyond that the one that was silent longest is forgotten.
 */
export function createRateLimiter(limits: Limits, redis?: Redis, mostKeys = MOST_KEYS): RateLimiter {
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

  async function consume(
    name: keyof Limits,
    key: string,
    points: number,
  ): Promise<{ name: keyof Limits; state: RateLimiterRes; refused: boolean }> {
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
          : await Promise.all([
              consume('read', caller.token, 1),
              ...(writes > 0 ? [consume('write', caller.token, 1)] : []),
            ])
      const left = ({ state }: { state: RateLimiterRes }) => Math.max(0, state.remainingPoints)
      const tightest = states.reduce((a, b) =>
        b.refused && !a.refused ? b : a.refused && !b.refused ? a : left(b) < left(a) ? b : a,
      )
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
      throw tooMany(reset, headers)
    },
    async guess(client, address, attempt, wrong) {
      // Hashed: whatever is sent as a client's name must not become a long key.
      const key = createHash('sha256')
        .update(`${client} ${addressKey(address)}`)
        .digest('base64url')
      const { points } = limits.grant
      const state = await limiters.grant.get(key)
      if (state !== null && state.consumedPoints >= points) {
        const reset = Math.max(1, Math.ceil(state.msBeforeNext / 1000))
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

// The library's table with a bound: keys are addresses that a stranger may choose. Whoever is being refused keeps
// knocking and so is not the one that is forgotten.
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

// An IPv6 customer has a /64 at least, so that is what is counted.
function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = (plain.split('%')[0] as string).split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups =
    tail === undefined
      ? left
      : [...left, ...new Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
