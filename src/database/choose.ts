// Knows which Neo4j fits what a machine has (Docker, Java, Maven); it looks at nothing itself and starts nothing.

/** The newest Neo4j that this release was tested with; needs Java 21 or newer. */
export const NEWEST = '2026.08.1'
/** The long-term release; the last line that runs on Java 17. */
export const LONG_TERM = '5.26.30'

/** A database of our own cannot be had; the message is one sentence that says what to do. */
export class DatabaseError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'DatabaseError'
  }
}

/** A Java on this machine: its home folder and its feature release (17, 21, 25 …). */
export type Java = { home: string; major: number }

/** What was found on this machine. */
export type Found = {
  docker: boolean
  /** With this one first, if it fits: the caller's JAVA_HOME. */
  preferredJava?: Java | undefined
  javas: Java[]
  maven: boolean
  /** Versions that stand in the cache, whole: they need no Maven. */
  cached: string[]
  /** A Neo4j version that must be used. */
  wanted?: string | undefined
  platform: NodeJS.Platform
}

/** What to start. */
export type Plan =
  | { kind: 'docker'; version: string }
  | { kind: 'java'; version: string; java: Java; fetch: boolean }

const OTHER_WAY = 'or start Docker, or set NEO4J_URI to a Neo4j of yours'

/** The oldest Java that a Neo4j version runs on. */
export function oldestJava(version: string): number {
  return version.startsWith('5.') ? 17 : 21
}

/** Decides between Docker and Java, and which version; throws DatabaseError if neither will do. */
export function choose(found: Found): Plan {
  if (found.wanted !== undefined && !/^(5|20\d\d)\.\d{1,2}\.\d+$/.test(found.wanted))
    throw new DatabaseError(
      `NEO4J_VERSION is ${found.wanted}: write it like ${NEWEST} or ${LONG_TERM} (Neo4j 5 and later).`,
    )
  if (found.docker) return { kind: 'docker', version: found.wanted ?? NEWEST }
  if (found.platform === 'win32')
    throw new DatabaseError(
      'On Windows a Neo4j of our own needs Docker: start Docker, or set NEO4J_URI to a Neo4j of yours.',
    )
  const best = found.javas.reduce((most, java) => Math.max(most, java.major), 0)
  if (best === 0)
    throw new DatabaseError(
      `There is neither a Docker engine nor Java on this machine: install Java 21 or newer and Maven, ${OTHER_WAY}.`,
    )
  const version = found.wanted ?? (best >= oldestJava(NEWEST) ? NEWEST : LONG_TERM)
  const java = pickJava(found, version)
  if (java === undefined)
    throw new DatabaseError(
      `Java ${best} is too old for Neo4j ${version}, which needs Java ${oldestJava(version)} or newer: install one, ${OTHER_WAY}.`,
    )
  const fetch = !found.cached.includes(version)
  if (fetch && !found.maven)
    throw new DatabaseError(
      `Neo4j ${version} must be fetched once with Maven, and there is no mvn on the PATH: install Maven, ${OTHER_WAY}.`,
    )
  return { kind: 'java', version, java, fetch }
}

// The caller's own Java first; else the newest, but for Neo4j 5 the oldest that will do: it was released for 17 and 21.
function pickJava(found: Found, version: string): Java | undefined {
  const least = oldestJava(version)
  if (found.preferredJava !== undefined && found.preferredJava.major >= least) return found.preferredJava
  const fit = found.javas.filter((java) => java.major >= least).sort((a, b) => a.major - b.major)
  return version.startsWith('5.') ? fit[0] : fit.at(-1)
}
