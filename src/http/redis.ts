// Opens the connection to Redis, in which instances share rate limits.
import type { Logger } from 'pino'

/** Opens the connection. While Redis is unavailable, limits are counted in memory, and each error is logged. */
export async function connectRedis(url: string, log: Logger) {
  const { Redis } = await import('ioredis')
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    connectTimeout: 2_000,
    commandTimeout: 500,
  })
  redis.on('error', (error: NodeJS.ErrnoException) =>
    log.warn({ reason: error.code ?? 'error' }, 'redis is not available; rate limits are counted in memory'),
  )
  return redis
}
