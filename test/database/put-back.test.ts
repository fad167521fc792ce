// The database is put back to an older state while a service runs, as from a backup: requests are answered again.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openGraph } from '../../src/graph/graph.ts'
import { startFollowGraph } from '../../src/testing.ts'
import { startIdentityProvider } from '../support/identity-provider.ts'
import { startJavaDatabase } from '../support/java-database.ts'

const folder = mkdtempSync(join(tmpdir(), 'follow-graph-put-back-'))
const [data, copy] = [join(folder, 'data'), join(folder, 'copy')]
const idp = await startIdentityProvider()
await idp.reset()
let database = await startJavaDatabase(data)
const { uri, username, password } = database
const neo4j = { uri, username, password, database: 'neo4j' }
const kit = await startFollowGraph({
  neo4j,
  settings: { JWT_ISSUER: idp.issuer, JWT_AUDIENCE: 'follow-graph', PLAN_AHEAD: 'off' },
})
const routed = openGraph({ ...neo4j, uri: uri.replace('bolt:', 'neo4j:') })
afterAll(async () => {
  await kit.stop()
  await routed.close()
  await database.stop()
  idp.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
}, 60_000)

it('with a JWT, and with a neo4j:// address', { timeout: 240_000 }, async () => {
  const user = await kit.createUser()
  const token = await kit.tokenFor(user)
  const jwt = await idp.sign({ sub: user.id, exp: Math.floor(Date.now() / 1000) + 900 })
  const status = async (text: string) =>
    (await fetch(`${kit.url}/token`, { headers: { Authorization: `Bearer ${text}` } })).status
  const write = () =>
    routed.write('test', 'MERGE (n:Note) SET n.at = timestamp() RETURN 1').catch(() => 'failed')
  const poll = { timeout: 60_000, interval: 500 }

  await database.stop()
  cpSync(data, copy, { recursive: true })
  database = await startJavaDatabase(data)
  await expect.poll(() => status(token), poll).toBe(200)
  await expect.poll(write, poll).toEqual([[1n]])
  for (let n = 0; n < 30; n += 1) await kit.createUser()
  await write()
  expect([await status(token), await status(jwt)]).toEqual([200, 200])

  await database.stop()
  rmSync(data, { recursive: true })
  cpSync(copy, data, { recursive: true })
  database = await startJavaDatabase(data)
  // With a JWT only: a request with another token would poll the log.
  await expect.poll(() => status(jwt), poll).toBe(200)
  await expect.poll(write, poll).toEqual([[1n]])
})
