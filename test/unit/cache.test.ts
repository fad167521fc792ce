// The memory's cache after the log was put back to lower ordinals, as after the restore of a backup.
import { expect, it } from 'vitest'
import { entryOf } from '../../src/events/kinds.ts'
import { createCache } from '../../src/memory/cache.ts'
import type { Token } from '../../src/tokens/token.ts'

const revocation = (ordinal: bigint) =>
  entryOf([ordinal, 0n, 0n, 0n, ['token-revoked'], [1n], [0n], [0n], `hash ${ordinal}`])
const token: Token = {
  kind: 'app',
  user: null,
  scopes: [],
  app: { client_id: 'c', name: '', link: '' },
  maxFollowing: null,
  expiresAt: null,
  hash: 'kept',
}

it('fills again, also after more changes than it remembers, and refuses what was read before', () => {
  let ordinal = 0n
  const cache = createCache(10_000_000, () => ordinal)
  const keep = (readPoint: ReturnType<typeof cache.readPoint>) => {
    cache.keep(readPoint, (unchanged) => cache.putToken('kept', token, unchanged))
    cache.replica.pollBegan()()
    return cache.token('kept') !== undefined
  }
  for (let n = 0; n < 30_000; n += 1) {
    ordinal += 1n
    cache.replica.apply(revocation(ordinal))
  }
  const before = cache.readPoint()
  ordinal = 100n
  cache.replica.empty()
  expect(keep(before)).toBe(false)
  expect(keep(cache.readPoint())).toBe(true)
  // What changes from then on is remembered as ever.
  const early = cache.readPoint()
  ordinal = 101n
  cache.replica.apply(entryOf([ordinal, 0n, 0n, 0n, ['token-revoked'], [1n], [0n], [0n], 'kept']))
  expect(cache.token('kept')).toBeUndefined()
  expect(keep(early)).toBe(false)
  expect(keep(cache.readPoint())).toBe(true)
})
