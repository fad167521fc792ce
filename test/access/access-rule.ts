// Who may call what, as docs/api.md says it: written from that page, independently of the service's code.

/** What a route asks for, as the route table declares it. */
export type Needs = { token: 'none' | 'any' | 'user' | 'app'; scope?: string }
export type Operation = { method: string; path: string; needs: Needs }

/** What was sent as a token: nothing, something that is always refused with this answer, or a valid token. */
export type Sent =
  | { token: 'none' }
  | { token: 'refused'; answer: string }
  | { token: 'user' | 'app'; scopes: string[]; issuer: 'us' | 'another' }

/** Which user a call names: the token's user by id or as `me`, another user, one who hides lists, one that does not exist, or none. */
export const SUBJECTS = ['own', 'me', 'other', 'hidden', 'unknown', '-'] as const
export type Subject = (typeof SUBJECTS)[number]

/** Status and slug of an answer; a success has no slug. */
export function expected({ method, path, needs }: Operation, sent: Sent, subject: Subject): string {
  // Its errors are those of RFC 6749, without a slug.
  if (sent.token === 'refused')
    return path === '/oauth/access_token' ? sent.answer.replace(/^400 .*/, '400') : sent.answer
  if (sent.token === 'none') {
    if (needs.token !== 'none' || subject === 'me') return '401 unauthorized'
  } else {
    if ((needs.token === 'user' || needs.token === 'app') && needs.token !== sent.token)
      return '403 wrong-token'
    if (needs.scope !== undefined && !sent.scopes.includes(needs.scope)) return '403 missing-scope'
    if (subject === 'me' && sent.token === 'app') return '403 wrong-token'
  }
  const oneself = subject === 'own' || subject === 'me'
  // The private lists of other users are refused before it is known whether those users exist.
  if (/\/(muted|blocked)$/.test(path) && sent.token === 'user' && !oneself) return '403 forbidden'
  // Nobody has requested anything here.
  const answersRequest = path === '/users/me/requests/:user_id'
  if (answersRequest && subject !== 'unknown') return '404 not-requested'
  if (subject === 'unknown' && !forgiving(method, path)) return '404 not-found'
  if (subject === 'hidden' && HIDEABLE.test(path)) {
    const mayRead = sent.token === 'app' && sent.scopes.includes('provision')
    if (!mayRead) return '403 list-hidden'
  }
  if (oneself && /\/(follow|mute|block)$/.test(path) && method !== 'DELETE') return '400 self-follow'
  if (path === '/token' && method === 'DELETE' && sent.token !== 'none' && sent.issuer === 'another')
    return '403 forbidden'
  return '200'
}

// The lists that a user can hide: all but the private ones and the followers that the caller knows.
const HIDEABLE =
  /\/(following|followers|following\/ids|followers\/ids|mutuals|followers\/unreciprocated|following\/unreciprocated)$/

// Routes where an unknown user is not a failure: lists leave it out, a bulk request reports it, the account system creates it.
const forgiving = (method: string, path: string): boolean =>
  ['/users', '/follows', '/users/me/requests'].includes(path) ||
  (method === 'PUT' && path === '/users/:user_id')
