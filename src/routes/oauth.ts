// The handler of POST oauth/access_token, whose answers are bare, without the envelope.
import { type Answer, RawJson } from '../http/answer.ts'
import type { Parts } from '../parts.ts'
import { clientNamed, type GrantRequest, grant } from '../tokens/oauth.ts'
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

/** The answer that holds a new token: bare, never compressed and never stored. `token` is its JSON; `expiresIn` in seconds, null for ever. */
export function accessToken(text: string, token: string, expiresIn: number | null): Answer {
  const expires = expiresIn === null ? '' : `"expires_in":${expiresIn},`
  return {
    data: new RawJson(`{"access_token":"${text}","token_type":"Bearer",${expires}"token":${token}}`),
    bare: true,
    secret: true,
    headers: { 'Cache-Control': 'no-store', Pragma: 'no-cache' },
  }
}

/** The client whose secret a call tries, as it was sent; empty where it names none. */
export const clientTried = (call: Call): string => clientNamed(requestOf(call))
