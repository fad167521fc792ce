// What each failure of a real driver on a real database is taken for.
import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { OwnDatabase } from '../../src/database/own.ts'
import { failureKind, failureReason, GraphUnavailable } from '../../src/graph/failures.ts'
import { type Graph, openGraph } from '../../src/graph/graph.ts'
import { freePort } from '../support/free-port.ts'
import { smallDatabase } from '../support/small-database.ts'

// A database of this file's own: a wrong password and an exhausted pool are nothing to do to the others' one.
let own: OwnDatabase
let graph: Graph
const events: { name: string; failed: string | null }[] = []
smallDatabase(
  'failures',
  (database, opened) => {
    own = database
    graph = opened
  },
  (event) => events.push(event),
)

const thrown = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  )

// A statement that no machine finishes in the time given.
const HEAVY =
  'UNWIND range(1, 1000000) AS a UNWIND range(1, 1000000) AS b WITH a, b WHERE a * b < 0 RETURN count(*) AS n'

describe('failures of a real driver', () => {
  it('a closed port: away, within the time that a request may take', async () => {
    const away = openGraph({ ...own, uri: `bolt://127.0.0.1:${await freePort()}`, database: 'neo4j' })
    const started = performance.now()
    const error = await thrown(away.read('test', 'RETURN 1'))
    expect(error).toBeInstanceOf(GraphUnavailable)
    expect(failureKind(error)).toBe('unavailable')
    expect(failureReason(error)).toBe('unreachable')
    expect(failureReason((error as Error).cause)).toBe('unreachable')
    expect(failureKind((error as Error).cause)).toBe('retry')
    expect(performance.now() - started).toBeLessThan(5_000)
    await expect(away.ping()).rejects.toMatchObject({ reason: 'unreachable' })
    await away.close()
  })

  it('a database that listens and does not speak: away', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const away = openGraph({ ...own, uri: `bolt://127.0.0.1:${port}`, database: 'neo4j' })
    const error = await thrown(away.read('test', 'RETURN 1'))
    expect(error).toBeInstanceOf(GraphUnavailable)
    await away.close()
    silent.close()
  })

  it('a wrong password: away for its credentials, and not tried again', async () => {
    const tries: unknown[] = []
    const wrong = openGraph({
      ...own,
      password: 'not the password',
      database: 'neo4j',
      observe: (event) => tries.push(event),
    })
    const error = await thrown(wrong.read('test', 'RETURN 1'))
    expect(error).toBeInstanceOf(GraphUnavailable)
    expect(failureReason(error)).toBe('credentials')
    // The login is tried once, before a query is sent (graph/login.ts): asking on would lock the account.
    expect(tries).toHaveLength(0)
    expect(await thrown(wrong.read('test', 'RETURN 1'))).toBe(error)
    expect(failureKind((error as Error).cause)).toBe('unavailable')
    await wrong.close()
  })

  it('a database of another name: away', async () => {
    const wrong = openGraph({ ...own, database: 'nobody' })
    const error = await thrown(wrong.read('test', 'RETURN 1'))
    expect(failureKind(error)).toBe('unavailable')
    expect(failureReason(error)).toBe('database')
    await wrong.close()
  })

  it('a uniqueness constraint: a conflict, tried once more and then told', async () => {
    await graph.write('test', 'CREATE CONSTRAINT thing_id IF NOT EXISTS FOR (t:Thing) REQUIRE t.id IS UNIQUE')
    await graph.write('test', 'CREATE (:Thing {id: 1})')
    events.length = 0
    const error = await thrown(graph.write('test/conflict', 'CREATE (:Thing {id: 1})'))
    expect(failureKind(error)).toBe('conflict')
    expect(failureReason(error)).toBe('error')
    expect(events.filter(({ name }) => name === 'test/conflict')).toHaveLength(2)
  })

  it('a statement that is wrong: a defect, not tried again', async () => {
    events.length = 0
    const error = await thrown(graph.read('test/syntax', 'MATCH (n RETURN n'))
    expect(failureKind(error)).toBe('defect')
    expect(failureReason(error)).toBe('error')
    expect(events).toHaveLength(1)
    expect(failureKind(await thrown(graph.read('test', 'RETURN $missing')))).toBe('defect')
    expect(failureKind(await thrown(graph.read('test', 'RETURN 1 / 0')))).toBe('defect')
    expect(failureKind(await thrown(graph.read('test', 'CREATE (:Thing {id: 2})')))).toBe('defect')
  })

  it('a statement over its time: away because it is slow, and ended in the database', async () => {
    const started = performance.now()
    const error = await thrown(graph.read('test/heavy', HEAVY, {}, 300))
    expect(failureKind(error)).toBe('unavailable')
    expect(failureReason(error)).toBe('slow')
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(events.filter(({ name }) => name === 'test/heavy')).toHaveLength(1)
    expect(await graph.read('test', 'RETURN 1')).toEqual([[1n]])
  })

  it('a transaction over its time: the same, and nothing of it stays', async () => {
    const steps = [
      { text: 'CREATE (:Thing {id: 77})', params: {} },
      { text: HEAVY, params: {} },
    ]
    const error = await thrown(graph.transaction('test', steps, 300))
    expect(failureReason(error)).toBe('slow')
    expect(await graph.read('test', 'OPTIONAL MATCH (t:Thing {id: 77}) RETURN t IS NULL')).toEqual([[true]])
  })

  it('a pool that is used up: away because it is busy', async () => {
    const busy = openGraph({ ...own, database: 'neo4j' })
    // All connections are opened while nothing burdens the server: one that does not open in time would leave its place free.
    const opened = () => Promise.allSettled(Array.from({ length: 50 }, () => busy.read('test', 'RETURN 1')))
    while ((await opened()).some(({ status }) => status === 'rejected'));
    const held = Array.from({ length: 50 }, () =>
      busy.read('test', HEAVY, {}, 6_000).catch((error: unknown) => error),
    )
    const error = await thrown(busy.read('test', 'RETURN 1'))
    expect(failureKind(error)).toBe('unavailable')
    expect(failureReason(error)).toBe('busy')
    await Promise.all(held)
    await busy.close()
  }, 30_000)

  it('a driver that is closed: away', async () => {
    const closed = openGraph({ ...own, database: 'neo4j' })
    await closed.ping()
    await closed.close()
    expect(failureKind(await thrown(closed.read('test', 'RETURN 1')))).not.toBe('conflict')
  })

  it('two transactions that wait for each other: the loser is tried again, and both come out', async () => {
    const lost: string[] = []
    const observed = openGraph({
      ...own,
      database: 'neo4j',
      observe: ({ failed }) => failed !== null && lost.push(failed),
    })
    await observed.write('test', 'CREATE (:Thing {id: 11, n: 0}), (:Thing {id: 12, n: 0})')
    const step = (id: number) => ({
      text: 'MATCH (t:Thing {id: $id}) SET t.n = t.n + 1 WITH t UNWIND range(1, 50000) AS x RETURN count(x)',
      params: { id: BigInt(id) },
    })
    // Planned before: that would take most of the time in which a loser is tried again.
    await observed.transaction('test/deadlock', [step(11), step(12)])
    let rounds = 0
    for (; lost.length === 0 && rounds < 20; rounds += 1) {
      await Promise.all([
        observed.transaction('test/deadlock', [step(11), step(12)]),
        observed.transaction('test/deadlock', [step(12), step(11)]),
      ])
    }
    expect(lost).toContain('contention')
    const both = BigInt(2 * rounds + 1)
    expect(await graph.read('test', 'MATCH (t:Thing) WHERE t.id IN [11, 12] RETURN t.n')).toEqual([
      [both],
      [both],
    ])
    await observed.close()
  })

  it('what is no error of the driver: a defect', () => {
    expect(failureKind(new TypeError('x is not a function'))).toBe('defect')
    expect(failureReason(new TypeError('x is not a function'))).toBe('error')
    expect(failureKind(new GraphUnavailable('overload'))).toBe('unavailable')
    expect(failureReason(new GraphUnavailable('overload'))).toBe('overload')
  })

  it('a database that ends in between: away', async () => {
    const last = openGraph({ ...own, database: 'neo4j' })
    await last.ping()
    await own.stop()
    const error = await thrown(last.read('test', 'RETURN 1'))
    expect(error).toBeInstanceOf(GraphUnavailable)
    expect(failureReason(error)).toBe('unreachable')
    await last.close()
  }, 60_000)
})
