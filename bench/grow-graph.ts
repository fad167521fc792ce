// Knows the graph of accounts of growing size: accounts 1, 2, … have 10, 100, … followers, and how it is imported in bulk.
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { claimForBulk } from '../src/database/bulk.ts'
import { nodeProperties } from '../src/users/profile.ts'
import { random } from './graph.ts'

/** Callers have the ids below FIRST and follow nobody; followers have FIRST and up. */
export const CALLERS = 2_000
export const FIRST = 1_000_001n

/** Writes users.csv and follows.csv into `work` as neo4j-admin import reads them. */
export async function writeFiles(work: string, sizes: number[]): Promise<void> {
  const largest = sizes[sizes.length - 1] as number
  const user = (id: bigint): string => {
    const { username, rendered } = nodeProperties({ id, created_at: '2016-05-01T12:00:00Z' }) as {
      username: string
      rendered: string
    }
    return `${id},${username},${username},${username},human,"${rendered.replaceAll('"', '""')}",2016-05-01T12:00:00Z,User\n`
  }
  const ids = function* (): Generator<bigint> {
    for (let n = 1; n <= sizes.length; n += 1) yield BigInt(n)
    for (let n = 1n; n <= BigInt(CALLERS); n += 1n) yield FIRST - n
    for (let n = 0n; n < BigInt(largest); n += 1n) yield FIRST + n
  }
  await pipeline(
    inBlocks(
      'id:ID(User){id-type:long},username,username_key,name,type,rendered,created_at:datetime,:LABEL\n',
      ids(),
      user,
    ),
    createWriteStream(join(work, 'users.csv')),
  )
  // Every account's followers come in an order of their own, so that a page's users lie all over the store.
  const follows = function* (): Generator<[bigint, bigint, number]> {
    let id = 0n
    for (const [index, size] of sizes.entries()) {
      const start = Math.floor(random(index)() * size)
      const step = coprime(Math.floor(size * 0.618) | 1, size)
      const scale = Math.floor(largest / size)
      for (let n = 0; n < size; n += 1) {
        id += 1n
        yield [id, FIRST + BigInt(((start + n * step) % size) * scale), index + 1]
      }
    }
  }
  const follow = ([id, follower, account]: [bigint, bigint, number]) =>
    `${follower},${account},${id},${follower},${account},2020-01-01T00:00:00Z,FOLLOWS\n`
  await pipeline(
    inBlocks(
      ':START_ID(User),:END_ID(User),id:long,follower_id:long,followee_id:long,followed_at:datetime,:TYPE\n',
      follows(),
      follow,
    ),
    createWriteStream(join(work, 'follows.csv')),
  )
}

function coprime(wanted: number, size: number): number {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
  let step = wanted
  while (gcd(step, size) !== 1) step += 2
  return step
}

async function* inBlocks<T>(
  header: string,
  rows: Generator<T>,
  line: (row: T) => string,
): AsyncGenerator<string> {
  let block = header
  for (const row of rows) {
    block += line(row)
    if (block.length > 262_144) {
      yield block
      block = ''
    }
  }
  yield block
}

/** Replaces the database of a stopped folder of ours by the two files. */
export async function bulkImport(work: string, data: string, cacheDir: string): Promise<void> {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const bulk = await claimForBulk({ data, cacheDir, say, docker: 'off' })
  if ('why' in bulk) throw new Error(`The loader cannot have ${data}: ${bulk.why}.`)
  try {
    await bulk.load([`--nodes=${join(work, 'users.csv')}`, `--relationships=${join(work, 'follows.csv')}`])
  } finally {
    bulk.end()
  }
}
