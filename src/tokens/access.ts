// Checks whether a token may call a route: its kind and scope, which routes/table.ts names.
import { ApiError, missingScope, unauthorized } from '../http/errors.ts'
import type { Token } from './token.ts'

/** The kind of token and the scope that a route requires. */
export type Access = { token: 'none' | 'any' | 'user' | 'app'; scope?: string }

/** Throws a 401 or 403 that says what is missing. */
export function checkAccess(access: Access, token: Token | null): void {
  if (access.token === 'none') return
  if (token === null)
    throw unauthorized('unauthorized', 'This needs a token: send "Authorization: Bearer" and the token.')
  if (access.token !== 'any' && access.token !== token.kind) {
    throw new ApiError(
      'wrong-token',
      `Forbidden: this needs ${access.token === 'app' ? 'an app' : 'a user'} token.`,
    )
  }
  if (access.scope !== undefined && !token.scopes.includes(access.scope)) throw missingScope(access.scope)
}
