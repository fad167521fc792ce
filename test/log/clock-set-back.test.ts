// The clock of the database or of a service is set back or is ahead: what is timed by it does not last for as long as the jump.
// Long before or after now in the graph is what a clock has written that was set since.
import { expect, it, onTestFinished, vi } from 'vitest'
import { endAbandonedRuns } from '../../src/events/runs.ts'
import { createLease } from '../../src/webhooks/lease.ts'
import { createProgress } from '../../src/webhooks/progress.ts'
import { webhookOf } from '../../src/webhooks/store.ts'
import { ownGraph } from '../support/own-graph.ts'

const graph = ownGraph({ PLAN_AHEAD: 'off' })
const { cypher } = graph
const HOUR = 3_600_000n
const NOW = 'datetime.realtime().epochMillis'

it('a lease that ends later than any holder can have written is free after its usual time', async () => {
  const lease = () => createLease(graph.parts.graph, graph.parts.queries, 'test')
  const [dead, next] = [lease(), lease()]
  expect(await dead.hold()).not.toBe('other')
  await cypher("MATCH (l:Lease {name: 'test'}) SET l.until = l.until + $hour", { hour: HOUR })
  const read = async () => {
    const begun = next.begin()
    const [row] = await cypher(`MATCH (l:Lease {name: 'test'}) RETURN l.holder, l.until, ${NOW}`)
    next.found(begun, ...(row as [string, bigint, bigint]))
    return next.hold()
  }
  // The holder may be alive, and counts on the lease for its usual time.
  expect(await read()).toBe('other')
  expect(await dead.hold()).not.toBe('other')
  await expect.poll(read, { timeout: 30_000, interval: 1_000 }).not.toBe('other')
})

it('the holder of a lease keeps it when the clock is set back', async () => {
  const lease = createLease(graph.parts.graph, graph.parts.queries, 'kept')
  await lease.hold()
  await cypher("MATCH (l:Lease {name: 'kept'}) SET l.until = l.until + $hour", { hour: HOUR })
  const [row] = await cypher(
    `MATCH (l:Lease {name: 'kept'}) WITH l, l.until - ${NOW} AS left RETURN l.holder, left > $hour`,
    { hour: HOUR },
  )
  expect(row).toEqual([lease.holder, true])
  const again = createLease(graph.parts.graph, graph.parts.queries, 'kept')
  expect(await again.hold()).toBe('other')
  expect(await lease.hold()).not.toBe('other')
})

it('the run of a process that died before the jump is ended, and its move resumed', async () => {
  const [from, to] = [await graph.kit.createUser(), await graph.kit.createUser()]
  await cypher(
    `CREATE (:Run {id: 'dead', reason: 'import', at: ${NOW} + $hour}), (:Run {id: 'alive', reason: 'import', at: ${NOW} + 20000})
    WITH 1 AS one MATCH (u:User {id: $from})
    SET u.moving_to = $to, u.moving_up_to = 0, u.moving_run = 'dead'`,
    { hour: HOUR, from: BigInt(from.id), to: BigInt(to.id) },
  )
  const { statement } = graph.parts.queries.get('moves/unfinished')
  const unfinished = () => graph.parts.graph.read('moves/unfinished', statement, { ms: 30_000n }, 60_000)
  expect(await unfinished()).toEqual([[BigInt(from.id), BigInt(to.id), 0n]])
  await cypher("MATCH (u:User) WHERE u.moving_run = 'dead' SET u.moving_run = 'alive'")
  expect(await unfinished()).toEqual([])
  await cypher('MATCH (u:User) REMOVE u.moving_to, u.moving_up_to, u.moving_run')
  // The service of the kit does the same from time to time.
  await endAbandonedRuns(graph.parts)
  expect(await cypher('MATCH (r:Run) RETURN r.id')).toEqual([['alive']])
  await cypher('MATCH (r:Run) DELETE r')
})

it('the first failure of a webhook that seems to come counts as now', async () => {
  const { client_id: clientId } = await graph.parts.tokens.createClient({
    name: 'Hooks',
    link: '',
    scopes: ['events'],
    maxFollowing: null,
  })
  const registration = { clientId, url: 'https://hook.example', types: null, private: false }
  const made = await graph.parts.webhooks.store.create(registration)
  const { id } = made as { id: bigint }
  await cypher(
    `MATCH (w:Webhook {id: $id}) SET w.failing_since = ${NOW} + $hour, w.retry_at = ${NOW} + $hour`,
    {
      id,
      hour: HOUR,
    },
  )
  const lease = createLease(graph.parts.graph, graph.parts.queries, 'failing')
  await lease.hold()
  const [row] = await cypher('MATCH (w:Webhook {id: $id}) RETURN properties(w)', { id })
  const hook = webhookOf(row?.[0])
  const progress = createProgress(graph.parts.graph, graph.parts.queries, lease, 1)
  const outcome = { status: 500, error: 'no' }
  const failed = await progress.failed({ hook, outcome, batchTo: null, delayMs: 5_000 })
  const now = BigInt(Date.now())
  expect(Number((failed?.failingSince ?? 0n) - now)).toBeLessThan(60_000)
  expect(Number((failed?.retryAt ?? 0n) - now)).toBeLessThan(60_000)
  await graph.parts.webhooks.store.remove(id, clientId)
})

it('a service whose own clock is a month ahead drops nothing of the log for that', async () => {
  await graph.kit.createUser()
  await graph.kit.createUser()
  const bounds = () => graph.parts.events.log.bounds()
  const before = await bounds()
  const { now } = Date
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 30 * 86_400_000)
  onTestFinished(() => {
    clock.mockRestore()
    vi.resetModules()
  })
  // The modules take the clock when they are loaded.
  vi.resetModules()
  const { dropOld } = await import('../../src/events/keep.ts')
  expect(await dropOld(graph.parts, { days: 7, most: 1_000_000n })).toBe(0)
  expect((await bounds()).droppedOrdinal).toBe(before.droppedOrdinal)
})
