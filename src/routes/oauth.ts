// The handler of POST oauth/access_token, whose answers have no envelope.
import { type Answer, RawJson } from '../http/answer.ts'
import type { Parts } from '../parts.ts'
import { clientIdOf, type GrantRequest, grant } from '../tokens/oauth.ts'
import { tokenJson } from '../tokens/view.ts'
import type { Call } from './call.ts'

const requestOf = ({ body, headers }: Call): GrantRequest => ({
  body,
  authorization: headers.authorization as string | undefined,
})

/** `POST /oauth/access_token`. */
export async function grantToken({ tokens }: Parts, call: Call): Promise<Answer> {
  const { text, token } = await grant(tokens, requestOf(call))
  return accessToken(text, tokenJson(token, null), null)
}

/** The answer with a new token: no envelope, not compressed, not cached. `token` is the Token object as JSON; `expiresIn` in seconds, null for never. */
export function accessToken(text: string, token: string, expiresIn: number | null): Answer {
  const expires = expiresIn === null ? '' : `"expires_in":${expiresIn},`
  return {
    data: new RawJson(`{"access_token":"${text}","token_type":"Bearer",${expires}"token":${token}}`),
    bare: true,
    secret: true,
    headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' },
  }
}

/** The client id of a call, for the limit on wrong secrets; empty if it has none. */
export const clientIdOfCall = (call: Call): string => clientIdOf(requestOf(call))
