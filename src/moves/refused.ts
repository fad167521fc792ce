// The followers that a move left where they were, and why: nine bytes each, because a locked user may refuse a million.

/** Why a follower was not moved, in the order of the numbers by which it is kept. */
const SLUGS = ['blocked', 'bot-rule', 'follow-limit', 'locked'] as const
export type RefusedSlug = (typeof SLUGS)[number]
type Refusal = { id: string; error_slug: RefusedSlug }

export type Refused = Iterable<Refusal> & {
  readonly length: number
  add(id: bigint, slug: RefusedSlug): void
}

export function createRefused(): Refused {
  let ids = new BigInt64Array(16)
  let slugs = new Uint8Array(16)
  let length = 0
  return {
    get length() {
      return length
    },
    add(id, slug) {
      if (length === ids.length) {
        const [fewerIds, fewerSlugs] = [ids, slugs]
        ids = new BigInt64Array(length * 2)
        slugs = new Uint8Array(length * 2)
        ids.set(fewerIds)
        slugs.set(fewerSlugs)
      }
      ids[length] = id
      slugs[length] = SLUGS.indexOf(slug)
      length += 1
    },
    *[Symbol.iterator]() {
      for (let n = 0; n < length; n += 1)
        yield { id: String(ids[n]), error_slug: SLUGS[slugs[n] as number] as RefusedSlug }
    },
  }
}
