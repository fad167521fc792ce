// Chooses the Neo4j version and the way to run it (Docker or Java) from what was found on the machine. It has no side effects.

/** The newest Neo4j that this release was tested with; needs Java 21 or newer. */
export const NEWEST = '2026.08.1'
/** The long-term support release; the last one that runs on Java 17. */
export const LONG_TERM = '5.26.30'

/** No Neo4j can be started on this machine; the message is one sentence that says what to do. */
export class DatabaseError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause })
    this.name = 'DatabaseError'
  }
}

/** Docker cannot run the database. Unless DATABASE=docker demands it, the caller falls back to Java. */
export class DockerUnfit extends DatabaseError {
  /** The reason, as a clause of a sentence. */
  readonly why: string

  constructor(why: string, remedy: string, cause?: unknown) {
    super(`${sentence(why)}: ${remedy}, or set DATABASE=java, or set NEO4J_URI to your own Neo4j.`, cause)
    this.why = why
  }
}

/** A clause as the beginning of a sentence. */
export const sentence = (clause: string): string => clause.charAt(0).toUpperCase() + clause.slice(1)

/** A Java on this machine: its home folder and its feature release (17, 21, 25 …). */
export type Java = { home: string; major: number }

/** What was found on this machine. */
export type Found = {
  docker: boolean
  /** The reason why there is no Docker, as a clause of a sentence. */
  whyNoDocker?: string | undefined
  /** The one of the two that must be used (DATABASE). */
  only?: 'docker' | 'java' | undefined
  /** Used before all others if it is new enough: the caller's JAVA_HOME. */
  preferredJava?: Java | undefined
  javas: Java[]
  maven: boolean
  /** Versions that are complete in the cache: they need no Maven. */
  cached: string[]
  /** A Neo4j version that must be used. */
  wanted?: string | undefined
  platform: NodeJS.Platform
}

/** What to start. */
export type Plan =
  | { kind: 'docker'; version: string }
  | { kind: 'java'; version: string; java: Java; fetch: boolean }

const OTHER_WAY = 'or start Docker, or set NEO4J_URI to your own Neo4j'

/** The oldest Java that a Neo4j version runs on. */
export function oldestJava(version: string): number {
  return version.startsWith('5.') ? 17 : 21
}

/** Decides between Docker and Java, and on the version; throws DatabaseError if neither can be used. */
export function choose(found: Found): Plan {
  if (found.wanted !== undefined && !/^(5|20\d\d)\.\d{1,2}\.\d+$/.test(found.wanted))
    throw new DatabaseError(
      `NEO4J_VERSION is ${found.wanted}: write it like ${NEWEST} or ${LONG_TERM} (Neo4j 5 and later).`,
    )
  if (found.docker && found.only !== 'java') return { kind: 'docker', version: found.wanted ?? NEWEST }
  const whyNoDocker = found.whyNoDocker ?? 'no Docker engine answers'
  if (found.only === 'docker') throw new DockerUnfit(whyNoDocker, 'start Docker')
  if (found.platform === 'win32')
    throw new DatabaseError(
      'On Windows follow-graph starts Neo4j only with Docker: start Docker and unset DATABASE, or set NEO4J_URI to your own Neo4j.',
    )
  const otherWay =
    found.only === 'java' ? OTHER_WAY.replace('start Docker', 'start Docker and unset DATABASE') : OTHER_WAY
  const best = found.javas.reduce((most, java) => Math.max(most, java.major), 0)
  if (best === 0)
    throw new DatabaseError(
      `${found.only === 'java' ? 'There' : `${sentence(whyNoDocker)}, and there`} is no Java on this machine: install Java 21 or newer and Maven, ${otherWay}.`,
    )
  const version = found.wanted ?? (best >= oldestJava(NEWEST) ? NEWEST : LONG_TERM)
  const java = pickJava(found, version)
  if (java === undefined)
    throw new DatabaseError(
      `Java ${best} is too old for Neo4j ${version}, which needs Java ${oldestJava(version)} or newer: install one, ${otherWay}.`,
    )
  const fetch = !found.cached.includes(version)
  if (fetch && !found.maven)
    throw new DatabaseError(
      `Neo4j ${version} must be fetched once with Maven, and there is no mvn on the PATH: install Maven, ${otherWay}.`,
    )
  return { kind: 'java', version, java, fetch }
}

// The caller's own Java first; otherwise the newest. For Neo4j 5 the oldest that is new enough, because it was released for Java 17 and 21.
function pickJava(found: Found, version: string): Java | undefined {
  const least = oldestJava(version)
  if (found.preferredJava !== undefined && found.preferredJava.major >= least) return found.preferredJava
  const fit = found.javas.filter((java) => java.major >= least).sort((a, b) => a.major - b.major)
  return version.startsWith('5.') ? fit[0] : fit.at(-1)
}
