// The module `follow-graph/testing`: starts the whole service on an ephemeral Neo4j in one call, for test suites.

import { type Config, ownDatabaseSettings, readConfig } from './config.ts'
import { makeEphemeralFolder, removeAbandoned } from './database/ephemeral.ts'
import { startOwnDatabase } from './database/own.ts'
import { iterateEvents, nextEvent } from './events/iterate.ts'
import type { EventType } from './events/kinds.ts'
import { asRun } from './events/runs.ts'
import type { Parts } from './parts.ts'
import type { ChangeKind } from './relations/changes.ts'
import { startService } from './service.ts'
import {
  eventOptionsOf,
  eventTypeOf,
  plain,
  scopesOf,
  settingsOf,
  userFieldsOf,
  userIdOf,
  waitOf,
} from './testing/given.ts'
import { restoreGraph, type Snapshot, saveGraph } from './testing/snapshot.ts'
import { APP_SCOPES, USER_SCOPES } from './tokens/token.ts'
import { hasUsers, importSample } from './transfer/seed/put-sample.ts'
import type { Profile } from './users/profile.ts'

/** A user in a test. */
export type TestUser = { id: string; username: string }

/**
 * The fields of a new user, checked as in `PUT users/{id}`. Fields that are left out get defaults; the default id is the next free one.
 * `created_at` is a Date or a text such as `2012-12-31T13:22:55Z`.
 */
export type TestUserFields = Partial<Omit<Profile, 'id' | 'created_at' | 'moved_to'>> & {
  id?: string | number | bigint
  created_at?: string | Date
}

// Written out here: the service's own type depends on types of packages that are not installed with follow-graph.
/** The address of a database, and the login. */
export type Connection = { uri: string; username: string; password: string; database: string }

/** An event in the format of the API, such as a follow or a change of a profile. */
export type TestEvent = {
  meta: {
    id: string
    timestamp: number
    type: EventType
    pagination_id?: string
    is_deleted?: boolean
    reason?: string
  }
  // biome-ignore lint/suspicious/noExplicitAny: one or two Users in the format of the API
  data: any
}

/** The result of a move: the numbers of followers who were moved or followed both users, and who still follows the first user and why. */
export type TestMove = { moved: number; kept: number; refused: { id: string; error_slug: string }[] }

export type FollowGraph = {
  /** Base URL without a path; the API's routes are under `/stream/0` and also without this prefix. */
  url: string
  neo4j: Connection & { version?: string }
  createUser(fields?: TestUserFields): Promise<TestUser>
  /** Creates a user token and returns its text; all scopes by default. */
  tokenFor(user: TestUser | string, scopes?: string[]): Promise<string>
  /** Creates an app token of a new client and returns its text; scopes `basic` and `provision` by default. */
  appToken(scopes?: string[]): Promise<string>
  /** Follows as `POST …/follow` does, so a locked user gets a request; throws with the verdict if that would refuse. */
  follow(follower: TestUser | string, followee: TestUser | string): Promise<void>
  /** Accepts the request of `requester` to follow the locked user `requested`; throws with the verdict if there is none. */
  accept(requested: TestUser | string, requester: TestUser | string): Promise<void>
  /** Moves the followers of `from` to `to` as `POST users/{id}/move` does; throws if there is no such user. */
  move(from: TestUser | string, to: TestUser | string): Promise<TestMove>
  /**
   * Iterates over the events from now on, or after the id `since`, in commit order; ends with `stop()` or when the
   * loop is left.
   */
  events(options?: { since?: string; types?: EventType[] }): AsyncIterableIterator<TestEvent>
  /** The next event from now on, of one type or of any; rejects after `ms` milliseconds, 5,000 by default. */
  nextEvent(type?: EventType, ms?: number): Promise<TestEvent>
  /** Puts the sample community of 2,000 users and 40,000 follows into a graph without users; users 1 and 2 are `ada` and `albaq`. */
  seed(what: 'sample'): Promise<void>
  /** Keeps the graph as it is now, in memory: users, relations, tokens, clients, streams, webhooks. */
  save(): Promise<void>
  /** Makes the graph what it was at the last `save()`; can be repeated. */
  restore(): Promise<void>
  /** Empties the graph: users, relations, tokens. */
  reset(): Promise<void>
  stop(): Promise<void>
}

export type FollowGraphOptions = {
  /** An existing database. Without it `NEO4J_URI` is used, otherwise Docker, otherwise Java. */
  neo4j?: Partial<Connection> & { uri: string; password: string; version?: string }
  /** Settings by their names, such as `{ MAX_FOLLOWING: '3' }`. `RATE_LIMIT` is off and `LOG_LEVEL` silent unless given. */
  settings?: Record<string, string | number>
}

/**
 * Starts the service on a free port. Unless an existing database is given, one is started in a temporary folder that `stop()` removes.
 * If no database can be started, the error says what is missing.
 */
export async function startFollowGraph(options: FollowGraphOptions = {}): Promise<FollowGraph> {
  const config = readConfig(settingsOf(options, { RATE_LIMIT: 'off', LOG_LEVEL: 'silent', PORT: '0' }))
  const own = config.neo4j === null ? await startEphemeral(config) : null
  const connection: Connection = config.neo4j ?? (own as Ephemeral).connection
  const end = async () => own?.stop()
  // The beginnings of the iterators: what the kit writes, or a request to the service, after a call of events() comes after them.
  let begun: Promise<unknown> = Promise.resolve()
  const begins = (begin: Promise<unknown>): void => {
    begun = Promise.all([begun, begin])
  }
  let service: Awaited<ReturnType<typeof startService>>
  try {
    service = await startService(config, connection, true, undefined, { before: () => begun })
  } catch (error) {
    await end()
    throw error
  }
  const { parts, url } = service
  const reading = { ...parts, publicUrl: config.publicUrl ?? url }
  // Test suites begin by creating users and tokens. On a database that was just started, planning these queries can take longer than a call may.
  await Promise.all(PLANNED_FIRST.map((name) => parts.graph.plan(parts.queries.get(name).statement)))
  let stopped: Promise<void> | undefined
  let saved: Snapshot | undefined

  async function change(kind: ChangeKind, what: string, by: TestUser | string, whom: TestUser | string) {
    const [viewerId, targetId] = [userIdOf(by), userIdOf(whom)]
    const { maxFollowing } = config
    await begun
    const [outcome] = await parts.changes.commit([{ kind, viewerId, targetId, maxFollowing }])
    if (outcome?.verdict === 'done') return
    for (const id of [viewerId, targetId]) {
      const found = await parts.users.fetch([id], null, { viewer: false, annotations: false })
      if (found.length === 0) throw new Error(`There is no user ${id}: create it first.`)
    }
    throw new Error(`user ${viewerId} cannot ${what} user ${targetId}: ${outcome?.verdict}`)
  }

  return {
    url,
    neo4j: { ...connection, ...(own === null ? {} : { version: own.version }) },
    async createUser(fields = {}) {
      await begun
      const profile = await parts.accounts.create(userFieldsOf(fields)).catch((error) => {
        throw plain(error)
      })
      return { id: String(profile.id), username: profile.username ?? `u${profile.id}` }
    },
    async tokenFor(user, scopes = [...USER_SCOPES]) {
      const userId = userIdOf(user)
      const made = await parts.tokens.create({
        kind: 'user',
        userId,
        clientId: 'follow-graph',
        scopes: scopesOf('tokenFor', scopes, USER_SCOPES),
        expiresAt: null,
      })
      if (made === null) throw new Error(`There is no user ${userId}: create it first.`)
      return made.text
    },
    async appToken(given = ['basic', 'provision']) {
      const scopes = scopesOf('appToken', given, APP_SCOPES)
      const client = await parts.tokens.createClient({ name: 'test', link: '', scopes, maxFollowing: null })
      const made = await parts.tokens.create({
        kind: 'app',
        userId: null,
        clientId: client.client_id,
        scopes,
        expiresAt: null,
      })
      if (made === null) throw new Error('The client that was just made is gone.')
      return made.text
    },
    follow: (follower, followee) => change('follow', 'follow', follower, followee),
    accept: (requested, requester) => change('accept-request', 'accept a request of', requested, requester),
    async move(from, to) {
      await begun
      const move = await parts.moves.begin(userIdOf(from), userIdOf(to))
      const done = await move?.done
      if (done == null) throw new Error('There is no user of one of these ids: create it first.')
      return { moved: done.moved, kept: done.kept, refused: [...done.refused] }
    },
    events: (options = {}) => iterateEvents(reading, eventOptionsOf(options), begins),
    nextEvent: async (type, ms) =>
      nextEvent(
        reading,
        type === undefined ? type : eventTypeOf('nextEvent', type),
        waitOf('nextEvent', ms),
        begins,
      ),
    async seed(what) {
      if (what !== 'sample') throw new TypeError(`seed: there is no ${what}; there is sample.`)
      await begun
      if (await hasUsers(parts)) throw new Error('seed() needs a graph without users: call reset() first.')
      await importSample(parts)
    },
    async save() {
      saved = await saveGraph(parts)
    },
    async restore() {
      if (saved === undefined) throw new Error('restore() needs a save() before it.')
      await begun
      await restoreGraph(parts, saved)
    },
    async reset() {
      await begun
      await empty(parts)
    },
    stop() {
      stopped ??= service.stop().finally(end)
      return stopped
    },
  }
}

const PLANNED_FIRST = ['users/create', 'tokens/create']
const RESET_STEP = 1_000n

// In steps: one transaction that deletes a big graph would not fit into the memory of a small database.
async function empty(parts: Parts): Promise<void> {
  const { statement } = parts.queries.get('transfer/empty')
  const params = { limit: RESET_STEP, own: 'follow-graph' }
  await asRun(parts, 'reset', async ({ changing }) => {
    await changing()
    for (let left = true; left; ) {
      const [row] = await parts.graph.write('transfer/empty', statement, params, 60_000)
      left = (row?.[0] as bigint) > 0n
    }
  })
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
