// The arithmetic of cursors: the rows of a page, its meta and its links. No I/O.

/** A page request. The bounds are exclusive. A negative count takes the oldest rows of the range; they are listed newest first, too. */
export type PageRequest = { before: bigint; since: bigint; count: number }

export const MAX_CURSOR = 2n ** 63n - 1n

/** The number of rows to fetch: one more than the page, because the extra row decides `more`. */
export const fetchLimit = (request: PageRequest): number => Math.abs(request.count) + 1

/** Whether the rows are fetched from the oldest end of the range. */
export const oldestFirst = (request: PageRequest): boolean => request.count < 0

/** The rows of the page, newest first, from the fetched rows (in the order fetched), and whether the range has more. */
export function pageOf<Row>(request: PageRequest, fetched: Row[]): { rows: Row[]; more: boolean } {
  const size = Math.abs(request.count)
  const rows = fetched.slice(0, size)
  return { rows: oldestFirst(request) ? rows.reverse() : rows, more: fetched.length > size }
}

/** `meta` of a page; an empty page has no max_id and min_id. */
export function pageMeta(ids: bigint[], more: boolean): Record<string, unknown> {
  const first = ids[0]
  const last = ids[ids.length - 1]
  if (first === undefined || last === undefined) return { more }
  return { max_id: String(first), min_id: String(last), more }
}

/**
 * The Link header (RFC 8288). Its targets consist of a query only, relative to the URL that the client called. So they stay correct if a proxy
 * removes a prefix of the path, and a forged Host header cannot get into them. `next` leads to older rows and exists only if there are
 * such rows; `prev` leads to newer rows and exists unless the page is empty.
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
  const links: string[] = []
  // A page from the oldest end of the range has no older rows in the range.
  if (more && !oldestFirst(request)) {
    links.push(link('next', query, { before_id: String(last), count: String(size) }))
  }
  links.push(link('prev', query, { before_id: null, since_id: String(first), count: String(-size) }))
  return links.join(', ')
}

/** One target of a Link header: the query of the call without its token and with other parameters; null removes one. */
export function link(rel: string, query: URLSearchParams, changes: Record<string, string | null>): string {
  const params = new URLSearchParams(query)
  params.delete('access_token')
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) params.delete(key)
    else params.set(key, value)
  }
  return `<?${params}>; rel="${rel}"`
}
