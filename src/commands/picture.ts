// The command `picture`: draws the most followed users and the follows among them, as SVG on stdout.
import type { Config } from '../config.ts'
import { UsageError } from './accounts.ts'
import { withParts } from './with-parts.ts'

export type PictureCommand = { users?: string; data: string }

const USERS = '250'
const MAX_USERS = 2_000
const SIDE = 1_000
const TIMEOUT_MS = 120_000

/** Writes the picture; the same graph gives the same bytes, and an empty graph a picture without circles. */
export async function picture(config: Config, command: PictureCommand): Promise<number> {
  const count = command.users ?? USERS
  if (!/^\d{1,4}$/.test(count) || Number(count) < 1 || Number(count) > MAX_USERS)
    throw new UsageError(`--users must be a whole number from 1 to ${MAX_USERS}.`)
  // Loaded here, because no other command needs d3-force.
  const [{ layout }, { drawing }] = await Promise.all([
    import('../picture/layout.ts'),
    import('../picture/svg.ts'),
  ])
  return withParts(config, command.data, async (parts) => {
    const ask = (name: string, params: Record<string, unknown>) =>
      parts.graph.read(name, parts.queries.get(name).statement, params, TIMEOUT_MS)
    const rows = await ask('picture/users', { users: BigInt(count) })
    const users = rows.map(([id, username, followers]) => ({
      id: id as bigint,
      username: username as string,
      followers: Number(followers),
    }))
    const index = new Map(users.map(({ id }, n) => [id, n]))
    const pairs = await ask('picture/follows', { ids: users.map(({ id }) => id) })
    const follows = pairs.map(
      ([from, to]) => [index.get(from as bigint) as number, index.get(to as bigint) as number] as const,
    )
    process.stdout.write(drawing(layout(users, follows, SIDE), follows, Number(rows[0]?.[3] ?? 0), SIDE))
    return 0
  })
}
