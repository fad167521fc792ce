// `serve --sample`: puts the sample community into an empty graph, creates two tokens, and prints five commands to try.

import type { Config } from '../config.ts'
import { createParts } from '../create-parts.ts'
import type { Connection } from '../graph/driver.ts'
import { migrate } from '../graph/schema.ts'
import type { Parts } from '../parts.ts'
import { hasUsers, importSample } from '../transfer/seed/put-sample.ts'
import { say } from './connect.ts'
import { COMMAND_TIMEOUT_MS } from './with-parts.ts'

export type SampleToken = { user_id: string; access_token: string }

// With the timeout of a command: the service's own is too short for a database that was just started on a busy machine.
async function patiently<T>(
  config: Config,
  connection: Connection,
  work: (parts: Parts) => Promise<T>,
): Promise<T> {
  const parts = createParts(connection, config, { timeoutMs: COMMAND_TIMEOUT_MS })
  try {
    return await work(parts)
  } finally {
    await parts.graph.close()
  }
}

/** Imports the sample community if the graph has no users. */
export const putSample = (config: Config, connection: Connection): Promise<void> =>
  patiently(config, connection, async (parts) => {
    await migrate(parts.graph)
    if (await hasUsers(parts)) return
    say('Putting a sample community of 2,000 users and 40,000 follows into the empty graph …')
    await importSample(parts)
  })

/** New tokens for the sample's users 1 and 2. */
export const sampleTokens = (config: Config, connection: Connection): Promise<[SampleToken, SampleToken]> =>
  patiently(config, connection, async (parts) => [await tokenOf(parts, 1n), await tokenOf(parts, 2n)])

async function tokenOf(parts: Parts, userId: bigint): Promise<SampleToken> {
  const scopes = ['basic', 'follow', 'update_profile']
  const made = await parts.tokens.create({
    kind: 'user',
    userId,
    clientId: 'follow-graph',
    scopes,
    expiresAt: null,
  })
  if (made === null)
    throw new Error(
      'The graph is not empty and has no users 1 and 2: start without --sample, or with another --data folder.',
    )
  return { user_id: String(userId), access_token: made.text }
}

/** Prints the tokens, the link that opens the explorer signed in as user 1, and commands that can be pasted into a shell. */
export function printSample(url: string, tokens: [SampleToken, SampleToken], link: string | null): void {
  const [{ access_token: ada }, { access_token: other }] = tokens
  say(
    [
      '',
      `Two tokens: user 1   ${ada}`,
      `            user 2   ${other}`,
      '',
      ...(link === null
        ? []
        : ['In a browser, as user 1 (the link works once, within ten minutes):', '', link, '']),
      'Five lines to try:',
      '',
      `curl -s -H 'X-ADN-Pretty-JSON: 1' ${url}/stream/0/users/2`,
      `curl -s -X POST -H 'Authorization: Bearer ${ada}' ${url}/stream/0/users/2/follow`,
      `curl -s -H 'Authorization: Bearer ${ada}' '${url}/stream/0/users/me/following?count=3'`,
      `curl -s -H 'Authorization: Bearer ${other}' '${url}/stream/0/users/me/followers/ids?count=5'`,
      `curl -s -X DELETE -H 'Authorization: Bearer ${ada}' ${url}/stream/0/users/2/follow`,
      '',
    ].join('\n'),
  )
}
