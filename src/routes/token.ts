// The handlers of /token: show and revoke the current token.

import { type Answer, RawJson } from '../http/answer.ts'
import { ApiError } from '../http/errors.ts'
import type { Parts } from '../parts.ts'
import type { Token } from '../tokens/token.ts'
import { tokenJson } from '../tokens/view.ts'
import { showOf } from '../users/show.ts'
import { itemForm, userJson } from '../users/view.ts'
import type { Call } from './call.ts'

async function describeToken(parts: Parts, call: Call): Promise<Answer> {
  const token = call.token as Token
  const show = showOf(call.query)
  if (token.user === null) return { data: new RawJson(tokenJson(token, null)) }
  const [item] = await parts.users.fetch([token.user.id], token.user.id, itemForm(token.user, show))
  const user = item === undefined ? null : userJson(item, token.user, show)
  return { data: new RawJson(tokenJson(token, user)) }
}

/** `GET /token`. */
export const showToken = describeToken

/** `DELETE /token`: answers with the Token object of the revoked token. */
export async function revokeToken(parts: Parts, call: Call): Promise<Answer> {
  const answer = await describeToken(parts, call)
  const { hash } = call.token as Token
  if (hash === null)
    throw new ApiError('forbidden', 'Forbidden: this token is revoked where it was issued, not here.')
  await parts.tokens.revoke(hash)
  return answer
}
