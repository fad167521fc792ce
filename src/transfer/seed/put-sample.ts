// Puts the sample community into a graph.
import { asRun } from '../../events/runs.ts'
import type { Parts } from '../../parts.ts'
import { FOLLOWS } from '../../relations/kinds.ts'
import { importRelations } from '../import/relations-into-graph.ts'
import { importUsers } from '../import/users-into-graph.ts'
import { sampleFollows, sampleUsers } from '../sample/sample.ts'

/** Whether the graph has a user. */
export async function hasUsers({ graph }: Pick<Parts, 'graph'>): Promise<boolean> {
  const rows = await graph.read('sample/any', 'MATCH (u:User) WHERE u.id > 0 RETURN u.id LIMIT 1')
  return rows.length > 0
}

/** Imports the sample community. */
export async function importSample(parts: Parts): Promise<void> {
  const bad = (line: { reason: string }) => {
    throw new Error(`The sample is broken: ${line.reason}`)
  }
  const counts = { users: 0, follows: 0, made_users: 0, made_follows: 0, bad: 0 }
  const users = sampleUsers()
  const records = users.map((user) => ({ ...user, id: BigInt(user.id) }))
  const follows = sampleFollows(users).map((follow) => ({
    follower_id: BigInt(follow.follower_id),
    followee_id: BigInt(follow.followee_id),
    followed_at: follow.followed_at,
  }))
  await asRun(parts, 'import', async ({ changing }) => {
    const options = { knownUsers: true, bad, changing }
    await importUsers(parts, 'sample', once(records), options, counts)
    await importRelations(parts, FOLLOWS, 'sample', once(follows), options, counts)
  })
}

async function* once<T>(records: T[]): AsyncGenerator<T[]> {
  yield records
}
