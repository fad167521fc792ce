// How Neo4j would run every statement of cypher/, as the service sends it: no scan, no cartesian product, no sorted list.
import neo4j, { type Driver, type Plan } from 'neo4j-driver'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { ascending, loadQueries, parseQuery } from '../../src/graph/queries.ts'
import { CHANGE_KINDS, changeStatement, fileOf } from '../../src/relations/changes.ts'
import { allIdsStatement, idsStatement } from '../../src/relations/ids.ts'
import { listSearchStatements, MATCHES_NOTHING } from '../../src/relations/list-search.ts'
import { COMMON_LISTS, pageStatement } from '../../src/relations/page-statement.ts'
import { relationshipsStatement } from '../../src/relations/relationships.ts'
import { usersStatement } from '../../src/users/users.ts'

const queries = loadQueries()
const { uri, username, password, database } = inject('neo4j')
const driver: Driver = neo4j.driver(uri, neo4j.auth.basic(username, password), { telemetryDisabled: true })

const SCAN =
  /^(AllNodesScan|PartitionedAllNodesScan|.*NodeByLabelScan|.*LabelsScan|.*TypeScan|.*TypesScan|.*AllRelationshipsScan|.*IndexScan)/
const SORT = /^(Sort|Top|PartialSort|PartialTop|Top1WithTies)/

// Sorted sets that are small, or that are what is asked for; the number is how many such operators the plan may have.
const SORTS: Record<string, number> = {
  // The gathered side is the smaller set; what both sides give is a page.
  'lists/mutuals': 2,
  'lists/followers-known': 2,
  // Ranks its candidates, of which there are at most 200,000.
  'relations/suggestions': 1,
  // Ranks what it found, some thousands at most.
  'users/search': 1,
  // Of one step's relationships: follows are told before mutes and blocks.
  'users/purge': 1,
}

// The audit, the picture and what goes back to a saved graph look at all of it, and the export at what no index holds (made by hand): that
// is their task.
const WHOLE_GRAPH = /^(audit\/|picture\/|transfer\/(left-out|empty|saved|restore))/

type Step = { operator: string; details: string }

function flatten(plan: Plan): Step[] {
  const step = {
    operator: plan.operatorType.replace(/@.*$/, ''),
    details: String(plan.arguments.Details ?? ''),
  }
  return [step, ...plan.children.flatMap(flatten)]
}

// Two single rows beside each other cost nothing: a cartesian product is one only where neither side is single.
const SINGLE =
  /^(NodeUniqueIndexSeek|DirectedRelationshipUniqueIndexSeek|Argument|Optional|Projection|CacheProperties|Filter|CartesianProduct)(\(Locking\))?(@|$)/
const isSingle = (plan: Plan): boolean => SINGLE.test(plan.operatorType) && plan.children.every(isSingle)

function products(plan: Plan): string[] {
  const here =
    plan.operatorType.startsWith('CartesianProduct') && !plan.children.some(isSingle)
      ? ['CartesianProduct']
      : []
  return [...here, ...plan.children.flatMap(products)]
}

/** What is wrong with a plan, a line each; `sorts` is how many sorted sets are allowed. */
function faults(plan: Plan, sorts = 0): string[] {
  const steps = flatten(plan)
  const scans = steps.filter(({ operator }) => SCAN.test(operator))
  const sorted = steps.filter(({ operator }) => SORT.test(operator))
  const found = [...scans, ...(sorted.length > sorts ? sorted : [])]
  return [...found.map(({ operator, details }) => `${operator} ${details}`), ...products(plan)]
}

// Of the types that the service sends: a plan may depend on them.
const id = neo4j.int('9000000000000000001')
const row = {
  n: neo4j.int(0),
  user_id: id,
  viewer_id: id,
  target_id: id,
  max_following: null,
  before: neo4j.int('9223372036854775807'),
  since: neo4j.int(0),
  ids: [id],
  usernames: ['bo'],
  source_id: id,
  own: true,
  id,
  properties: {},
  created_at: null,
}
const found = Object.entries(MATCHES_NOTHING).map(([name, value]) => [
  name,
  typeof value === 'bigint' ? neo4j.int(value) : value,
])
const PARAMETERS = {
  ...row,
  ...Object.fromEntries(found),
  batch: { rows: [row], usernames: [], hashes: [], annotations: false },
  limit: neo4j.int(21),
  hash: 'h',
  hashes: ['h'],
  usernames: ['bo'],
  names: ['bo'],
  lucene: '+search_words:Pbo',
  username: 'bo',
  most: neo4j.int(1000),
  follows: neo4j.int(2000),
  after: neo4j.int(0),
  ranks: 'ab',
  rows: [],
  ids: [id],
  highest: neo4j.int(0),
  now: null,
  kind: 'user',
  client_id: 'c',
  scopes: ['basic'],
  expires_at: null,
}

async function explain(text: string): Promise<Plan> {
  const session = driver.session({ database })
  try {
    const { summary } = await session.run(`EXPLAIN ${text}`, PARAMETERS)
    return summary.plan as Plan
  } finally {
    await session.close()
  }
}

// On an empty graph every plan costs nothing and the planner takes any: users, follows, mutes, blocks and requests enough to
// choose by, of a label of this file's own beside User, so that they can be taken away again.
// The ids are taken first, in a transaction of their own: whoever keeps the sequence keeps every writer waiting.
const RESERVE =
  "MERGE (s:Sequence {name: 'relations'}) SET s.value = coalesce(s.value, 0) + 40000 RETURN s.value - 40000 AS base"
const FILL = `WITH $base AS base, datetime.truncate('second') AS now
UNWIND range(0, 1999) AS n
CREATE (u:User:PlanTest {id: $from + n, username: 'plan' + n + '_' + $mark, username_key: 'plan' + n + '_' + $mark, name: 'plan', type: 'human', created_at: now})
WITH base, now, collect(u) AS users
UNWIND range(0, 1999) AS n
UNWIND range(1, 10) AS k
WITH base, now, users[n] AS a, users[(n + k * k) % 2000] AS b, n * 10 + k AS place
CREATE (a)-[:FOLLOWS {id: base + place, follower_id: a.id, followee_id: b.id, followed_at: now}]->(b)
FOREACH (_ IN CASE WHEN place % 20 = 0 THEN [1] ELSE [] END |
  CREATE (a)-[:MUTES {id: base + 20000 + place, muter_id: a.id, muted_id: b.id, muted_at: now}]->(b)
  CREATE (b)-[:BLOCKS {id: base + 20000 + place + 1, blocker_id: b.id, blocked_id: a.id, blocked_at: now}]->(a)
  CREATE (b)-[:REQUESTS {id: base + 20000 + place + 2, requester_id: b.id, requested_id: a.id, requested_at: now}]->(a))`

async function run(text: string, parameters: Record<string, unknown> = {}) {
  const session = driver.session({ database })
  try {
    return (await session.run(text, parameters)).records
  } finally {
    await session.close()
  }
}

beforeAll(async () => {
  const from = neo4j.int(BigInt(Math.floor(Math.random() * 2 ** 40)) * 1_000_000n)
  const [reserved] = await run(RESERVE)
  await run(FILL, { base: reserved?.get('base'), from, mark: Math.random().toString(36).slice(2, 10) })
  await run('CALL db.prepareForReplanning(60)')
}, 90_000)

afterAll(async () => {
  await run('MATCH (u:PlanTest) CALL (u) { DETACH DELETE u } IN TRANSACTIONS OF 500 ROWS')
  await driver.close()
})

const totals = new Set(queries.names('totals'))

type Case = [title: string, statement: string, sorts: number]

const CASES: Case[] = queries.names().flatMap((name): Case[] => {
  const query = queries.get(name)
  const [folder, file] = name.split('/') as [string, string]
  const sorts = SORTS[name] ?? 0
  if (folder === 'lists') {
    const total = totals.has(`totals/${file}`) ? queries.get(`totals/${file}`) : undefined
    return [
      ...(COMMON_LISTS.includes(file) ? [true, false] : [true]).flatMap((viewer): Case[] => {
        const whom = `for ${viewer ? 'a' : 'no'} viewer`
        return [
          [`${name}, a page ${whom}`, pageStatement(query, viewer, total), sorts],
          [`${name}, a page from the oldest ${whom}`, pageStatement(ascending(query), viewer, total), sorts],
        ]
      }),
      [`${name}, as an analyst pastes it`, query.statement, sorts],
      [`${name}, ids`, idsStatement(query), sorts],
      ...(['followers', 'following'].includes(file)
        ? [[`${name}, all ids`, allIdsStatement(query), sorts] as Case]
        : []),
      [`${name}, ids from the oldest`, idsStatement(ascending(query)), sorts],
      ...[...listSearchStatements(queries, file)].map(([what, text]): Case => {
        // A total is counted by a second walk. Matches, at most 20,000, and lists of up to 5,000 rows are sorted.
        const walks = sorts * (total === undefined ? 1 : 2)
        return [`${name}, ${what}`, text, what.startsWith('walk') ? walks : 1]
      }),
    ]
  }
  if (folder === 'changes')
    return CHANGE_KINDS.filter((kind) => fileOf(kind) === file).map((kind) => [
      `changes/${kind}`,
      changeStatement(queries, kind),
      sorts,
    ])
  if (WHOLE_GRAPH.test(name)) return []
  if (name === 'relations/relationships') return [[name, relationshipsStatement(query), sorts]]
  return [[name, query.statement, sorts]]
})
for (const viewer of [true, false])
  CASES.push([`users by id for ${viewer ? 'a' : 'no'} viewer`, usersStatement(viewer), 0])

describe('every statement is a seek', () => {
  it.each(CASES)('%s', async (_, statement, sorts) => {
    expect(faults(await explain(statement), sorts)).toEqual([])
  })

  it('every change has a file and every file is a change', () => {
    const files = new Set(CHANGE_KINDS.map((kind) => `changes/${fileOf(kind)}`))
    expect(queries.names('changes').sort()).toEqual([...files].sort())
  })

  it('counts come from the degree store and you_follow from the unique index', async () => {
    const steps = flatten(await explain(usersStatement(true)))
    const text = steps.map(({ operator, details }) => `${operator} ${details}`).join('\n')
    expect(text).toMatch(/getDegree\(\(user\)-\[:FOLLOWS\]->\(\)\)/)
    expect(text).toMatch(/getDegree\(\(user\)<-\[:FOLLOWS\]-\(\)\)/)
    expect(text).toMatch(/DirectedRelationshipUniqueIndexSeek|DirectedRelationshipIndexSeek/)
  })
})

// The check itself: each of these is a statement as it might be written in a hurry.
describe('the check refuses', () => {
  const followers = queries.get('lists/followers')
  const broken = (change: (statement: string) => string) => {
    const statement = change(followers.statement).replace(/USING .*\n/, '')
    expect(statement).not.toBe(followers.statement)
    return pageStatement(parseQuery('lists/broken', `// Broken.\n${statement}`), true)
  }
  const SLOW: [string, string, RegExp][] = [
    [
      'a list ordered by f.id alone',
      broken((text) => text.replace('f.followee_id DESC, ', '')),
      /^(Top|Sort|PartialSort|PartialTop) /,
    ],
    [
      'a list without its user',
      broken((text) => text.replace('f.followee_id = $user_id AND ', 'f.followed_at IS NOT NULL AND ')),
      /TypeScan|Top|Sort/,
    ],
    [
      'a list of a property without an index',
      broken((text) => text.replaceAll('f.followee_id', 'f.followed_id')),
      /TypeScan|IndexScan/,
    ],
    ['a user by name', 'MATCH (u:User) WHERE u.name = $kind RETURN u.id AS id', /LabelScan/],
    ['any node', 'MATCH (u) WHERE u.name = $kind RETURN u.id AS id', /AllNodesScan/],
    [
      'two users beside each other',
      'MATCH (a:User) WHERE a.id > $since MATCH (b:User) WHERE b.id > $since RETURN a.id, b.id',
      /CartesianProduct/,
    ],
    ['ids without a bound', 'MATCH ()-[f:FOLLOWS]->() RETURN f.id AS id', /TypeScan/],
  ]
  it.each(SLOW)('%s', async (_, statement, expected) => {
    const found = faults(await explain(statement))
    expect(found.length).toBeGreaterThan(0)
    expect(found.join('\n')).toMatch(expected)
  })
})
