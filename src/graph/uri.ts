// Checks the address of a Neo4j.

const GOOD = 'must be an address such as bolt://localhost:7687 or neo4j+s://example.org'

/** Whether an address has the scheme `neo4j`, with which the driver treats the server as a cluster. */
export const isCluster = (uri: string): boolean => uri.startsWith('neo4j')

/** What is wrong with an address and how to fix it, as the end of a sentence; null if it is valid. It never repeats a password. */
export function wrongUri(uri: string): string | null {
  if (/^https?:/i.test(uri))
    return `${GOOD}: this is the HTTP address for browsers, but Neo4j's Bolt port (7687) is needed`
  if (!/^(bolt|neo4j)(\+s|\+ssc)?:\/\//.test(uri))
    return uri.includes('://') ? GOOD : `${GOOD}, with bolt:// or neo4j:// in front`
  if (!URL.canParse(uri)) return GOOD
  const { hostname, username, password, pathname, search, hash } = new URL(uri)
  if (username !== '' || password !== '')
    return 'must not hold user and password: set NEO4J_USERNAME and NEO4J_PASSWORD'
  // Only the scheme neo4j allows query parameters.
  if (hostname === '' || hash !== '' || (search !== '' && uri.startsWith('bolt'))) return GOOD
  if (!['', '/'].includes(pathname)) return `${GOOD}, without a path: NEO4J_DATABASE names the database`
  return null
}
