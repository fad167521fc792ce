// you_can_follow agrees with what POST …/follow answers, for every combination of the facts.
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { startTestService } from '../support/service.ts'

const TYPES = ['human', 'feed', 'bot'] as const
const BOTH = [false, true]
type Case = {
  viewer: string
  target: string
  blocks: boolean
  blocked: boolean
  follows: boolean
  followed: boolean
  locked: boolean
}

const CASES: Case[] = TYPES.flatMap((viewer) =>
  TYPES.flatMap((target) =>
    BOTH.flatMap((blocks) =>
      BOTH.flatMap((blocked) =>
        BOTH.flatMap((follows) =>
          BOTH.flatMap((followed) =>
            BOTH.map((locked) => ({ viewer, target, blocks, blocked, follows, followed, locked })),
          ),
        ),
      ),
    ),
  ),
)

// The rule of docs/api.md, written independently of both texts that are compared.
function ruling(facts: Case): { status: number; slug?: string; requests?: true } {
  const { viewer, blocks, blocked, follows, followed, locked } = facts
  if (follows) return { status: 200 }
  if (blocks || blocked) return { status: 403, slug: 'blocked' }
  if (viewer === 'bot' && !followed) return { status: 403, slug: 'bot-rule' }
  return { status: 200, ...(locked && !followed ? { requests: true } : {}) }
}

const service = await startTestService()
const full = await startTestService({ MAX_FOLLOWING: '0' })
const graph = openGraph(inject('neo4j'))
const made: bigint[] = []
afterAll(async () => {
  await graph.write('test/clean', 'MATCH (u:User) WHERE u.id IN $ids DETACH DELETE u', { ids: made })
  await graph.close()
})

// The API cannot make a follow across a block, so relationships are written with Cypher, with ids from the sequence.
const FACTS = `MERGE (s:Sequence {name: 'relations'}) SET s.value = coalesce(s.value, 0) + 4 * size($rows)
WITH s.value - 4 * size($rows) AS base, datetime.truncate('second') AS now
UNWIND range(0, size($rows) - 1) AS n
WITH $rows[n] AS row, base + 4 * n AS id, now
MATCH (v:User {id: row.viewer}), (t:User {id: row.target})
FOREACH (_ IN CASE WHEN row.blocks THEN [1] ELSE [] END | CREATE (v)-[:BLOCKS {id: id + 1, blocker_id: v.id, blocked_id: t.id, blocked_at: now}]->(t))
FOREACH (_ IN CASE WHEN row.blocked THEN [1] ELSE [] END | CREATE (t)-[:BLOCKS {id: id + 2, blocker_id: t.id, blocked_id: v.id, blocked_at: now}]->(v))
FOREACH (_ IN CASE WHEN row.follows THEN [1] ELSE [] END | CREATE (v)-[:FOLLOWS {id: id + 3, follower_id: v.id, followee_id: t.id, followed_at: now}]->(t))
FOREACH (_ IN CASE WHEN row.followed THEN [1] ELSE [] END | CREATE (t)-[:FOLLOWS {id: id + 4, follower_id: t.id, followee_id: v.id, followed_at: now}]->(v))
RETURN count(*)`

type Standing = Case & { viewerId: string; token: string; targetId: string }
const standing: Standing[] = []

beforeAll(async () => {
  for (const facts of CASES) {
    const viewer = await service.user({ type: facts.viewer as (typeof TYPES)[number] })
    const type = facts.target as (typeof TYPES)[number]
    const target = await service.createUser({ type, locked: facts.locked })
    made.push(BigInt(viewer.id), BigInt(target.id))
    standing.push({ ...facts, viewerId: viewer.id, token: viewer.token, targetId: target.id })
  }
  const rows = standing.map((facts) => ({
    ...facts,
    viewer: BigInt(facts.viewerId),
    target: BigInt(facts.targetId),
  }))
  const [row] = await graph.write('test/facts', FACTS, { rows })
  expect(row).toEqual([288n])
})

const name = (facts: Case) =>
  `a ${facts.viewer} and a ${facts.target}${facts.blocks ? ', blocking' : ''}${facts.blocked ? ', blocked' : ''}${facts.follows ? ', following' : ''}${facts.followed ? ', followed back' : ''}${facts.locked ? ', locked' : ''}`

describe('you_can_follow and POST …/follow agree', () => {
  it.each(CASES.map((facts, index) => [name(facts), index] as const))('for %s', async (_, index) => {
    const facts = standing[index] as Standing
    const path = `/users/${facts.targetId}`
    const before = (await service.call('GET', path, { token: facts.token })).body.data
    expect(before).toMatchObject({
      you_follow: facts.follows,
      follows_you: facts.followed,
      you_blocked: facts.blocks,
    })
    expect(before.you_can_subscribe).toBe(!facts.blocks && !facts.blocked)
    const rule = ruling(facts)
    expect(before.you_can_follow).toBe(rule.status === 200)
    expect(before.locked).toBe(facts.locked ? true : undefined)
    expect(before).not.toHaveProperty('you_requested')

    // The plan's limit refuses what is new and nothing else; you_can_follow does not know of it.
    const limited = await full.call('POST', `${path}/follow`, { token: facts.token })
    expect(limited.status).toBe(rule.status === 200 && !facts.follows ? 507 : rule.status)
    if (limited.status === 507) expect(limited.body.meta.error_slug).toBe('follow-limit')
    const unchanged = (await full.call('GET', path, { token: facts.token })).body.data
    expect(unchanged.you_can_follow).toBe(before.you_can_follow)
    expect(unchanged.you_follow).toBe(facts.follows)

    const answer = await service.call('POST', `${path}/follow`, { token: facts.token })
    expect(answer.status).toBe(rule.status)
    expect(answer.body.meta.error_slug).toBe(rule.slug)
    const follows = rule.status === 200 && rule.requests !== true
    if (rule.status === 200)
      expect(answer.body.data).toMatchObject({ you_follow: follows, you_can_follow: true })
    const after = (await service.call('GET', path, { token: facts.token })).body.data
    for (const shown of rule.status === 200 ? [answer.body.data, after] : [after])
      expect(shown.you_requested).toBe(rule.requests)
    expect(after.you_follow).toBe(follows)
    expect(after.you_can_follow).toBe(before.you_can_follow)
    // A request that exists is not refused by the limit, and agrees as before.
    if (rule.requests === true)
      expect((await full.call('POST', `${path}/follow`, { token: facts.token })).status).toBe(200)
  })

  it.each(TYPES)('for a %s and itself', async (type) => {
    const self = await service.user({ type })
    for (const where of [service, full]) {
      const answer = await where.call('POST', `/users/${self.id}/follow`, { token: self.token })
      expect(answer.status).toBe(400)
      expect(answer.body.meta.error_slug).toBe('self-follow')
    }
    const own = (await service.call('GET', `/users/${self.id}`, { token: self.token })).body.data
    expect(own).not.toHaveProperty('you_can_follow')
  })

  it('whatever the scopes of the token', async () => {
    const [a, b] = await service.users(2)
    const token = await service.tokenFor(a!, ['basic'])
    const answer = await service.call('GET', `/users/${b!.id}`, { token })
    expect(answer.body.data.you_can_follow).toBe(true)
    expect((await service.call('POST', `/users/${b!.id}/follow`, { token })).status).toBe(403)
  })

  it('once a bot is no longer followed: its follow stays', async () => {
    const bot = await service.user({ type: 'bot' })
    const human = await service.user()
    const call = (method: string, path: string, token: string) => service.call(method, path, { token })
    await call('POST', `/users/${bot.id}/follow`, human.token)
    expect((await call('POST', `/users/${human.id}/follow`, bot.token)).status).toBe(200)
    await call('DELETE', `/users/${bot.id}/follow`, human.token)
    expect((await call('POST', `/users/${human.id}/follow`, bot.token)).body.data).toMatchObject({
      you_follow: true,
      you_can_follow: true,
    })
    const undone = await call('DELETE', `/users/${human.id}/follow`, bot.token)
    expect(undone.body.data).toMatchObject({ you_follow: false, you_can_follow: false })
    expect((await call('POST', `/users/${human.id}/follow`, bot.token)).body.meta.error_slug).toBe('bot-rule')
  })
})
