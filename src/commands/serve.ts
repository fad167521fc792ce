// Knows the command `serve`: database, service, sample, and the order in which they end.
import closeWithGrace from 'close-with-grace'
import type { Config } from '../config.ts'
import { migrate } from '../graph/schema.ts'
import { createApi, startService } from '../service.ts'
import { sampleFollows, sampleUsers } from '../transfer/sample.ts'
import { createIntake, importFollows, importUsers } from '../transfer/into-graph.ts'
import { connect, say } from './connect.ts'

/** Serves until SIGINT or SIGTERM (0), or until its own database ends by itself (1). */
export async function serve(config: Config, options: { data: string; sample?: boolean }): Promise<number> {
  const connected = await connect(config, options.data)
  const own = config.neo4j === null
  let service: Awaited<ReturnType<typeof startService>>
  try {
    if (options.sample === true) await putSample(config, connected.connection)
    // A database of our own is there by now; another's may come later.
    service = await startService(config, connected.connection, own)
  } catch (error) {
    await connected.stop()
    throw error
  }
  say(`follow-graph listens on ${service.url} (API under /stream/0, reference at ${service.url}/docs).`)
  if (options.sample === true) await printSample(service)

  return new Promise((resolve) => {
    let status = 0
    const grace = closeWithGrace({ delay: 30_000, logger: false, skip: ['beforeExit', 'uncaughtException', 'unhandledRejection'] }, async ({ signal }) => {
      if (signal !== undefined) say('Stopping …')
      await service.stop()
      await connected.stop()
      process.exitCode = status
      resolve(status)
    })
    void connected.ended.then((reason) => {
      say(reason)
      status = 1
      grace.close()
    })
  })
}

async function putSample(config: Config, connection: Parameters<typeof createApi>[0]): Promise<void> {
  const api = createApi(connection, config)
  try {
    await migrate(api.graph)
    const [row] = await api.graph.read('sample/any', 'MATCH (u:User) WHERE u.id > 0 RETURN u.id LIMIT 1')
    if (row !== undefined) return
    say('Putting a sample community of 2,000 users and 40,000 follows into the empty graph …')
    const bad = (line: { reason: string }) => {
      throw new Error(`The sample is broken: ${line.reason}`)
    }
    const counts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
    const users = sampleUsers()
    const records = users.map((user) => ({ ...user, id: BigInt(user.id) }))
    await importUsers(api, 'sample', once(records), createIntake(bad), { knownUsers: true, bad }, counts)
    const follows = sampleFollows(users).map((follow) => ({
      follower_id: BigInt(follow.follower_id),
      followee_id: BigInt(follow.followee_id),
      followed_at: follow.followed_at,
    }))
    await importFollows(api, 'sample', once(follows), createIntake(bad), { knownUsers: true, bad }, counts)
  } finally {
    await api.graph.close()
  }
}

async function* once<T>(records: T[]): AsyncGenerator<T[]> {
  yield records
}

async function printSample(service: Awaited<ReturnType<typeof startService>>): Promise<void> {
  const token = async (userId: bigint) => {
    const made = await service.api.tokens.create({ kind: 'user', userId, clientId: 'follow-graph', scopes: ['basic', 'follow', 'update_profile'], expiresAt: null })
    if (made === null) throw new Error('The graph is not empty and has no user 1 and 2: start without --sample, or with another --data folder.')
    return made.text
  }
  const [ada, other] = [await token(1n), await token(2n)]
  const { url } = service
  const curl = (line: string) => `curl -s ${line}`
  process.stdout.write(
    [
      `Two tokens: user 1   ${ada}`,
      `            user 2   ${other}`,
      '',
      'Five lines to try:',
      '',
      curl(`-H 'X-ADN-Pretty-JSON: 1' ${url}/stream/0/users/2`),
      curl(`-X POST -H 'Authorization: Bearer ${ada}' ${url}/stream/0/users/2/follow`),
      curl(`-H 'Authorization: Bearer ${ada}' '${url}/stream/0/users/me/following?count=3'`),
      curl(`-H 'Authorization: Bearer ${other}' '${url}/stream/0/users/me/followers/ids?count=5'`),
      curl(`-X DELETE -H 'Authorization: Bearer ${ada}' ${url}/stream/0/users/2/follow`),
      '',
      '',
    ].join('\n'),
  )
}
