// Knows `follow-graph/testing`: a running service on an ephemeral Neo4j in one call, for anybody's test suite.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownDatabaseSettings, readConfig } from './config.ts'
import { startOwnDatabase } from './database/own.ts'
import { type Connection, startService } from './service.ts'
import { USER_SCOPES } from './tokens/token.ts'
import type { Profile } from './users/profile.ts'

/** A user as a test names it. */
export type TestUser = { id: string; username: string }

/** Fields of a new user; what is left out gets a default, the id the next free one. */
export type TestUserFields = Partial<Omit<Profile, 'id'>> & { id?: string | number | bigint }

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
  const folder = config.neo4j === null ? mkdtempSync(join(tmpdir(), 'follow-graph-')) : null
  const remove = () => folder !== null && rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  const own =
    folder === null
      ? null
      : await startOwnDatabase({
          data: folder,
          say: () => undefined,
          ...ownDatabaseSettings(config),
        }).catch((error: unknown) => {
          remove()
          throw error
        })
  const connection: Connection = own === null ? (config.neo4j as Connection) : { ...own, database: 'neo4j' }
  const end = async () => {
    await own?.stop()
    remove()
  }
  let service: Awaited<ReturnType<typeof startService>>
  try {
    service = await startService(config, connection)
  } catch (error) {
    await end()
    throw error
  }
  const { api } = service
  const idOf = (user: TestUser | string) => BigInt(typeof user === 'string' ? user : user.id)
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
    async reset() {
      await api.graph.write(
        'testing/reset',
        'MATCH (n) WHERE n:User OR n:Gone OR n:Token OR n:Client AND n.client_id <> $own DETACH DELETE n',
        { own: 'follow-graph' },
        60_000,
      )
    },
    stop() {
      stopped ??= service.stop().finally(end)
      return stopped
    },
  }
}
