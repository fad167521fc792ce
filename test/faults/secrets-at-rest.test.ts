// Promise 22: neither the database nor its files contain any part of a token or of a client's secret.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, inject, it } from 'vitest'
import { createParts } from '../../src/create-parts.ts'
import { measured } from '../support/scale.ts'
import { partsOf } from '../support/secrets.ts'
import { startTestService } from '../support/service.ts'

const service = await startTestService()
const parts = createParts(inject('neo4j'), { maxFollowing: null })
afterAll(() => parts.graph.close())
const rows = (text: string) => parts.graph.read('test', text, {}, 60_000)

it('22: neither the database nor its files contain any part of a secret', { timeout: 300_000 }, async () => {
  const [me, other] = await service.users(2)
  const client = await parts.tokens.createClient({
    name: 'a',
    link: '',
    scopes: ['basic'],
    maxFollowing: null,
  })
  const app = await service.call('POST', '/oauth/access_token', {
    form: {
      grant_type: 'client_credentials',
      client_id: client.client_id,
      client_secret: client.client_secret,
    },
  })
  expect(app.status).toBe(200)
  // Using and revoking tokens must not store them either.
  for (const token of [me!.token, app.body.access_token])
    expect((await service.call('GET', '/token', { token })).status).toBe(200)
  expect((await service.call('DELETE', '/token', { token: other!.token })).status).toBe(200)
  // The prefix of a token is not secret.
  const secrets = [
    me!.token.slice(5),
    other!.token.slice(5),
    app.body.access_token.slice(5),
    client.client_secret,
  ]
  const windows = secrets.flatMap(partsOf)

  // The search must find a user id that is stored, or it would prove nothing.
  const marked = String(me!.id)
  const text = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
  const stored = JSON.stringify(
    await rows('MATCH (n) WHERE n:Token OR n:Client OR n:User RETURN properties(n)'),
    text,
  )
  expect(stored).toContain(marked)
  expect(windows.filter((part) => stored.includes(part))).toEqual([])

  const [setting] = await rows(
    "SHOW SETTINGS YIELD name, value WHERE name = 'server.directories.data' RETURN value",
  )
  const folder = setting?.[0] as string
  let bytes = 0
  // Neo4j's transaction log contains every commit. The files of a database on another machine cannot be read.
  if (existsSync(folder)) {
    let found = false
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const content = readFileSync(join(entry.parentPath, entry.name))
      bytes += content.length
      found ||= content.includes(`"id":"${marked}"`)
      expect(
        windows.filter((part) => content.includes(part)),
        entry.name,
      ).toEqual([])
    }
    expect(found).toBe(true)
  }
  measured(
    22,
    `${windows.length} parts of ${secrets.length} secrets in ${Math.round(bytes / 2 ** 20)} MB of files and every property: none`,
  )
})
