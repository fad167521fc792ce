// Moved accounts: who follows the other user afterwards, who is left and why, what Users and events show, and which calls are refused.
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { loadQueries } from '../../src/graph/queries.ts'
import { startTestService, type TestService } from '../support/service.ts'

// A new database plans each statement first.
vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()
const other = await startTestService()
const plain = await startTestService({ MEMORY: '0' })
const app = await service.appToken()
type Person = Awaited<ReturnType<TestService['user']>>

const people = async (count: number) => (await service.users(count)) as [Person, Person, ...Person[]]
const move = (id: string, to: unknown, at = service) =>
  at.call('POST', `/users/${id}/move`, { token: app, json: { to } })
const shown = async (id: string) => (await service.call('GET', `/users/${id}`)).body.data
const idsOf = async (list: string, { id }: { id: string }): Promise<string[]> =>
  (await service.call('GET', `/users/${id}/${list}/ids`, { token: app })).body.data

/** The graph without a service, for one test. */
function plainGraph() {
  const graph = openGraph(inject('neo4j'))
  onTestFinished(() => graph.close())
  return graph
}

async function expectFollowers(user: { id: string }, followers: { id: string }[]): Promise<void> {
  const expected = followers.map(({ id }) => id).sort()
  // What a service keeps in memory, too, and what another one does.
  for (const at of [service, other, plain]) {
    const { body } = await at.call('GET', `/users/${user.id}/followers?count=200`, { token: app })
    expect(body.data.map(({ id }: Person) => id).sort()).toEqual(expected)
    expect((await at.call('GET', `/users/${user.id}`)).body.data.counts.followers).toBe(expected.length)
  }
  expect((await idsOf('followers', user)).sort()).toEqual(expected)
}

describe('a move', () => {
  it('has all followers follow the other user, under new pagination ids in the same order', async () => {
    const [from, to, ...fans] = await people(7)
    for (const fan of fans) await service.follow(fan, from)
    const before = await service.call('GET', `/users/${from.id}/followers`, { token: app })
    await service.follow(from, fans[0]!)

    const answer = await move(from.id, to.id)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.body).toEqual({ data: { moved: 5, kept: 0, refused: [] }, meta: { code: 200 } })
    await expectFollowers(from, [])
    await expectFollowers(to, fans)
    const after = await service.call('GET', `/users/${to.id}/followers`, { token: app })
    expect(after.body.data.map(({ id }: Person) => id)).toEqual(before.body.data.map(({ id }: Person) => id))
    const highest = BigInt(before.body.meta.max_id)
    for (const { pagination_id } of after.body.data) expect(BigInt(pagination_id)).toBeGreaterThan(highest)
    for (const fan of fans) {
      expect(await idsOf('following', fan)).toEqual([to.id])
      expect((await shown(fan.id)).counts.following).toBe(1)
    }
    // Whom the moved user follows is not moved.
    expect(await idsOf('following', from)).toEqual([fans[0]!.id])
    expect((await shown(from.id)).moved_to).toBe(to.id)
    expect(await shown(to.id)).not.toHaveProperty('moved_to')
  })

  it('tells who followed both already, and ends the follow by the other user', async () => {
    const [from, to, both, fan] = (await people(4)) as [Person, Person, Person, Person]
    for (const one of [both, fan, to]) await service.follow(one, from)
    await service.follow(both, to)
    const [standing] = (await service.call('GET', `/users/${to.id}/followers`, { token: app })).body.data
    const answer = await move(from.id, to.id)
    expect(answer.body.data).toEqual({ moved: 1, kept: 1, refused: [] })
    await expectFollowers(from, [])
    await expectFollowers(to, [both, fan])
    expect(await idsOf('following', to)).toEqual([])
    const kept = (await service.call('GET', `/users/${to.id}/followers`, { token: app })).body.data
    expect(kept.find(({ id }: Person) => id === both.id).pagination_id).toBe(standing.pagination_id)
  })

  it('leaves those who may not follow the other user, and says why', async () => {
    const to = await service.user()
    const [from, blocker, blocked, fan] = (await people(4)) as [Person, Person, Person, Person]
    const [bot, knownBot] = [await service.user(), await service.user()]
    for (const one of [blocker, blocked, fan, bot, knownBot]) await service.follow(one, from)
    await service.follow(to, knownBot)
    for (const { id } of [bot, knownBot])
      await service.call('PATCH', `/users/${id}`, { token: app, json: { type: 'bot' } })
    await service.call('POST', `/users/${to.id}/block`, { token: blocker.token })
    await service.call('POST', `/users/${blocked.id}/block`, { token: to.token })
    const answer = await move(from.id, to.id)
    expect(answer.body.data).toEqual({
      moved: 2,
      kept: 0,
      refused: [
        { id: blocker.id, error_slug: 'blocked' },
        { id: blocked.id, error_slug: 'blocked' },
        { id: bot.id, error_slug: 'bot-rule' },
      ],
    })
    await expectFollowers(from, [blocker, blocked, bot])
    await expectFollowers(to, [fan, knownBot])
    expect(await idsOf('following', bot)).toEqual([from.id])
  })

  it('to a locked user moves only those whom that user follows; a request stays', async () => {
    const to = await service.user({ locked: true })
    const [from, known, asking, fan] = (await people(4)) as [Person, Person, Person, Person]
    for (const one of [known, asking, fan]) await service.follow(one, from)
    await service.follow(to, known)
    await service.follow(asking, to)
    const answer = await move(from.id, to.id)
    expect(answer.body.data).toEqual({
      moved: 1,
      kept: 0,
      refused: [
        { id: asking.id, error_slug: 'locked' },
        { id: fan.id, error_slug: 'locked' },
      ],
    })
    await expectFollowers(from, [asking, fan])
    await expectFollowers(to, [known])
    const waiting = await service.call('GET', '/users/me/requests', { token: to.token })
    expect(waiting.body.data.map(({ id }: Person) => id)).toEqual([asking.id])
    // Once the user is unlocked the same call moves the others, and the follow ends the request.
    await service.call('PATCH', '/users/me', { token: to.token, json: { locked: false } })
    expect((await move(from.id, to.id)).body.data).toEqual({ moved: 2, kept: 0, refused: [] })
    await expectFollowers(to, [known, asking, fan])
    for (const [list, { token }] of [['requests', to] as const, ['requests/sent', asking] as const])
      expect((await service.call('GET', `/users/me/${list}`, { token })).body.data).toEqual([])
  })

  it('leaves who follows more users than the limit allows; who follows as many is moved', async () => {
    const [from, to, full, over, some] = (await people(5)) as [Person, Person, Person, Person, Person]
    const limited = await startTestService({ MAX_FOLLOWING: '2' })
    for (const one of [full, over]) for (const whom of [from, some]) await service.follow(one, whom)
    await service.follow(over, full)
    expect((await move(from.id, to.id, limited)).body.data).toEqual({
      moved: 1,
      kept: 0,
      refused: [{ id: over.id, error_slug: 'follow-limit' }],
    })
    await expectFollowers(to, [full])
    await expectFollowers(from, [over])
  })

  it('that is repeated moves nobody, and tells the refused again', async () => {
    const [from, to, fan, blocked] = (await people(4)) as [Person, Person, Person, Person]
    for (const one of [fan, blocked]) await service.follow(one, from)
    await service.call('POST', `/users/${blocked.id}/block`, { token: to.token })
    const refused = [{ id: blocked.id, error_slug: 'blocked' }]
    expect((await move(from.id, to.id)).body.data).toEqual({ moved: 1, kept: 0, refused })
    expect((await move(from.id, to.id)).body.data).toEqual({ moved: 0, kept: 0, refused })
    await expectFollowers(from, [blocked])
  })

  it('leaves who follows the moved user later where they are, until it is asked for again', async () => {
    const [from, to, early, late] = (await people(4)) as [Person, Person, Person, Person]
    await service.follow(early, from)
    await move(from.id, to.id)
    await service.follow(late, from)
    await expectFollowers(from, [late])
    expect((await move(from.id, to.id)).body.data).toEqual({ moved: 1, kept: 0, refused: [] })
    await expectFollowers(to, [early, late])
  })

  it('that was interrupted is gone on with by the same call, for those who followed when it began, and answers for the whole', async () => {
    const [from, to, fan, late] = (await people(4)) as [Person, Person, Person, Person]
    await service.follow(fan, from)
    // As a service leaves it that was killed after its first step.
    const graph = plainGraph()
    await graph.write(
      'test/interrupted',
      `MATCH (s:Sequence {name: 'relations'}) MATCH (u:User {id: $id})
      SET u.moved_to = $to, u.moving_to = $to, u.moving_up_to = s.value, u.moving_moved = 1000, u.moving_kept = 7`,
      { id: BigInt(from.id), to: BigInt(to.id) },
      60_000,
    )
    await service.follow(late, from)
    expect((await move(from.id, to.id)).body.data).toEqual({ moved: 1001, kept: 7, refused: [] })
    await expectFollowers(from, [late])
    await expectFollowers(to, [fan])
    expect((await move(from.id, to.id)).body.data).toEqual({ moved: 1, kept: 0, refused: [] })
  })

  it('makes one follow of two by the same user, as only Cypher writes them', async () => {
    const [from, to, fan] = (await people(3)) as [Person, Person, Person]
    await service.follow(fan, from)
    const graph = plainGraph()
    await graph.write(
      'test/twice',
      `MATCH (a:User {id: $fan}), (b:User {id: $from}), (a)-[f:FOLLOWS]->(b)
      CREATE (a)-[:FOLLOWS {id: f.id - 1, followee_id: $from}]->(b)`,
      { fan: BigInt(fan.id), from: BigInt(from.id) },
      60_000,
    )
    expect((await move(from.id, to.id)).body.data).toEqual({ moved: 1, kept: 0, refused: [] })
    await expectFollowers(from, [])
    await expectFollowers(to, [fan])
  })

  // Another test file's service, without the limit of a service here, once did so on a slow machine.
  it('is not resumed by another process between its beginning and its first step', async () => {
    const [from, to] = (await people(2)) as [Person, Person]
    const graph = plainGraph()
    const text = (name: string) => loadQueries().get(`moves/${name}`).statement
    const [id, target, run] = [BigInt(from.id), BigInt(to.id), `test-${from.id}`]
    const changes = await Promise.all(
      [id, target].map(async (user) => {
        const stored = `MATCH (u:User {id: $user}) RETURN coalesce(u.rendered, '') + coalesce(u.annotations, '')`
        const [[text]] = (await graph.read('test/stored', stored, { user }, 60_000)) as [[string]]
        return { stored: text, properties: null, created_at: null }
      }),
    )
    const begin = { id, to: target, from: changes[0], target: changes[1], run, reason: 'move' }
    const [row] = await graph.write('moves/begin', text('begin'), begin, 60_000)
    expect(row?.[0]).toBe('begun')
    const unfinished = await graph.read('moves/unfinished', text('unfinished'), { ms: 30_000n }, 60_000)
    expect(unfinished.filter(([user]) => user === id)).toEqual([])
    await graph.write(
      'test/end-run',
      'MATCH (u:User {id: $id}) MATCH (r:Run {id: $run}) REMOVE u.moving_to, u.moving_up_to, u.moving_run DELETE r',
      { id, run },
      60_000,
    )
  })

  it('by the kit is the same', async () => {
    const [from, to, fan, blocked] = (await people(4)) as [Person, Person, Person, Person]
    for (const one of [fan, blocked]) await service.follow(one, from)
    await service.call('POST', `/users/${blocked.id}/block`, { token: to.token })
    expect(await service.move(from, to.id)).toEqual({
      moved: 1,
      kept: 0,
      refused: [{ id: blocked.id, error_slug: 'blocked' }],
    })
    await expect(service.move(from, from)).rejects.toThrow('itself')
    await expect(service.move(from, '9223372036854775806')).rejects.toThrow('no user')
  })

  it('asked for several times at once, at two instances, is one move', async () => {
    const [from, to, ...fans] = await people(6)
    for (const fan of fans) await service.follow(fan, from)
    const answers = await Promise.all([
      move(from.id, to.id),
      move(from.id, to.id),
      move(from.id, to.id, other),
    ])
    for (const { status } of answers) expect(status).toBe(200)
    // One that came when all was done says 0.
    expect(Math.max(...answers.map(({ body }) => body.data.moved))).toBe(4)
    await expectFollowers(to, fans)
    await expectFollowers(from, [])
  })
})

type Event = { meta: { type: string }; data: { id?: string; reason?: string; moved_to?: string } }

it('is told as the profile with moved_to, and as a reset at its end', async () => {
  const [from, to, fan] = (await people(3)) as [Person, Person, Person]
  await service.follow(fan, from)
  const events = await service.appToken(['basic', 'events'])
  const since = (await service.call('GET', '/events', { token: events })).body.meta.max_id
  await move(from.id, to.id)
  // Other files create and move users at the same time, so there may be more than a page.
  const all: Event[] = []
  const path = '/events?count=200&types=user,reset&since_id='
  for (let at = since, more = true; more; ) {
    const { body } = await service.call('GET', path + at, { token: events })
    all.push(...body.data)
    at = body.meta.max_id
    more = body.meta.more
  }
  const mine = all.findIndex(({ data }) => data.id === from.id)
  expect([all[mine]?.meta.type, all[mine]?.data.moved_to]).toEqual(['user', to.id])
  const after = all.slice(mine + 1)
  expect(after.filter(({ data }) => data.id === from.id)).toEqual([])
  expect(after.some(({ meta, data }) => meta.type === 'reset' && data.reason === 'move')).toBe(true)
})
