// The follows file, `follower_id,followee_id[,followed_at,id]`, as records with these names.

import { FOLLOWS } from '../../src/relations/kinds.ts'
import { writeRelations } from '../../src/transfer/export/relations-file.ts'
import type { ReadListener } from '../../src/transfer/import/lines.ts'
import { readRelations } from '../../src/transfer/import/relations-file.ts'

/** A follow; `followed_at` in whole UTC seconds (`2012-12-31T13:22:55Z`), `id` its place in lists. */
export type FollowRecord = { follower_id: bigint; followee_id: bigint; followed_at?: string; id?: bigint }

/** The follows of a file (`-` is stdin) in arrays of up to 5,000; bad lines go to `on.bad`. Throws where the file cannot be read at all. */
export const readFollows = (path: string, on: ReadListener): AsyncGenerator<FollowRecord[]> =>
  readRelations(path, FOLLOWS, on) as AsyncGenerator<unknown[]> as AsyncGenerator<FollowRecord[]>

/** Writes follows (`-` is stdout) in the format that the name asks for, whole or not at all; answers how many. */
export const writeFollows = (path: string, follows: AsyncIterable<FollowRecord[]>): Promise<number> =>
  writeRelations(path, FOLLOWS, follows)
