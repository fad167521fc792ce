// The API's description against the running service: Schemathesis sends what the description allows and forbids, with all its checks on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { ROUTES } from '../../src/routes/table.ts'
import { startFollowGraph } from '../../src/testing.ts'
import { fetched, run } from './tools.ts'

// Requests are made up, deletions of users among them: that needs a graph of its own, whatever NEO4J_URI says.
const graph = await startFollowGraph({
  settings: { NEO4J_URI: '', NEO4J_USERNAME: '', NEO4J_PASSWORD: '', MAX_FOLLOWING: '5' },
})
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'follow-graph-schemathesis-'))
afterAll(async () => {
  await graph.stop()
  rmSync(scratch, { recursive: true, force: true })
})

// The fuzzer deletes users that it names by small ids: the token's own user stays.
const user = await graph.createUser({
  id: 8_000_000_007n,
  username: 'ann',
  description: 'Hi @bo, see App.net #api',
})
for (const username of ['bo', 'cy', 'di']) {
  const other = await graph.createUser({ username })
  await graph.follow(user, other)
  await graph.follow(other, user)
}

// A new database plans each query when it first sees it, which on a busy machine takes longer than the service waits (503).
const token = await graph.tokenFor(user)
for (const { methods, path } of ROUTES.filter(
  ({ name, answers }) =>
    !['put-me', 'access-token', 'delete-token'].includes(name) && answers !== 'EventStream',
)) {
  for (const method of methods) {
    const target = `${graph.url}${path.replace(':user_id', method === 'GET' ? 'me' : '999')}?ids=1&source=1&targets=2`
    const headers = { Authorization: `Bearer ${token}` }
    for (let tries = 0; tries < 5 && (await fetch(target, { method, headers })).status === 503; tries += 1);
  }
}

/** Runs the fuzzer with one token and answers what it printed; the seed makes a run repeatable. */
async function fuzz(token: string, args: string[]): Promise<{ status: number | null; output: string }> {
  const config = ['--config-file', here('schemathesis.toml'), '--no-color']
  const auth = ['--header', `Authorization: Bearer ${token}`]
  const fixed = ['--checks', 'all', '--seed', '20', '--warnings', 'off', '--request-timeout', '10']
  return run(
    fetched('bin/schemathesis'),
    [...config, 'run', `${graph.url}/openapi.json`, ...fixed, ...auth, ...args],
    scratch,
    {
      SCHEMATHESIS_HOOKS: here('schemathesis_hooks.py'),
    },
  )
}

const EXAMPLES = ['--max-examples', '8']
// It ends the token, so it comes last and by itself.
const REVOKE = 'deleteToken'
// What has no end cannot be waited for.
const STREAMS = ['eventsStream', 'myEventsStream', 'streamEvents']

describe('Schemathesis finds nothing', () => {
  it.each([
    ['with a user token', () => graph.tokenFor(user)],
    ['with an app token', () => graph.appToken(['basic', 'provision', 'events'])],
  ])(
    '%s',
    async (_, tokenOf) => {
      const { status, output } = await fuzz(await tokenOf(), [
        ...EXAMPLES,
        ...[REVOKE, ...STREAMS].flatMap((id) => ['--exclude-operation-id', id]),
      ])
      expect(output).toMatch(/\d+ passed/)
      expect(status, output).toBe(0)
    },
    300_000,
  )

  it('when the token is revoked', async () => {
    const { status, output } = await fuzz(await graph.tokenFor(user), ['--include-operation-id', REVOKE])
    expect(status, output).toBe(0)
  }, 60_000)
})
