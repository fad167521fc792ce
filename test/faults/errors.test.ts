// Each kind of database failure, provoked on a real Neo4j: whether the service retries it, answers 503, or treats it as a defect.
import neo4j, { type Driver } from 'neo4j-driver'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { failureKind, failureReason, GraphUnavailable } from '../../src/graph/failures.ts'
import { openGraph } from '../../src/graph/graph.ts'
import { patiently } from '../support/patiently.ts'
import { scale } from '../support/scale.ts'
import { startProxy } from './proxy.ts'

const { uri, username, password, database } = inject('neo4j')
const login = neo4j.auth.basic(username, password)
const driver: Driver = neo4j.driver(uri, login)
const graph = openGraph({ uri, username, password, database })
const mark = `faults-${process.pid}-${Date.now()}`
afterAll(async () => {
  await graph.write('test', 'MATCH (n:FaultTest {mark: $mark}) DETACH DELETE n', { mark })
  await Promise.all([driver.close(), graph.close()])
})
const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  )
const seen = (error: unknown) => `${failureKind(error)} ${failureReason(error)}`

describe('an error of the database', () => {
  it('a deadlock is retried, by openGraph until the transaction commits', { timeout: 30_000 }, async () => {
    await graph.write('test', 'UNWIND [1, 2] AS n CREATE (:FaultTest {mark: $mark, n: n})', { mark })
    const lock = 'MATCH (t:FaultTest {mark: $mark, n: $n}) SET t.value = 1'
    const [a, b] = [driver.session(), driver.session()]
    const [first, second] = [await a.beginTransaction(), await b.beginTransaction()]
    await first.run(lock, { mark, n: 1 })
    await second.run(lock, { mark, n: 2 })
    const [x, y] = await Promise.all([
      thrown(Promise.resolve(first.run(lock, { mark, n: 2 }))),
      thrown(
        Promise.resolve(second.run(lock, { mark, n: 1 })).finally(() =>
          second.rollback().catch(() => undefined),
        ),
      ),
    ])
    const losers = [x, y].filter((error) => error instanceof Error)
    expect(losers.map(seen)).toContain('retry contention')
    await Promise.all([a.close(), b.close()])
    const step = (n: number) => ({ text: lock, params: { mark, n } })
    const pairs = Array.from({ length: 4 }, (_, n) =>
      graph.transaction('test', n % 2 === 0 ? [step(1), step(2)] : [step(2), step(1)]),
    )
    expect((await Promise.allSettled(pairs)).filter(({ status }) => status === 'rejected')).toEqual([])
  })

  it.each<[string, string, string]>([
    ['a statement that is wrong is a defect', 'RETURN nonsense(', 'defect error'],
    ['a division by zero is a defect', 'RETURN 1 / 0', 'defect error'],
  ])('%s', async (_, text, kind) => {
    const session = driver.session()
    const error = await thrown(Promise.resolve(session.run(text)))
    await session.close()
    expect(seen(error)).toBe(kind)
  })

  it('a statement that exceeds its timeout is unavailable, with the reason slow', async () => {
    const session = driver.session()
    const error = await thrown(
      Promise.resolve(
        session.run(
          'UNWIND range(1, 100000000) AS n WITH n WHERE n % 7 = 0 RETURN sum(sqrt(n))',
          {},
          { timeout: 200 },
        ),
      ),
    )
    await session.close()
    expect(seen(error)).toBe('unavailable slow')
  })

  it('a transaction that was terminated is unavailable and is not retried', async () => {
    const session = driver.session()
    const tx = session.beginTransaction({ metadata: { mark } })
    const open = await tx
    await open.run('RETURN 1')
    await graph
      .read(
        'test',
        'SHOW TRANSACTIONS YIELD transactionId, metaData WHERE metaData.mark = $mark RETURN transactionId',
        { mark },
      )
      .then(async (rows) => {
        await graph.read('test', 'TERMINATE TRANSACTIONS $id', { id: rows[0]?.[0] })
      })
    const error = await thrown(Promise.resolve(open.run('RETURN 2')))
    await session.close()
    expect(seen(error)).toBe('unavailable slow')
  })

  it('a violated uniqueness constraint is a conflict: retried once, then thrown', async () => {
    await graph.write('test', 'CREATE (:Migration {number: $n, mark: $mark})', {
      n: -BigInt(Date.now()),
      mark,
    })
    const [row] = await graph.read('test', 'MATCH (m:Migration {mark: $mark}) RETURN m.number', { mark })
    const tries: (string | null)[] = []
    const watched = openGraph({
      uri,
      username,
      password,
      database,
      observe: ({ failed }) => tries.push(failed),
    })
    const error = await thrown(watched.write('test', 'CREATE (:Migration {number: $n})', { n: row?.[0] }))
    await watched.close()
    await graph.write('test', 'MATCH (m:Migration {mark: $mark}) DELETE m', { mark })
    expect(failureKind(error)).toBe('conflict')
    expect(tries).toHaveLength(2)
  })

  it('a pool without a free connection is unavailable, with the reason busy', async () => {
    const small = neo4j.driver(uri, login, { connectionAcquisitionTimeout: 2_000, maxConnectionPoolSize: 4 })
    const sessions = Array.from({ length: 5 }, () => small.session())
    const all = await Promise.allSettled(
      sessions.map(async (session) => (await session.beginTransaction()).run('RETURN 1')),
    )
    const [refused] = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    await Promise.all(sessions.map((session) => session.close()))
    await small.close()
    expect((refused as { code?: string }).code).toBe('N/A')
    expect(seen(refused)).toBe('unavailable busy')
  })

  it.each<[string, object, string]>([
    ['a database that does not exist', { database: 'nowhere' }, 'database'],
    ['an address where nobody listens', { uri: 'bolt://127.0.0.1:9' }, 'unreachable'],
  ])('%s is unavailable with its reason, within the time limit', async (_, more, reason) => {
    const other = openGraph({ uri, username, password, database, ...more })
    const began = performance.now()
    const error = await thrown(other.read('test', 'RETURN 1'))
    await other.close()
    expect(error).toBeInstanceOf(GraphUnavailable)
    expect((error as GraphUnavailable).reason).toBe(reason)
    expect(performance.now() - began).toBeLessThan(scale(5_000, 2_500))
  })

  it('retries end after five tries or two seconds', async () => {
    const proxy = await startProxy(uri, 1)
    proxy.faults = { 'cut-before': 1 }
    let tries = 0
    const other = openGraph({ uri: proxy.uri, username, password, database, observe: () => (tries += 1) })
    const began = performance.now()
    expect(await thrown(other.write('test', 'RETURN 1'))).toBeInstanceOf(GraphUnavailable)
    const took = performance.now() - began
    // On a busy machine the two seconds may be over before the fifth try.
    expect(tries).toBeLessThanOrEqual(5)
    if (took < 2_000) expect(tries).toBe(5)
    expect(took).toBeLessThan(scale(5_000, 2_500))
    await other.close()
    await proxy.close()
  })
})

it('connections without an answer for five seconds are replaced by new ones', {
  timeout: 30_000,
}, async () => {
  const proxy = await startProxy(uri, 1)
  const other = openGraph({ uri: proxy.uri, username, password, database, timeoutMs: 300 })
  await patiently(() => other.read('test', 'RETURN 1'))
  proxy.faults = { stall: 1 }
  const end = performance.now() + 5_600
  while (performance.now() < end)
    expect(await thrown(other.read('test', 'RETURN 1'))).toBeInstanceOf(GraphUnavailable)
  proxy.faults = {}
  expect(await patiently(() => other.read('test', 'RETURN 1'))).toEqual([[1n]])
  // Dead connections are closed: only those that have answered since are open.
  await expect.poll(() => proxy.open, { timeout: 10_000 }).toBeLessThanOrEqual(4)
  await other.close()
  await proxy.close()
})

it('with a neo4j:// address reads and writes are routed, and a read returns the write before it', async () => {
  const routed = openGraph({ uri: uri.replace(/^bolt/, 'neo4j'), username, password, database })
  for (let n = 0; n < 20; n += 1) {
    await routed.write('test', 'MERGE (t:FaultTest {mark: $mark, routed: true}) SET t.n = $n', {
      mark,
      n: BigInt(n),
    })
    expect(
      await routed.read('test', 'MATCH (t:FaultTest {mark: $mark, routed: true}) RETURN t.n', { mark }),
    ).toEqual([[BigInt(n)]])
  }
  // Reads run in read mode, where Neo4j itself refuses to write.
  expect(
    failureKind(await thrown(routed.read('test', 'CREATE (:FaultTest {mark: $mark})', { mark }))),
  ).not.toBe('retry')
  await routed.close()
})
