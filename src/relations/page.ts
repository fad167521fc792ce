// Knows the arithmetic of cursors: which rows a request for a page means, and what meta and links follow; no I/O.

/** A page request: bounds exclusive; a negative count takes the oldest of the range, still listed newest first. */
export type PageRequest = { before: bigint; since: bigint; count: number }

export const MAX_CURSOR = 2n ** 63n - 1n

/** How many rows to fetch: one more than the page, for that one row decides `more`. */
export const fetchLimit = (request: PageRequest): number => Math.abs(request.count) + 1

/** From which end the rows must be fetched. */
export const oldestFirst = (request: PageRequest): boolean => request.count < 0

/** Cuts the fetched rows (in the order fetched) to the page, newest first, and says whether the range has more. */
export function cutPage<Row>(request: PageRequest, fetched: Row[]): { rows: Row[]; more: boolean } {
  const size = Math.abs(request.count)
  const rows = fetched.slice(0, size)
  return { rows: oldestFirst(request) ? rows.reverse() : rows, more: fetched.length > size }
}

/** `meta` of a page; max_id and min_id are left out of an empty one. */
export function pageMeta(ids: bigint[], more: boolean): Record<string, unknown> {
  const first = ids[0]
  const last = ids[ids.length - 1]
  if (first === undefined || last === undefined) return { more }
  return { max_id: String(first), min_id: String(last), more }
}

/**
 * The Link header (RFC 8288). Its targets are only a query, relative to the URL that the client called: they hold whatever a proxy took off
 * the path, and a forged Host never comes back. `next` is older and stands
 * only where such a row exists, `prev` is newer and stands on every page that is not empty.
 */
export function pageLinks(
  request: PageRequest,
  ids: bigint[],
  more: boolean,
  query: URLSearchParams,
): string | undefined {
  const first = ids[0]
  const last = ids[ids.length - 1]
  if (first === undefined || last === undefined) return undefined
  const size = Math.abs(request.count)
  const target = (changes: Record<string, string | null>) => {
    const params = new URLSearchParams(query)
    params.delete('access_token')
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) params.delete(key)
      else params.set(key, value)
    }
    return `?${params}`
  }
  const links: string[] = []
  // Of a page taken from the oldest end, the rows below it in the range are none: next then stands only if the range
  // itself goes on below, which it does not.
  if (more && !oldestFirst(request)) {
    links.push(`<${target({ before_id: String(last), count: String(size) })}>; rel="next"`)
  }
  links.push(`<${target({ before_id: null, since_id: String(first), count: String(-size) })}>; rel="prev"`)
  return links.join(', ')
}
