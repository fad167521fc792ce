// Knows how a follow stands in a file: `follower_id,followee_id[,followed_at,id]`, CSV or JSON lines.
import { dateIn, idIn, requiredIdIn } from './fields.ts'
import type { Listener } from './lines.ts'
import { formatOf, writeWhole } from './output.ts'
import { type Cells, type Kind, readRecords } from './records.ts'

/** A follow; `followed_at` in whole UTC seconds (`2012-12-31T13:22:55Z`), `id` its place in lists. */
export type FollowRecord = { follower_id: bigint; followee_id: bigint; followed_at?: string; id?: bigint }

const COLUMNS = ['follower_id', 'followee_id', 'followed_at', 'id'] as const

const FOLLOWS: Kind<FollowRecord> = {
  columns: COLUMNS,
  required: ['follower_id', 'followee_id'],
  ids: ['follower_id', 'followee_id', 'id'],
  convert: toFollow,
}

/** The follows of a file (`-` is stdin) in arrays of up to 5,000; bad lines go to `on.bad`. Throws where the file cannot be read at all. */
export function readFollows(path: string, on: Listener): AsyncGenerator<FollowRecord[]> {
  return readRecords(path, FOLLOWS, on)
}

/** Writes follows (`-` is stdout) in the format that the name asks for, whole or not at all; answers how many. */
export async function writeFollows(path: string, follows: AsyncIterable<FollowRecord[]>): Promise<number> {
  const json = formatOf(path) === 'json lines'
  let written = 0
  async function* pieces(): AsyncGenerator<string> {
    if (!json) yield `${COLUMNS.join(',')}\n`
    for await (const batch of follows) {
      written += batch.length
      if (batch.length > 0) yield batch.map(json ? jsonLine : csvLine).join('')
    }
  }
  await writeWhole(path, pieces())
  return written
}

function toFollow(cells: Cells, faults: string[]): FollowRecord | undefined {
  const follower_id = requiredIdIn(cells, 'follower_id', faults)
  const followee_id = requiredIdIn(cells, 'followee_id', faults)
  const followed_at = dateIn(cells, 'followed_at', faults)
  const id = idIn(cells, 'id', faults)
  if (follower_id === undefined || followee_id === undefined) return undefined
  if (follower_id === followee_id) faults.push(`user ${follower_id} cannot follow itself: remove the line`)
  const follow: FollowRecord = { follower_id, followee_id }
  if (followed_at !== undefined) follow.followed_at = followed_at
  if (id !== undefined) follow.id = id
  return follow
}

function csvLine(follow: FollowRecord): string {
  return `${follow.follower_id},${follow.followee_id},${follow.followed_at ?? ''},${follow.id ?? ''}\n`
}

function jsonLine(follow: FollowRecord): string {
  const { follower_id, followee_id, followed_at, id } = follow
  return `${JSON.stringify({
    follower_id: String(follower_id),
    followee_id: String(followee_id),
    followed_at,
    id: id?.toString(),
  })}\n`
}
