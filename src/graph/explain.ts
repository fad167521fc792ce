// Explains to operators why the database is not available, in one sentence that names the setting to change.
import { Neo4jError } from 'neo4j-driver'
import type { Connection } from './driver.ts'
import type { GraphUnavailable } from './failures.ts'

export type Explanation = {
  sentence: string
  /** Waiting does not help. */
  lasting: boolean
}

type Case = { when: RegExp; lasting: boolean; sentence(to: Connection): string }

// By code and message of the driver's errors, as of neo4j-driver 6.3; test/outside/command-line.test.ts provokes them.
const CASES: Case[] = [
  {
    when: /Security\.Unauthorized/,
    lasting: true,
    sentence: ({ uri, username, password }) =>
      password === ''
        ? `The database at ${uri} requires a login, and NEO4J_PASSWORD is empty: set NEO4J_PASSWORD.`
        : `The database at ${uri} refuses the login of the user ${username}: NEO4J_PASSWORD (or NEO4J_USERNAME) is wrong.`,
  },
  {
    when: /Security\.AuthenticationRateLimit/,
    lasting: true,
    sentence: ({ uri, username }) =>
      `The database at ${uri} has locked the user ${username} for some seconds, after too many logins with a wrong password: check NEO4J_PASSWORD, and try again in a while.`,
  },
  {
    when: /Security\.CredentialsExpired|PasswordChangeRequired/,
    lasting: true,
    sentence: ({ uri, username }) =>
      `The password of the user ${username} of the database at ${uri} has expired: change it there (ALTER CURRENT USER SET PASSWORD FROM … TO …, on the database system), and set NEO4J_PASSWORD to the new one.`,
  },
  {
    when: /Security\./,
    lasting: true,
    sentence: ({ uri, username }) =>
      `The database at ${uri} does not let the user ${username} do this: give the user the right to, or set NEO4J_USERNAME to another.`,
  },
  {
    when: /DatabaseNotFound/,
    lasting: true,
    sentence: ({ uri, database }) =>
      `There is no database ${database} at ${uri}: set NEO4J_DATABASE to one of those that SHOW DATABASES lists.`,
  },
  {
    when: /responded HTTP/,
    lasting: true,
    sentence: ({ uri }) =>
      `The server at ${uri} speaks HTTP, not Bolt: set NEO4J_URI to the Bolt address, usually with port 7687 instead of 7474.`,
  },
  {
    when: /Unknown Bolt protocol version/,
    lasting: true,
    sentence: ({ uri }) => `The server at ${uri} is not Neo4j: check host and port of NEO4J_URI.`,
  },
  {
    when: /ENOTFOUND|EINVAL/,
    lasting: true,
    sentence: ({ uri }) => `There is no host with the name in ${uri}: check NEO4J_URI.`,
  },
  {
    when: /certificate|altnames|CERT_/i,
    lasting: true,
    sentence: ({ uri }) =>
      `This machine does not trust the certificate of the database at ${uri}: write +ssc instead of +s in NEO4J_URI to trust any certificate, or name its authority in NODE_EXTRA_CA_CERTS.`,
  },
  {
    when: /TLS|SSL|wrong version number|EPROTO/i,
    lasting: true,
    sentence: ({ uri }) =>
      `The database at ${uri} does not speak TLS: write bolt:// or neo4j:// in NEO4J_URI, without +s or +ssc.`,
  },
  {
    when: /ECONNREFUSED/,
    lasting: false,
    sentence: ({ uri }) => `No database listens at ${uri}: start it, or check NEO4J_URI.`,
  },
  {
    when: /closed by server|ECONNRESET/,
    lasting: false,
    sentence: ({ uri }) =>
      `The server at ${uri} closes the connection: it is just starting, it requires TLS (bolt+s:// or neo4j+s:// in NEO4J_URI), or it is not Neo4j.`,
  },
]

const BY_REASON: Record<string, string> = {
  memory: 'has no memory left for this: give it more, or do less at a time',
  contention: 'is busy with writes of another program: try again',
  database: 'cannot serve its database now: its log says why',
}

/** Explains a failure. The sentence names the configured address, also for a server that the driver was routed to. */
export function explain(failure: GraphUnavailable, to: Connection): Explanation {
  const { cause } = failure
  const text = cause instanceof Neo4jError ? `${cause.code} ${chain(cause)}` : ''
  const found = CASES.find(({ when }) => when.test(text))
  if (found !== undefined) return { sentence: found.sentence(to), lasting: found.lasting }
  const what = BY_REASON[failure.reason] ?? 'does not answer in time: check NEO4J_URI, or try again'
  return { sentence: `The database at ${to.uri} ${what}.`, lasting: false }
}

function chain(error: unknown): string {
  return error instanceof Error ? `${error.message} ${chain(error.cause)}` : ''
}
