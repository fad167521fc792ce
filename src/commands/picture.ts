// Knows the command `picture`: the most followed users of the graph and who of them follows whom, as SVG on stdout.
import type { Config } from '../config.ts'
import { UsageError } from './accounts.ts'
import { withApi } from './with-api.ts'

export type PictureCommand = { users?: string; data: string }

const USERS = '250'
const MOST_USERS = 2_000
const SIDE = 1_000
const TIMEOUT_MS = 120_000

/** Writes the picture; the same graph gives the same bytes. A graph without users is a picture without circles. */
export async function picture(config: Config, command: PictureCommand): Promise<number> {
  const count = command.users ?? USERS
  if (!/^\d{1,4}$/.test(count) || Number(count) < 1 || Number(count) > MOST_USERS)
    throw new UsageError(`--users must be a whole number from 1 to ${MOST_USERS}.`)
  // Loaded here: no other command needs the layout.
  const [{ layout }, { drawing }] = await Promise.all([
    import('../picture/layout.ts'),
    import('../picture/svg.ts'),
  ])
  return withApi(config, command.data, async (api) => {
    const ask = (name: string, params: Record<string, unknown>) =>
      api.graph.read(name, api.queries.get(name).statement, params, TIMEOUT_MS)
    const rows = await ask('picture/users', { users: BigInt(count) })
    const users = rows.map(([id, username, followers]) => ({
      id: id as bigint,
      username: username as string,
      followers: Number(followers),
    }))
    const index = new Map(users.map(({ id }, place) => [id, place]))
    const pairs = await ask('picture/follows', { ids: users.map(({ id }) => id) })
    const follows = pairs.map(
      ([from, to]) => [index.get(from as bigint) as number, index.get(to as bigint) as number] as const,
    )
    process.stdout.write(drawing(layout(users, follows, SIDE), follows, Number(rows[0]?.[3] ?? 0), SIDE))
    return 0
  })
}
