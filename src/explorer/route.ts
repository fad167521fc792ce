// The address within the page: the part behind `#`, a path and a query. The server never gets it.

export type Route = { path: string[]; query: URLSearchParams }

/** Splits the part of the address behind `#`, such as `#/users/2/followers?q=ada`. */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2)
  const parts = path.split('/').filter((part) => part !== '')
  return { path: parts.map(decoded), query: new URLSearchParams(query) }
}

/** The address of a view; parameters that are empty are left out. */
export function hrefOf(path: string, query: Record<string, string> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== '')
  return given.length === 0 ? `#${path}` : `#${path}?${new URLSearchParams(given)}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
