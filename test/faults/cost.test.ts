// A page of a long list costs the database no more than one of a short list: PROFILE counts the accesses of the statements that the service sends.
import neo4j, { type ProfiledPlan } from 'neo4j-driver'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { ascending, loadQueries } from '../../src/graph/queries.ts'
import { idsStatement } from '../../src/relations/ids.ts'
import { pageStatement } from '../../src/relations/page-statement.ts'

const queries = loadQueries()
const { uri, username, password, database } = inject('neo4j')
const driver = neo4j.driver(uri, neo4j.auth.basic(username, password), { useBigInt: true })
const session = driver.session({ database })
// Ids above those of all other files.
const STAR = 9_000_000_000_000_000_000n
const FOLLOWS = 20_000n
const MAX_HITS = 3_000
// Two lists: who follows the star, and whom the star follows.
beforeAll(async () => {
  await session.run(
    `CREATE (star:User:CostTest {id: $star, username: 'cost', username_key: 'cost'}), (crowd:CostTest)
     WITH star, crowd UNWIND range(1, $follows) AS n
     CREATE (crowd)-[:FOLLOWS {id: $star + n, follower_id: $star + n, followee_id: $star, followed_at: datetime()}]->(star)
     CREATE (star)-[:FOLLOWS {id: $star + $follows + n, follower_id: $star, followee_id: $star + n, followed_at: datetime()}]->(crowd)`,
    { star: STAR, follows: FOLLOWS },
  )
}, 60_000)
afterAll(async () => {
  await session.run('MATCH (n:CostTest) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 1 ROW')
  await session.close()
  await driver.close()
}, 60_000)

const hitsOf = (plan: ProfiledPlan): number =>
  Number(plan.dbHits) + plan.children.map(hitsOf).reduce((sum, hits) => sum + hits, 0)

async function cost(text: string): Promise<{ rows: number; hits: number }> {
  const row = {
    n: 0n,
    user_id: STAR,
    viewer_id: STAR,
    before: 2n ** 63n - 1n,
    since: 0n,
  }
  const { records, summary } = await session.run(`PROFILE ${text}`, {
    batch: { rows: [row], annotations: false },
    ...row,
    limit: 21n,
  })
  const page = (records[0]?.has('page') ? records[0].get('page') : records[0]?.get('ids')) as unknown[]
  return { rows: page.length, hits: hitsOf(summary.profile as ProfiledPlan) }
}

const CASES = ['followers', 'following'].flatMap((name) => {
  const query = queries.get(`lists/${name}`)
  return [query, ascending(query)].flatMap((from, end): [string, string][] => {
    const what = `${name}, from the ${end === 0 ? 'newest' : 'oldest'}`
    return [
      [what, pageStatement(from, false)],
      [`${what}, for a viewer`, pageStatement(from, true)],
      [`${what}, ids`, idsStatement(from)],
    ]
  })
})

it.each(CASES)('%s: a page of 20,000 costs a page', async (_, text) => {
  const { rows, hits } = await cost(text)
  expect(rows).toBe(21)
  expect(hits).toBeLessThan(MAX_HITS)
})
