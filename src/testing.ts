// Knows `follow-graph/testing`: a running service on an ephemeral Neo4j in one call, for anybody's test suite.
import type { Api } from './api.ts'
import { type Config, ownDatabaseSettings, readConfig } from './config.ts'
import { makeEphemeralFolder, removeAbandoned } from './database/ephemeral.ts'
import { startOwnDatabase } from './database/own.ts'
import { startService } from './service.ts'
import { USER_SCOPES } from './tokens/token.ts'
import type { Profile } from './users/profile.ts'

/** A user as a test names it. */
export type TestUser = { id: string; username: string }

/** Fields of a new user; what is left out gets a default, the id the next free one. */
export type TestUserFields = Partial<Omit<Profile, 'id'>> & { id?: string | number | bigint }

// Written out here: the type of the service leads to those of packages that an installed follow-graph comes without.
/** Where a database answers, and as whom. */
export type Connection = { uri: string; username: string; password: string; database: string }

export type FollowGraph = {
  /** Base address without a path; the API answers under `/stream/0` and bare. */
  url: string
  neo4j: Connection & { version?: string }
  createUser(fields?: TestUserFields): Promise<TestUser>
  /** A user token's text; all scopes by default. */
  tokenFor(user: TestUser | string, scopes?: string[]): Promise<string>
  /** An app token's text, of a new client; scopes `basic` and `provision` by default. */
  appToken(scopes?: string[]): Promise<string>
  /** Makes a follow as `POST …/follow` does; throws with the verdict where that would refuse. */
  follow(follower: TestUser | string, followee: TestUser | string): Promise<void>
  /** Empties the graph: users, relations, tokens. */
  reset(): Promise<void>
  stop(): Promise<void>
}

export type FollowGraphOptions = {
  /** An existing database; without it `NEO4J_URI`, else Docker, else Java. */
  neo4j?: Partial<Connection> & { uri: string; password: string }
  /** Settings by their names, such as `{ MAX_FOLLOWING: '3' }`. `RATE_LIMIT` is off and `LOG_LEVEL` silent unless given. */
  settings?: Record<string, string>
}

/**
 * Starts the service on a free port. The database lives in a temporary folder that `stop()` removes, unless one is
 * named. Throws a sentence that says what is missing where no database can be had.
 */
export async function startFollowGraph(options: FollowGraphOptions = {}): Promise<FollowGraph> {
  const named = options.neo4j
  const settings: Record<string, string> = {
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'silent',
    PORT: '0',
    ...options.settings,
  }
  if (named !== undefined) {
    settings.NEO4J_URI = named.uri
    settings.NEO4J_PASSWORD = named.password
    if (named.username !== undefined) settings.NEO4J_USERNAME = named.username
    if (named.database !== undefined) settings.NEO4J_DATABASE = named.database
  }
  const config = readConfig(settings)
  const own = config.neo4j === null ? await startEphemeral(config) : null
  const connection: Connection = config.neo4j ?? (own as Ephemeral).connection
  const end = async () => own?.stop()
  let service: Awaited<ReturnType<typeof startService>>
  try {
    service = await startService(config, connection)
  } catch (error) {
    await end()
    throw error
  }
  const { api } = service
  // Planning the statement takes longer than running it (0.2 s): done by the time the first test ends.
  empty(api, false).catch(() => undefined)
  let stopped: Promise<void> | undefined

  return {
    url: service.url,
    neo4j: { ...connection, ...(own === null ? {} : { version: own.version }) },
    async createUser({ id, ...fields } = {}) {
      const profile = await api.accounts.create({
        ...fields,
        ...(id === undefined ? {} : { id: BigInt(id) }),
      })
      return { id: String(profile.id), username: profile.username ?? `u${profile.id}` }
    },
    async tokenFor(user, scopes = [...USER_SCOPES]) {
      const all = scopes.includes('basic') ? scopes : ['basic', ...scopes]
      const made = await api.tokens.create({
        kind: 'user',
        userId: idOf(user),
        clientId: 'follow-graph',
        scopes: all,
        expiresAt: null,
      })
      if (made === null) throw new Error(`There is no user ${idOf(user)}: create it first.`)
      return made.text
    },
    async appToken(scopes = ['basic', 'provision']) {
      const client = await api.tokens.createClient({ name: 'test', link: '', scopes, maxFollowing: null })
      const made = await api.tokens.create({
        kind: 'app',
        userId: null,
        clientId: client.client_id,
        scopes,
        expiresAt: null,
      })
      if (made === null) throw new Error('The client that was just made is gone.')
      return made.text
    },
    async follow(follower, followee) {
      const [outcome] = await api.changes.commit([
        {
          kind: 'follow',
          viewerId: idOf(follower),
          targetId: idOf(followee),
          maxFollowing: config.maxFollowing,
        },
      ])
      if (outcome?.verdict !== 'done')
        throw new Error(`user ${idOf(follower)} cannot follow user ${idOf(followee)}: ${outcome?.verdict}`)
    },
    reset: () => empty(api, true),
    stop() {
      stopped ??= service.stop().finally(end)
      return stopped
    },
  }
}

// In steps, so that a big graph fits into the memory of a small database; `all` is false where only a plan is wanted.
async function empty({ graph }: Api, all: boolean): Promise<void> {
  await graph.write(
    'testing/reset',
    `MATCH (n:User|Gone|Token|Client) WHERE $all AND (NOT n:Client OR n.client_id <> $own)
     CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 1000 ROWS`,
    { all, own: 'follow-graph' },
    60_000,
  )
}

function idOf(user: TestUser | string): bigint {
  const id = typeof user === 'string' ? user : user.id
  if (!/^\d+$/.test(id))
    throw new TypeError(`"${id}" is no user id: give what createUser() answered, or its id.`)
  return BigInt(id)
}

type Ephemeral = { connection: Connection; version: string; stop(): Promise<void> }

async function startEphemeral(config: Config): Promise<Ephemeral> {
  await removeAbandoned()
  const folder = makeEphemeralFolder()
  try {
    const own = await startOwnDatabase({
      data: folder.path,
      say: () => undefined,
      ...ownDatabaseSettings(config),
    })
    const { uri, username, password, version } = own
    const stop = () => own.stop().finally(folder.remove)
    return { connection: { uri, username, password, database: 'neo4j' }, version, stop }
  } catch (error) {
    folder.remove()
    throw error
  }
}
