// A change costs the same however long the log of changes is: no statement that writes walks its entries.
import neo4j, { type ProfiledPlan } from 'neo4j-driver'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { loadQueries } from '../../src/graph/queries.ts'
import { CHANGE_KINDS, changeStatement } from '../../src/relations/changes.ts'
import { patiently, untilAnswered } from '../support/patiently.ts'
import { startTestService } from '../support/service.ts'

// More entries than any of these statements has rows otherwise.
const ENTRIES = 60
const FEW_ROWS = 30

const service = await startTestService()
const { uri, username, password, database } = inject('neo4j')
const driver = neo4j.driver(uri, neo4j.auth.basic(username, password), { telemetryDisabled: true })
afterAll(() => driver.close())

// One change after the other: an entry each.
beforeAll(async () => {
  const [me, other] = await patiently(() => service.users(2))
  for (let n = 0; n < ENTRIES; n += 1) {
    const method = n % 2 === 0 ? 'POST' : 'DELETE'
    const ask = () => service.call(method, `/users/${other?.id}/follow`, { token: me?.token ?? '' })
    expect((await untilAnswered(ask)).status).toBe(200)
  }
}, 120_000)

const rowsIn = (plan: ProfiledPlan): [operator: string, rows: number][] => [
  [plan.operatorType, Number(plan.rows)],
  ...plan.children.flatMap(rowsIn),
]

/** The operators of a statement with more rows than a few, when it is run for nothing and undone. */
async function busy(statement: string): Promise<[string, number][]> {
  const session = driver.session({ database })
  const transaction = session.beginTransaction()
  try {
    const batch = { rows: [], tokens: [], annotations: false, begins: true }
    const { summary } = await transaction.run(`PROFILE ${statement}`, { batch })
    return rowsIn(summary.profile as ProfiledPlan).filter(([, rows]) => rows > FEW_ROWS)
  } finally {
    await transaction.rollback()
    await session.close()
  }
}

const queries = loadQueries()
const STATEMENTS: [string, string][] = [
  ...CHANGE_KINDS.map((kind): [string, string] => [kind, changeStatement(queries, kind)]),
  ['tokens/create', queries.get('tokens/create').statement],
]
it.each(STATEMENTS)(
  '%s',
  async (_, statement) => {
    expect(await busy(statement)).toEqual([])
  },
  120_000,
)
