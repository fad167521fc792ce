// The handlers of users/{id}/tokens, with which the platform's login creates a user token and revokes all tokens of a user.
import type { Answer } from '../http/answer.ts'
import { badRequest } from '../http/errors.ts'
import type { Parts } from '../parts.ts'
import { mintRequest } from '../tokens/mint.ts'
import type { Token } from '../tokens/token.ts'
import { tokenJson } from '../tokens/view.ts'
import { showOf } from '../users/show.ts'
import { noSuchUser } from '../users/users.ts'
import { userJson } from '../users/view.ts'
import type { Call } from './call.ts'
import { accessToken } from './oauth.ts'
import { provisionedId } from './users.ts'

/** `POST users/{id}/tokens`: an answer without envelope, like that of oauth/access_token; errors have the envelope. */
export async function mintToken(parts: Parts, call: Call): Promise<Answer> {
  const userId = provisionedId(call)
  const { scopes, expiresIn, expiresAt, clientId } = mintRequest(call.body)
  const show = showOf(call.query)
  const made = await parts.tokens.create({
    kind: 'user',
    userId,
    clientId: clientId ?? (call.token as Token).app.client_id,
    scopes,
    expiresAt,
  })
  const [item] = await parts.users.fetch([userId], null, { viewer: false, annotations: show.annotations })
  if (item === undefined) throw noSuchUser()
  if (made === null)
    throw badRequest('the field client_id names no app; register it, or leave the field out.')
  return accessToken(made.text, tokenJson(made.token, userJson(item, null, show)), expiresIn)
}

/** `DELETE users/{id}/tokens`: answers with the number of tokens that were revoked. */
export async function revokeTokens(parts: Parts, call: Call): Promise<Answer> {
  const revoked = await parts.tokens.revokeAll(provisionedId(call))
  if (revoked === null) throw noSuchUser()
  return { data: { revoked } }
}
