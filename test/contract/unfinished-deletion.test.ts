// A user with the id of a deleted one whose deletion was interrupted: whoever creates it, it gets none of the relationships that were left.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, inject, it, vi } from 'vitest'
import { importFiles } from '../../src/commands/import.ts'
import { readConfig } from '../../src/config.ts'
import { openGraph } from '../../src/graph/graph.ts'
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
