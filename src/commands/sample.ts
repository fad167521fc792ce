// `serve --sample`: puts the sample community into an empty graph, creates two tokens, and prints five commands to try.

import type { Config } from '../config.ts'
import { createParts } from '../create-parts.ts'
import type { Connection } from '../graph/driver.ts'
import { migrate } from '../graph/schema.ts'
import type { Parts } from '../parts.ts'
import { hasUsers, importSample } from '../transfer/seed/put-sample.ts'
import { say } from './connect.ts'

export type SampleToken = { user_id: string; access_token: string }

/** Imports the sample community if the graph has no users. */
export async function putSample(config: Config, connection: Connection): Promise<void> {
  const parts = createParts(connection, config)
  try {
    await migrate(parts.graph)
    if (await hasUsers(parts)) return
    say('Putting a sample community of 2,000 users and 40,000 follows into the empty graph …')
    await importSample(parts)
  } finally {
    await parts.graph.close()
  }
}

/** New tokens for the sample's users 1 and 2. */
export async function sampleTokens(parts: Parts): Promise<SampleToken[]> {
  const token = async (userId: bigint) => {
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
  return [await token(1n), await token(2n)]
}

/** Prints the tokens and commands that can be pasted into a shell. */
export function printSample(url: string, tokens: SampleToken[]): void {
  const [ada, other] = tokens.map((token) => token.access_token)
  say(
    [
      '',
      `Two tokens: user 1   ${ada}`,
      `            user 2   ${other}`,
      '',
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
