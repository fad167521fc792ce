// Knows the driver as its manual shows it, without HTTP: one executeQuery a page, a record a user; follows grouped.
import neo4j from 'neo4j-driver'
import type { Op, Viewer } from '../op.ts'
import { type Reply, work } from '../pace.ts'

type Settings = { uri: string; password: string; viewers: Viewer[] }
const { uri, password, viewers } = await new Promise<Settings>((resolve) =>
  process.once('message', (message) => resolve(message as Settings)),
)
const driver = neo4j.driver(uri, neo4j.auth.basic('neo4j', password), {
  useBigInt: true,
  telemetryDisabled: true,
})
const READ = { routing: neo4j.routing.READ, database: 'neo4j' }
const MOST = 2n ** 63n - 1n

const PAGE = `MATCH (u)-[f:FOLLOWS]->() WHERE f.followee_id = $user AND f.id < $before AND f.id > 0
WITH u, f ORDER BY f.followee_id DESC, f.id DESC LIMIT 21
RETURN f.id AS pagination_id, u.id AS id, u.username AS username, u.name AS name, u.type AS type, u.description AS description,
  COUNT { (u)-[:FOLLOWS]->() } AS following, COUNT { (u)<-[:FOLLOWS]-() } AS followers,
  EXISTS { ()-[x:FOLLOWS]->() WHERE x.follower_id = $viewer AND x.followee_id = u.id } AS you_follow,
  EXISTS { ()-[x:FOLLOWS]->() WHERE x.follower_id = u.id AND x.followee_id = $viewer } AS follows_you`

const LIST: Record<string, string> = {
  mutuals: PAGE.replace(
    /MATCH[\s\S]*LIMIT 21/,
    `MATCH ()-[f:FOLLOWS]->(u) WHERE f.follower_id = $user AND f.id < $before AND f.id > 0
     AND EXISTS { ()-[r:FOLLOWS]->() WHERE r.follower_id = f.followee_id AND r.followee_id = $user }
     WITH u, f ORDER BY f.follower_id DESC, f.id DESC LIMIT 21`,
  ),
  known: PAGE.replace(
    /MATCH[\s\S]*LIMIT 21/,
    `MATCH ()-[m:FOLLOWS]->() WHERE m.follower_id = $viewer AND m.id > 0
     MATCH (u)-[f:FOLLOWS]->() WHERE f.follower_id = m.followee_id AND f.followee_id = $user AND f.id < $before
     WITH u, f ORDER BY f.id DESC LIMIT 21`,
  ),
}

const FOLLOW = `MERGE (s:Sequence {name: 'relations'}) SET s.value = coalesce(s.value, 0) + size($rows)
WITH s.value - size($rows) AS base UNWIND range(0, size($rows) - 1) AS n WITH base + n + 1 AS id, $rows[n] AS row
MATCH (a:User {id: row.viewer}) MATCH (b:User {id: row.user})
CALL (a, b, id, row) { OPTIONAL MATCH ()-[old:FOLLOWS]->() WHERE old.follower_id = row.viewer AND old.followee_id = row.user
  WITH old WHERE old IS NULL
  CREATE (a)-[:FOLLOWS {id: id, follower_id: row.viewer, followee_id: row.user, followed_at: datetime.truncate('second')}]->(b) RETURN count(*) AS made }
RETURN count(*) AS done`
const UNFOLLOW = `UNWIND $rows AS row OPTIONAL MATCH ()-[f:FOLLOWS]->() WHERE f.follower_id = row.viewer AND f.followee_id = row.user DELETE f`

// Whatever arrives while a transaction runs goes into the next one.
type Wish = { row: { viewer: bigint; user: bigint }; done(): void; failed(error: unknown): void }
function grouped(text: string): (row: Wish['row']) => Promise<void> {
  let queue: Wish[] = []
  let busy = false
  const pump = async () => {
    while (queue.length > 0) {
      const taken = queue
      queue = []
      try {
        await driver.executeQuery(text, { rows: taken.map(({ row }) => row) }, { database: 'neo4j' })
        for (const wish of taken) wish.done()
      } catch (error) {
        for (const wish of taken) wish.failed(error)
      }
    }
    busy = false
  }
  return (row) =>
    new Promise((done, failed) => {
      queue.push({ row, done, failed })
      if (busy) return
      busy = true
      setImmediate(() => void pump())
    })
}
const writes = { follow: grouped(FOLLOW), unfollow: grouped(UNFOLLOW) }

async function records(text: string, params: Record<string, unknown>): Promise<unknown[]> {
  const { records } = await driver.executeQuery(text, params, READ)
  return records.map((record) => record.toObject())
}

// The best way known: keyset pages of 10,000, one list each, the next asked for at once.
async function ids(user: bigint, told: () => void): Promise<number> {
  let before = MOST
  let many = 0
  for (;;) {
    const { records } = await driver.executeQuery(
      `MATCH ()-[f:FOLLOWS]->() WHERE f.followee_id = $user AND f.id < $before AND f.id > 0
       WITH f ORDER BY f.followee_id DESC, f.id DESC LIMIT 10000 RETURN collect(f.follower_id) AS ids, min(f.id) AS lowest`,
      { user, before },
      READ,
    )
    const list = records[0]?.get('ids') as bigint[]
    told()
    many += list.length
    if (list.length < 10_000) return many
    before = records[0]?.get('lowest') as bigint
  }
}

async function ask(op: Op): Promise<unknown> {
  const viewer = BigInt((viewers[op.viewer] as Viewer).id)
  switch (op.kind) {
    case 'page':
    case 'mutuals':
    case 'known':
      return records(LIST[op.kind] ?? PAGE, {
        viewer,
        user: BigInt(op.user),
        before: op.before === undefined ? MOST : BigInt(op.before),
      })
    case 'follow':
    case 'unfollow':
      return writes[op.kind]({ viewer, user: BigInt(op.user) })
    case 'ids':
      return ids(BigInt(op.user), () => undefined)
    case 'relationships':
      return records(
        `UNWIND $ids AS id OPTIONAL MATCH (u:User {id: id})
         OPTIONAL MATCH ()-[a:FOLLOWS]->() WHERE a.follower_id = $viewer AND a.followee_id = id
         OPTIONAL MATCH ()-[b:FOLLOWS]->() WHERE b.follower_id = id AND b.followee_id = $viewer
         RETURN id, u.username AS username, a IS NOT NULL AS following, b IS NOT NULL AS followed_by, a.followed_at AS followed_at, b.followed_at AS followed_by_at`,
        { viewer, ids: op.targets.map(BigInt) },
      )
  }
}

const shown = (value: unknown) =>
  JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part))

work(
  async (_client, op): Promise<Reply> => {
    const began = performance.now()
    let firstByte = 0
    const told = () => {
      if (firstByte === 0) firstByte = performance.now() - began
    }
    try {
      if (op.kind === 'ids') await ids(BigInt(op.user), told)
      else await ask(op)
      told()
      return { failed: null, bytes: 0, firstByte }
    } catch (error) {
      return { failed: error instanceof Error ? error.message.slice(0, 60) : 'error', bytes: 0, firstByte }
    }
  },
  async (op) => `200 ${shown(await ask(op)) ?? ''}`,
)
