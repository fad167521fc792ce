// Knows the handlers of /token: what the current token is, and how it is revoked.
import type { Api } from '../api.ts'
import { type Answer, RawJson } from '../http/answer.ts'
import type { Call } from '../http/call.ts'
import { ApiError } from '../http/errors.ts'
import { showOf } from '../users/show.ts'
import { itemForm, userJson } from '../users/view.ts'
import type { Token } from './token.ts'

// Files are another part of the platform; the number is what App.net's clients expect to find.
const MAX_FILE_SIZE = 10_000_000

/** The Token object as JSON text; `user` is the User's JSON text where it acts for one. */
export function tokenJson(token: Token, user: string | null): string {
  const parts = {
    app: { client_id: token.app.client_id, link: token.app.link, name: token.app.name },
    scopes: token.scopes,
    limits: {
      following: token.maxFollowing === null ? null : Number(token.maxFollowing),
      max_file_size: MAX_FILE_SIZE,
    },
  }
  const text = JSON.stringify(parts)
  return user === null ? text : `${text.slice(0, -1)},"user":${user}}`
}

async function describeToken(api: Api, call: Call): Promise<Answer> {
  const token = call.token as Token
  const show = showOf(call.query)
  if (token.user === null) return { data: new RawJson(tokenJson(token, null)) }
  const [item] = await api.users.fetch([token.user.id], token.user.id, itemForm(token.user, show))
  const user = item === undefined ? null : userJson(item, token.user, show)
  return { data: new RawJson(tokenJson(token, user)) }
}

/** `GET /token`. */
export const showToken = describeToken

/** `DELETE /token`: answers the Token object that was. */
export async function revokeToken(api: Api, call: Call): Promise<Answer> {
  const answer = await describeToken(api, call)
  const { hash } = call.token as Token
  if (hash === null)
    throw new ApiError('forbidden', 'Forbidden: this token is revoked where it was issued, not here.')
  await api.tokens.revoke(hash)
  return answer
}
