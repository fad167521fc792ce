// The API's description against the running service: Schemathesis sends what the description allows and forbids, with all its checks on.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { startFollowGraph } from '../../src/testing.ts'
import { fetched, run } from './tools.ts'

// Requests are made up, deletions of users among them: that needs a graph of its own, whatever NEO4J_URI says.
const graph = await startFollowGraph({
  settings: { NEO4J_URI: '', NEO4J_USERNAME: '', NEO4J_PASSWORD: '', MAX_FOLLOWING: '5' },
})
const scratch = mkdtempSync(join(tmpdir(), 'follow-graph-schemathesis-'))
afterAll(async () => {
  await graph.stop()
  rmSync(scratch, { recursive: true, force: true })
})

const user = await graph.createUser({ username: 'ann', description: 'Hi @bo, see App.net #api' })
for (const username of ['bo', 'cy', 'di']) {
  const other = await graph.createUser({ username })
  await graph.follow(user, other)
  await graph.follow(other, user)
}

/** Runs the fuzzer with one token (or none) and answers what it printed; the seed makes a run repeatable. */
async function fuzz(token: string | null, args: string[]): Promise<{ status: number | null; output: string }> {
  const auth = token === null ? [] : ['--header', `Authorization: Bearer ${token}`]
  const fixed = ['--checks', 'all', '--seed', '20', '--no-color', '--warnings', 'off', '--request-timeout', '10']
  return run(
    fetched('bin/schemathesis'),
    ['run', `${graph.url}/openapi.json`, ...fixed, ...auth, ...args],
    scratch,
  )
}

const EXAMPLES = ['--max-examples', '8']
// It ends the token, so it comes last and by itself.
const REVOKE = 'deleteToken'

describe('Schemathesis finds nothing', () => {
  it.each([
    ['with a user token', () => graph.tokenFor(user)],
    ['with an app token', () => graph.appToken()],
  ])(
    '%s',
    async (_, tokenOf) => {
      const { status, output } = await fuzz(await tokenOf(), [...EXAMPLES, '--exclude-operation-id', REVOKE])
      expect(output).toMatch(/\d+ passed/)
      expect(status, output).toBe(0)
    },
    180_000,
  )

  it('when the token is revoked', async () => {
    const { status, output } = await fuzz(await graph.tokenFor(user), ['--include-operation-id', REVOKE])
    expect(status, output).toBe(0)
  }, 60_000)
})
