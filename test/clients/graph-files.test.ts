// `export --graph` read by the programs that analysts use: networkx reads GraphML and GEXF, DuckDB and pandas read Parquet.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, inject, it } from 'vitest'
import { exportFiles } from '../../src/commands/export.ts'
import { readConfig } from '../../src/config.ts'
import { createParts } from '../../src/create-parts.ts'
import { startTestService } from '../support/service.ts'
import { fetched, run } from './tools.ts'

const service = await startTestService()
const { uri, password } = inject('neo4j')
const config = readConfig({ NEO4J_URI: uri, NEO4J_PASSWORD: password })
const parts = createParts(service.neo4j, config)
const folder = mkdtempSync(join(tmpdir(), 'follow-graph-files-'))
afterAll(async () => {
  await parts.graph.close()
  rmSync(folder, { recursive: true })
})

const cypher = async (text: string) => {
  const rows = await parts.graph.read('test', text, {}, 60_000)
  return rows.map((row) => row.map((value) => (typeof value === 'bigint' ? String(value) : value)))
}

it('networkx, DuckDB and pandas find every user and every follow', { timeout: 120_000 }, async () => {
  const [ada, bo] = [await service.user({ name: 'Ada "<&>" 🐙\nLovelace' }), await service.user()]
  await service.follow(ada.id, bo.id)
  const names = ['g.graphml', 'g.gexf', 'z.graphml.gz', 'g.parquet'].map((name) => join(folder, name))
  for (const graph of names) expect(await exportFiles(config, { data: 'unused', graph })).toBe(0)
  const files = [...names.slice(0, 3), join(folder, 'g.users.parquet'), join(folder, 'g.follows.parquet')]
  const script = fileURLToPath(new URL('graph_files.py', import.meta.url))
  const { status, output } = await run(fetched('bin/python'), [script, ...files], folder)
  expect(status, output).toBe(0)
  const [graphml, gexf, gzipped, users, pandasUsers, follows, pandasFollows] = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const nodes = await cypher(
    'MATCH (u:User) RETURN u.id, u.username, u.name, COUNT { (u)-[:FOLLOWS]->() }, COUNT { (u)<-[:FOLLOWS]-() } ORDER BY u.id',
  )
  const edges = await cypher(
    "MATCH (a)-[f:FOLLOWS]->(b) RETURN f.id, a.id, b.id, 'FOLLOWS', toString(f.followed_at) ORDER BY f.id",
  )
  expect([nodes.length >= 2, edges.length >= 1]).toEqual([true, true])
  expect(graphml).toEqual([true, nodes, edges])
  expect(gexf).toEqual(graphml)
  expect(gzipped).toEqual(graphml)
  expect(users).toEqual(nodes)
  expect(follows).toEqual(edges)
  expect([pandasUsers, pandasFollows]).toEqual([users, follows])
})
