// A user with the id of a deleted one whose deletion was interrupted: whoever creates it, it gets none of the relationships and tokens that were left.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, inject, it, vi } from 'vitest'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import { openGraph } from '../../src/graph/graph.ts'
import { loadQueries } from '../../src/graph/queries.ts'
import { startTestService } from '../support/service.ts'

// A new database plans each statement first.
vi.setConfig({ testTimeout: 60_000 })
const service = await startTestService()
const app = await service.appToken()
const { uri, password } = inject('neo4j')
const graph = openGraph(inject('neo4j'))
const folder = mkdtempSync(join(tmpdir(), 'unfinished-deletion-'))
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await graph.close()
})

const GONE = 'MATCH (u:User {id: $id}) REMOVE u:User, u.username_key SET u:Gone'
const take = (kind: 'users' | 'follows', text: string) => {
  const file = join(folder, `${kind}.csv`)
  writeFileSync(file, text)
  return importFiles(readConfig({ NEO4J_URI: uri, NEO4J_PASSWORD: password }), {
    data: 'unused',
    [kind]: file,
  })
}

it.each([
  [
    'PUT users/{id}',
    (id, username) => service.call('PUT', `/users/${id}`, { token: app, json: { username } }),
  ],
  ['createUser of the kit', (id, username) => service.createUser({ id, username })],
  ['an import of users', (id, username) => take('users', `id,username\n${id},${username}\n`)],
  ['an import of follows', (id, _, other) => take('follows', `follower_id,followee_id\n${id},${other}\n`)],
] as [string, (id: string, username: string, other: string) => Promise<unknown>][])(
  '%s',
  async (_, create) => {
    const [old, fan, star, other] = await service.users(4)
    await service.follow(fan!, old!)
    await service.follow(old!, star!)
    // As a service leaves it that was killed in the middle.
    await graph.write('test/gone', GONE, { id: BigInt(old!.id) }, 60_000)
    await create(old!.id, old!.username, other!.id)
    expect((await service.call('GET', '/token', { token: old!.token })).status).toBe(401)
    const { data } = (await service.call('GET', `/users/${old!.id}`)).body
    expect(data.counts.followers).toBe(0)
    const following = await service.call('GET', `/users/${old!.id}/following/ids`, { token: app })
    expect(following.body.data).not.toContain(star!.id)
    expect((await service.call('GET', `/users/${fan!.id}`)).body.data.counts.following).toBe(0)
    expect((await service.call('GET', `/users/${star!.id}`)).body.data.counts.followers).toBe(0)
    const nodes = 'MATCH (n) WHERE (n:User OR n:Gone) AND n.id = $id RETURN labels(n)'
    expect(await graph.read('test/nodes', nodes, { id: BigInt(old!.id) }, 60_000)).toEqual([[['User']]])
  },
)

it('thousands of tokens are deleted in steps, none is valid after the first, and those of others stay', async () => {
  const [user, other] = await service.users(2)
  const id = BigInt(user!.id)
  const more = `UNWIND range(1, 2500) AS n
CREATE (:Token {hash: $id + ' ' + n, kind: 'user', user_id: $id, client_id: 'follow-graph', scopes: ['basic']})`
  await graph.write('test/tokens', more, { id }, 60_000)
  const queries = loadQueries()
  const { statement } = queries.get('users/depart')
  await graph.write('users/depart', statement, { id }, 60_000)
  expect((await service.call('GET', '/token', { token: user!.token })).status).toBe(401)
  const left = () =>
    graph.read('test/tokens', 'MATCH (t:Token {user_id: $id}) RETURN count(t)', { id }, 60_000)
  expect(await left()).toEqual([[2501n]])
  // A repeat finishes the deletion.
  expect((await service.call('DELETE', `/users/${id}`, { token: app })).status).toBe(200)
  expect(await left()).toEqual([[0n]])
  expect((await service.call('GET', '/token', { token: other!.token })).status).toBe(200)
})
