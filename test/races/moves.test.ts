// Moves of followers beside everything else that changes the same people: nobody is lost, nobody follows twice, no follow across a block, and
// counts equal lists. Two instances of the service, so that what holds within one holds between two.
import { expect, inject, it, onTestFinished, vi } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { crowd, disperse } from '../lists/crowd.ts'
import { untilAnswered } from '../support/patiently.ts'
import { startTestService } from '../support/service.ts'

vi.setConfig({ testTimeout: 120_000 })
const services = [await startTestService(), await startTestService()]
const service = services[0]!
const app = await service.appToken()
type Person = Awaited<ReturnType<typeof service.user>>

const call = (n: number, method: string, path: string, token: string, json?: object) =>
  untilAnswered(() => services[n % 2]!.call(method, path, { token, ...(json === undefined ? {} : { json }) }))
const move = (n: number, from: { id: string }, to: { id: string }) =>
  call(n, 'POST', `/users/${from.id}/move`, app, { to: to.id })
const follow = (n: number, method: string, by: Person, whom: Person) =>
  call(n, method, `/users/${whom.id}/follow`, by.token)
const idsOf = async (list: string, of: { id: string }): Promise<string[]> =>
  (await call(0, 'GET', `/users/${of.id}/${list}/ids`, app)).body.data
const countsOf = async (of: { id: string }) => (await call(1, 'GET', `/users/${of.id}`, app)).body.data.counts

/** Each list holds everyone once, the counts equal the lists, and whom a fan follows is who has the fan among the followers. */
async function expectExact(people: { id: string }[]): Promise<void> {
  for (const person of people) {
    const [following, followers] = [await idsOf('following', person), await idsOf('followers', person)]
    expect(new Set(following).size).toBe(following.length)
    expect(new Set(followers).size).toBe(followers.length)
    expect(await countsOf(person)).toMatchObject({ following: following.length, followers: followers.length })
    for (const other of people) {
      if (following.includes(other.id)) expect(await idsOf('followers', other)).toContain(person.id)
      if (followers.includes(other.id)) expect(await idsOf('following', other)).toContain(person.id)
    }
  }
}

async function scene(count: number) {
  const [from, to, ...fans] = (await service.users(count + 2)) as [Person, Person, ...Person[]]
  await Promise.all(fans.map((fan) => service.follow(fan, from)))
  return { from, to, fans }
}

it('follows and unfollows of both users at the same time', async () => {
  for (let turn = 0; turn < 4; turn += 1) {
    const { from, to, fans } = await scene(12)
    const changes = fans.flatMap((fan, n) =>
      n % 3 === 0
        ? [follow(n, 'DELETE', fan, to), follow(n + 1, 'DELETE', fan, from)]
        : n % 3 === 1
          ? [follow(n, 'POST', fan, to), follow(n + 1, 'POST', fan, from)]
          : [],
    )
    const [moved] = await Promise.all([move(turn, from, to), ...changes])
    expect(moved.status).toBe(200)
    // Those who did nothing were moved.
    for (const [n, fan] of fans.entries())
      if (n % 3 === 2) expect(await idsOf('following', fan)).toEqual([to.id])
    // Who follows the one still followed after the move; the next call moves them, and then only unfollows are left out.
    expect((await move(turn + 1, from, to)).status).toBe(200)
    expect(await idsOf('followers', from)).toEqual([])
    const followers = await idsOf('followers', to)
    for (const [n, fan] of fans.entries()) if (n % 3 !== 0) expect(followers).toContain(fan.id)
    await expectExact([from, to, ...fans])
  }
})

it('blocks between the followers and the other user: no follow across a block, none of the refused is lost', async () => {
  for (let turn = 0; turn < 4; turn += 1) {
    const { from, to, fans } = await scene(10)
    const [moved] = await Promise.all([
      move(turn, from, to),
      ...fans.map((fan, n) =>
        n % 2 === 0
          ? call(n, 'POST', `/users/${to.id}/block`, fan.token)
          : n % 3 === 0
            ? call(n, 'POST', `/users/${fan.id}/block`, to.token)
            : Promise.resolve(),
      ),
    ])
    expect(moved.status).toBe(200)
    const refused = moved.body.data.refused as { id: string; error_slug: string }[]
    const [left, followers] = [await idsOf('followers', from), await idsOf('followers', to)]
    expect(new Set(left)).toEqual(new Set(refused.map(({ id }) => id)))
    expect(refused.every(({ error_slug }) => error_slug === 'blocked')).toBe(true)
    for (const [n, fan] of fans.entries()) {
      const blocks = n % 2 === 0 || n % 3 === 0
      // Moved before the block, which ended the follow then, or refused after it.
      expect(followers.includes(fan.id)).toBe(!blocks)
      if (!blocks) expect(left).not.toContain(fan.id)
    }
    await expectExact([from, to, ...fans])
  }
})

it.each(['from', 'to'] as const)(
  'the deletion of %s: a 200 or 404, and nothing of the user is left',
  async (which) => {
    for (let turn = 0; turn < 3; turn += 1) {
      const { from, to, fans } = await scene(8)
      const gone = which === 'from' ? from : to
      const [moved, deleted] = await Promise.all([
        move(turn, from, to),
        call(turn + 1, 'DELETE', `/users/${gone.id}`, app),
      ])
      expect([200, 404]).toContain(moved.status)
      // 404 where a first try was carried out, and only its answer was late.
      expect([200, 404]).toContain(deleted.status)
      const stays = which === 'from' ? to : from
      const user = (await call(turn, 'GET', `/users/${stays.id}`, app)).body.data
      expect(user).not.toHaveProperty('moved_to')
      for (const fan of fans) expect(await idsOf('following', fan)).not.toContain(gone.id)
      await expectExact([stays, ...fans])
    }
  },
)

it('two moves of one user to different users: everyone follows one of the two', async () => {
  for (let turn = 0; turn < 3; turn += 1) {
    const { from, to, fans } = await scene(8)
    const third = await service.user()
    const answers = await Promise.all([move(turn, from, to), move(turn + 1, from, third)])
    for (const { status } of answers) expect(status).toBe(200)
    expect(await idsOf('followers', from)).toEqual([])
    const reached = [...(await idsOf('followers', to)), ...(await idsOf('followers', third))]
    expect(reached.sort()).toEqual(fans.map(({ id }) => id).sort())
    const { moved_to } = (await call(turn, 'GET', `/users/${from.id}`, app)).body.data
    expect([to.id, third.id]).toContain(moved_to)
    await expectExact([from, to, third, ...fans])
  }
})

it('two users towards each other: both moves end, and everyone follows one of the two', async () => {
  for (let turn = 0; turn < 3; turn += 1) {
    const { from, to, fans } = await scene(8)
    const both = fans[0]!
    await service.follow(both, to)
    await service.follow(to, from)
    const answers = await Promise.all([move(turn, from, to), move(turn + 1, to, from)])
    for (const { status } of answers) expect(status).toBe(200)
    const reached = [...(await idsOf('followers', from)), ...(await idsOf('followers', to))]
    expect(reached.filter((id) => id !== to.id).sort()).toEqual(fans.map(({ id }) => id).sort())
    const shown = await Promise.all(
      [from, to].map(async ({ id }) => (await call(turn, 'GET', `/users/${id}`, app)).body.data.moved_to),
    )
    expect(shown.filter((one) => one !== undefined)).toHaveLength(1)
    await expectExact([from, to, ...fans])
  }
})

it('the counts of both users equal their lists at each step of a long move, and everyone is in one of the two', async () => {
  const graph = openGraph(inject('neo4j'))
  onTestFinished(() => graph.close())
  const [from, to] = (await service.users(2)) as [Person, Person]
  const first = BigInt(from.id) + 10_000_000n
  const size = 6_000
  await crowd(graph, BigInt(from.id), first, BigInt(size), false)
  onTestFinished(() => disperse(graph, first, BigInt(size)))
  const LOOK = `MATCH (a:User {id: $from}), (b:User {id: $to})
    RETURN COUNT { (a)<-[:FOLLOWS]-() }, COUNT { (b)<-[:FOLLOWS]-() }`
  let over = false
  const seen = new Set<bigint>()
  const watch = (async () => {
    while (!over) {
      const [row] = await graph.read('test/look', LOOK, { from: BigInt(from.id), to: BigInt(to.id) }, 60_000)
      const [left, there] = row as [bigint, bigint]
      seen.add(there)
      // Two counts are read one after the other: a step may come between.
      expect(Math.abs(Number(left + there) - size)).toBeLessThanOrEqual(1_000)
    }
  })()
  const answer = await move(0, from, to)
  over = true
  await watch
  expect(answer.body.data).toEqual({ moved: size, kept: 0, refused: [] })
  expect(seen.size).toBeGreaterThan(2)
  expect(await idsOf('followers', from)).toEqual([])
  expect(new Set(await idsOf('followers', to)).size).toBe(size)
  expect(await countsOf(to)).toMatchObject({ followers: size })
})
