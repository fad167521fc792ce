// docs/notebook.ipynb as an analyst runs it, on an empty graph, a small one that is known, and the sample: what its cells found is right.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import { ownGraph } from '../support/own-graph.ts'
import { fetched, run } from './tools.ts'

const graph = ownGraph({ PLAN_AHEAD: 'off' })
// What Jupyter, IPython and matplotlib keep for a user lies here, not in the home of who runs the tests.
const home = mkdtempSync(join(tmpdir(), 'follow-graph-notebook-'))
afterAll(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }))
const PATIENCE = { timeout: 240_000 }

type Found = {
  size: [[number, number]]
  degrees: [number, number][]
  users_by_degree: number
  reciprocity: [[number, number, number]]
  growth: [string, number][]
  people: string[]
  communities: string[][]
  numbers: number[]
  drawn: string[]
  acceptance: [[number, number, number, number, number | null]]
  waiting: [string, string, string][]
}

async function notebook(): Promise<Found> {
  const env = { ...graph.settings(), HOME: home, IPYTHONDIR: home, MPLCONFIGDIR: home }
  const script = fileURLToPath(new URL('notebook.py', import.meta.url))
  const args = ['-W', 'ignore', script, resolve('docs/notebook.ipynb'), resolve('docs')]
  const { status, output } = await run(fetched('bin/python'), args, home, env)
  expect(status, output).toBe(0)
  const found = JSON.parse(output.trim().split('\n').at(-1) as string)
  // Nothing is stored in the file, three pictures are drawn, and no library or database warns.
  expect([found.stored, found.pictures, found.stderr]).toEqual([0, 3, ''])
  return found
}

type Follow = { from: string; to: string; day: string }

async function follows(): Promise<Follow[]> {
  const rows = await graph.cypher(
    'MATCH (a)-[f:FOLLOWS]->(b) RETURN toString(a.id), toString(b.id), toString(date(f.followed_at))',
  )
  return rows.map(([from, to, day]) => ({ from, to, day }) as Follow)
}

/** How many followers each of these users has. */
function followersOf(users: string[], edges: Follow[]): Map<string, number> {
  const counts = new Map(users.map((user) => [user, 0]))
  for (const { to } of edges) counts.set(to, (counts.get(to) as number) + 1)
  return counts
}

/** Compares what each cell found with the follows, without Cypher and without Python. */
function expectFound(found: Found, users: string[], edges: Follow[]): void {
  expect(found.size).toEqual([[users.length, edges.length]])
  const followers = followersOf(users, edges)
  const degrees = new Map<number, number>()
  for (const count of followers.values()) degrees.set(count, (degrees.get(count) ?? 0) + 1)
  expect(found.degrees).toEqual([...degrees].sort(([a], [b]) => a - b))
  expect(found.users_by_degree).toBe(users.length)
  const pairs = new Set(edges.map(({ from, to }) => `${from} ${to}`))
  const mutual = edges.filter(({ from, to }) => pairs.has(`${to} ${from}`)).length
  expect(found.reciprocity).toEqual([[edges.length, mutual, edges.length === 0 ? 0 : mutual / edges.length]])
  const byDay = new Map<string, number>()
  for (const { day } of edges) byDay.set(day, (byDay.get(day) ?? 0) + 1)
  expect(found.growth.filter(([, count]) => count > 0)).toEqual(
    [...byDay].sort(([a], [b]) => (a < b ? -1 : 1)),
  )
  // Every day from the first to the last, those without follows, too.
  const [first, last] = [found.growth[0]?.[0], found.growth.at(-1)?.[0]].map((day) => Date.parse(day ?? ''))
  if (edges.length > 0)
    expect(found.growth).toHaveLength(1 + ((last as number) - (first as number)) / 86_400_000)
  const most = [...followers].sort(([a, m], [b, n]) => n - m || (BigInt(a) < BigInt(b) ? -1 : 1))
  expect(found.people).toEqual(most.slice(0, 300).map(([user]) => user))
  expect(found.communities.flat().sort()).toEqual([...found.people].sort())
  expect(found.numbers).toEqual(
    found.people.map((user) => found.communities.findIndex((group) => group.includes(user))),
  )
  expect(found.drawn).toEqual([...found.people].sort())
}

it('an empty graph', PATIENCE, async () => {
  const found = await notebook()
  expectFound(found, [], [])
  expect(found.acceptance).toEqual([[0, 0, 0, 0, null]])
  expect([found.growth, found.waiting]).toEqual([[], []])
})

it('two circles of friends, ids that a float cannot hold, and requests', PATIENCE, async () => {
  const circles = [
    ['9007199254740993', '9007199254740995', '9007199254740997', '9007199254740999'],
    ['11', '12', '13', '14', '15'],
  ] as const
  const lines = circles.flatMap((circle, n) =>
    circle.flatMap((from) =>
      circle.filter((to) => to !== from).map((to) => `${from},${to},2020-02-2${7 + n}T12:00:00Z`),
    ),
  )
  lines.push('11,9007199254740993,2020-03-03T00:00:00Z')
  const file = (name: string, text: string[]) => {
    writeFileSync(join(home, name), `${text.join('\n')}\n`)
    return join(home, name)
  }
  await importFiles(readConfig(graph.settings()), {
    data: 'unused',
    users: file('users.csv', ['id,locked', ...circles.flat().map((id) => `${id},`), '70,true']),
    follows: file('follows.csv', ['follower_id,followee_id,followed_at', ...lines]),
  })
  for (const user of ['11', '12', '13', '9007199254740999']) await graph.kit.follow(user, '70')
  await graph.kit.accept('70', '11')
  await graph.kit.accept('70', '12')
  const refused = await fetch(`${graph.kit.url}/stream/0/users/me/requests/13`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${await graph.kit.tokenFor('70')}` },
  })
  expect(refused.status).toBe(200)

  const found = await notebook()
  expectFound(found, [...circles.flat(), '70'], await follows())
  // The locked user, whom two of the second circle follow, belongs to it.
  expect(found.communities).toEqual([[...circles[1], '70'], circles[0]])
  expect(found.acceptance).toEqual([[4, 2, 1, 0, 2 / 3]])
  expect(found.waiting).toEqual([['9007199254740999', '70', expect.stringMatching(/^\d{4}-\d\d-\d\d$/)]])
})

it('the sample', PATIENCE, async () => {
  await graph.kit.reset()
  await graph.kit.seed('sample')
  const users = await graph.cypher('MATCH (u:User) RETURN toString(u.id)')
  const found = await notebook()
  expectFound(found, users.flat() as string[], await follows())
  expect([found.people.length, found.communities.length > 1]).toEqual([300, true])
})
