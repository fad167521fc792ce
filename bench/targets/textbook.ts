// Knows the textbook way: Koa and neo4j-driver, a session and a transaction a request, SKIP and LIMIT, counted each time.
import { createHash } from 'node:crypto'
import Koa, { type Context } from 'koa'
import neo4j, { type ManagedTransaction, type Record as Neo4jRecord } from 'neo4j-driver'

const driver = neo4j.driver(
  process.env.NEO4J_URI as string,
  neo4j.auth.basic('neo4j', process.env.NEO4J_PASSWORD as string),
)

type Work = (tx: ManagedTransaction) => Promise<Neo4jRecord[]>
const run =
  (text: string, params: Record<string, unknown>): Work =>
  async (tx) =>
    (await tx.run(text, params)).records

async function read(work: Work): Promise<Neo4jRecord[]> {
  const session = driver.session({ defaultAccessMode: neo4j.session.READ })
  try {
    return await session.executeRead(work)
  } finally {
    await session.close()
  }
}

async function write(work: Work): Promise<Neo4jRecord[]> {
  const session = driver.session()
  try {
    return await session.executeWrite(work)
  } finally {
    await session.close()
  }
}

async function viewerOf(ctx: Context): Promise<unknown> {
  const hash = createHash('sha256').update(ctx.get('authorization').slice(7)).digest('hex')
  const [record] = await read(run('MATCH (t:Token {hash: $hash}) RETURN t.user_id AS id', { hash }))
  return record?.get('id') ?? ctx.throw(401)
}

function userObject(record: Neo4jRecord): object {
  const { properties } = record.get('u') as { properties: Record<string, unknown> }
  return {
    id: String(properties.id),
    username: properties.username,
    name: properties.name,
    description: properties.description === null ? undefined : { text: properties.description },
    timezone: properties.timezone,
    locale: properties.locale,
    type: properties.type,
    created_at: String(properties.created_at),
    counts: {
      following: Number(record.get('following')),
      followers: Number(record.get('followers')),
      posts: 0,
      stars: 0,
    },
    you_follow: record.get('you_follow'),
    follows_you: record.get('follows_you'),
  }
}

const USER = `u, COUNT { (u)-[:FOLLOWS]->() } AS following, COUNT { (u)<-[:FOLLOWS]-() } AS followers,
  EXISTS { (:User {id: $viewer})-[:FOLLOWS]->(u) } AS you_follow, EXISTS { (u)-[:FOLLOWS]->(:User {id: $viewer}) } AS follows_you`

const LISTS: Record<string, string> = {
  followers: '(u:User)-[f:FOLLOWS]->(:User {id: $user})',
  mutuals: '(u:User)<-[f:FOLLOWS]-(:User {id: $user}), (u)-[:FOLLOWS]->(:User {id: $user})',
  'followers/known': '(:User {id: $viewer})-[:FOLLOWS]->(u:User)-[f:FOLLOWS]->(:User {id: $user})',
}

async function list(ctx: Context, pattern: string, user: unknown): Promise<object> {
  const viewer = await viewerOf(ctx)
  const skip = neo4j.int(Number(ctx.query.skip ?? 0))
  const [total] = await read(run(`MATCH ${pattern} RETURN count(*) AS total`, { user, viewer }))
  const records = await read(
    run(
      `MATCH ${pattern} WITH u, f ORDER BY f.id DESC SKIP $skip LIMIT 20 RETURN f.id AS pagination_id, ${USER}`,
      { user, viewer, skip },
    ),
  )
  return {
    data: records.map((record) => ({
      ...userObject(record),
      pagination_id: String(record.get('pagination_id')),
    })),
    meta: { code: 200, total: Number(total?.get('total') ?? 0) },
  }
}

async function change(ctx: Context, text: string, user: unknown): Promise<object> {
  const viewer = await viewerOf(ctx)
  const [record] = await write(run(`${text} WITH b AS u RETURN ${USER}`, { user, viewer }))
  return record === undefined ? ctx.throw(404) : { data: userObject(record), meta: { code: 200 } }
}

// The sequence is what gives a follow its id; the textbook takes it in the same transaction.
const FOLLOW = `MERGE (s:Sequence {name: 'relations'}) SET s.value = coalesce(s.value, 0) + 1 WITH s.value AS id
MATCH (a:User {id: $viewer}) MATCH (b:User {id: $user})
MERGE (a)-[f:FOLLOWS]->(b) ON CREATE SET f.id = id, f.follower_id = a.id, f.followee_id = b.id, f.followed_at = datetime()`
const UNFOLLOW = 'MATCH (b:User {id: $user}) OPTIONAL MATCH (:User {id: $viewer})-[f:FOLLOWS]->(b) DELETE f'

async function relate(ctx: Context): Promise<object> {
  const viewer = await viewerOf(ctx)
  const ids = String(ctx.query.targets)
    .split(',')
    .map((id) => neo4j.int(id))
  const records = await read(
    run(
      `UNWIND $ids AS id MATCH (u:User {id: id}) OPTIONAL MATCH (:User {id: $viewer})-[a:FOLLOWS]->(u) OPTIONAL MATCH (u)-[b:FOLLOWS]->(:User {id: $viewer})
       RETURN u.id AS id, u.username AS username, a, b`,
      { ids, viewer },
    ),
  )
  const data = records.map((record) => ({
    id: String(record.get('id')),
    username: record.get('username'),
    following: record.get('a') !== null,
    followed_by: record.get('b') !== null,
  }))
  return { data, meta: { code: 200 } }
}

const app = new Koa()
app.use(async (ctx) => {
  const [, id, rest] = /^\/stream\/0\/users\/(\d+)\/([a-z/]+)$/.exec(ctx.path) ?? []
  const user = neo4j.int(id ?? 0)
  const pattern = LISTS[rest ?? '']
  if (ctx.path === '/stream/0/relationships') ctx.body = await relate(ctx)
  else if (pattern !== undefined) ctx.body = await list(ctx, pattern, user)
  else if (rest === 'follow') ctx.body = await change(ctx, ctx.method === 'POST' ? FOLLOW : UNFOLLOW, user)
  else if (rest === 'followers/ids') {
    await viewerOf(ctx)
    const records = await read(
      run('MATCH (u:User)-[f:FOLLOWS]->(:User {id: $user}) RETURN u.id AS id ORDER BY f.id DESC', { user }),
    )
    ctx.body = { data: records.map((record) => String(record.get('id'))), meta: { code: 200 } }
  }
})
app.on('error', () => undefined)
const server = app.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as { port: number }).port })
})
process.on('disconnect', () => process.exit(0))
