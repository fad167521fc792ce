// Knows the whole API: one line a route. Router, access, OpenAPI, documentation and tests are made from this table.
import type { Api } from './api.ts'
import type { Answer } from './http/answer.ts'
import type { Call } from './http/call.ts'
import { changeFollows, FOLLOWS, writesOf } from './relations/bulk.ts'
import { change, ids, list } from './relations/handlers.ts'
import { showRelationships } from './relations/relationships.ts'
import { showSuggestions } from './relations/suggestions.ts'
import type { Access } from './tokens/access.ts'
import { revokeToken, showToken } from './tokens/handlers.ts'
import { clientNamed, grantToken } from './tokens/oauth.ts'
import { PATCH_ME, PUT_ME, PUT_USER } from './users/fields.ts'
import { deprovisionUser, provisionUser, showUser, showUsers, writeMe } from './users/handlers.ts'
import { parseReference } from './users/reference.ts'

/** The documented base; every route answers without it, too. */
export const PREFIX = '/stream/0'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What the `data` of an answer holds; names a schema of openapi.ts. */
export type Answers =
  | 'User'
  | 'Users'
  | 'Page'
  | 'Ids'
  | 'Token'
  | 'AccessToken'
  | 'Relationships'
  | 'Outcomes'
  | 'Suggestions'

export type Route = {
  name: string
  methods: Method[]
  path: string
  access: Access
  handler: (api: Api, call: Call) => Promise<Answer>
  about: string
  answers: Answers
  /** Query parameters of its own, beside the general ones that `answers` implies. */
  query?: string[]
  /** The JSON schema of its body; where there is none, a body may still carry access_token. */
  body?: object
  /** Media types of the body; JSON and forms by default. */
  accepts?: ('json' | 'form')[]
  /** Which paths of the pattern are meant; others are no route. */
  only?: (params: Record<string, string>) => boolean
  /** Whether a path of the pattern is this route at all; where it is not, the other routes of that path stand alone. */
  matches?: (params: Record<string, string>) => boolean
  /** Names the client whose secret the call tries; too many wrong ones and it has to wait. */
  guesses?: (call: Call) => string
  /** Counts as so many writes by its body; by default a method other than GET is one. */
  writes?: (call: Call) => number
}

const NONE: Access = { token: 'none' }
const ANY: Access = { token: 'any' }
const USER: Access = { token: 'user' }
const FOLLOW: Access = { token: 'user', scope: 'follow' }
const PROFILE: Access = { token: 'user', scope: 'update_profile' }
const PROVISION: Access = { token: 'app', scope: 'provision' }
// /users/me/followers/ids and its like are lists, not followers.
const named = (params: Record<string, string>) => parseReference(params.user_id ?? '') !== null
const number = (params: Record<string, string>) => /^\d+$/.test(params.user_id ?? '')

/** Whether what the route asks of the graph proves the caller's token on the way (tokens/recall.ts). */
export const provesToken = ({ access, answers }: Route): boolean =>
  answers === 'Page' || (access === FOLLOW && answers === 'User')

const write = (
  name: string,
  methods: Method[],
  path: string,
  access: Access,
  handler: Route['handler'],
  answers: Answers,
  about: string,
  more: Partial<Route> = {},
): Route => ({
  name,
  methods,
  path,
  access,
  handler,
  answers,
  about,
  ...more,
})
const get = (
  name: string,
  path: string,
  access: Access,
  handler: Route['handler'],
  answers: Answers,
  about: string,
  more: Partial<Route> = {},
): Route => write(name, ['GET'], path, access, handler, answers, about, more)

// biome-ignore format: one line a route
export const ROUTES: Route[] = [
  write('follow', ['POST', 'PUT'], '/users/:user_id/follow', FOLLOW, change('follow'), 'User', 'Follow a user.'),
  write('unfollow', ['DELETE'], '/users/:user_id/follow', FOLLOW, change('unfollow'), 'User', 'Stop following a user.'),
  get('following', '/users/:user_id/following', ANY, list('following'), 'Page', 'Users that the user follows.'),
  get('followers', '/users/:user_id/followers', ANY, list('followers'), 'Page', 'Users that follow the user.'),
  get('following-ids', '/users/:user_id/following/ids', ANY, ids('following'), 'Ids', 'Every id that the user follows.'),
  get('followers-ids', '/users/:user_id/followers/ids', ANY, ids('followers'), 'Ids', 'Every id that follows the user.'),

  get('mutuals', '/users/:user_id/mutuals', ANY, list('mutuals'), 'Page', 'Users that the user follows and is followed by.'),
  get('followers-known', '/users/:user_id/followers/known', USER, list('followers-known'), 'Page', 'Followers of the user whom the caller follows; meta.total counts them all.'),
  get('followers-unreciprocated', '/users/:user_id/followers/unreciprocated', ANY, list('followers-unreciprocated'), 'Page', 'Followers whom the user does not follow.'),
  get('following-unreciprocated', '/users/:user_id/following/unreciprocated', ANY, list('following-unreciprocated'), 'Page', 'Users that the user follows and who do not follow back.'),
  get('relationships', '/relationships', ANY, showRelationships, 'Relationships', 'What stands between one user and up to 200 others.', { query: ['source', 'targets'] }),
  get('suggestions', '/users/me/suggestions', USER, showSuggestions, 'Suggestions', 'Whom the caller might follow, ranked by how many of those followed follow them.', { query: ['count'] }),
  write('remove-follower', ['DELETE'], '/users/me/followers/:user_id', FOLLOW, change('remove-follower'), 'User', 'Remove a follower without a block.', { matches: named }),
  write('follows', ['POST'], '/follows', FOLLOW, changeFollows, 'Outcomes', 'Follow and unfollow up to 200 users in one transaction.', { body: FOLLOWS, accepts: ['json'], writes: writesOf }),

  write('mute', ['POST', 'PUT'], '/users/:user_id/mute', FOLLOW, change('mute'), 'User', 'Mute a user.'),
  write('unmute', ['DELETE'], '/users/:user_id/mute', FOLLOW, change('unmute'), 'User', 'Unmute a user.'),
  write('block', ['POST', 'PUT'], '/users/:user_id/block', FOLLOW, change('block'), 'User', 'Block a user; ends following both ways.'),
  write('unblock', ['DELETE'], '/users/:user_id/block', FOLLOW, change('unblock'), 'User', 'Unblock a user.'),
  get('muted', '/users/:user_id/muted', ANY, list('muted', { at: 'muted_at', own: true }), 'Page', 'Users that the user mutes: own list, or an app token.'),
  get('blocked', '/users/:user_id/blocked', ANY, list('blocked', { at: 'blocked_at', own: true }), 'Page', 'Users that the user blocks: own list, or an app token.'),

  write('put-me', ['PUT'], '/users/me', PROFILE, writeMe(true), 'User', 'Replace the own profile.', { body: PUT_ME, accepts: ['json'] }),
  write('patch-me', ['PATCH'], '/users/me', PROFILE, writeMe(false), 'User', 'Change parts of the own profile.', { body: PATCH_ME, accepts: ['json'] }),
  get('user', '/users/:user_id', NONE, showUser, 'User', 'One user.'),
  get('users', '/users', ANY, showUsers, 'Users', 'Up to 200 users, in the order asked.', { query: ['ids'] }),
  write('put-user', ['PUT'], '/users/:user_id', PROVISION, provisionUser, 'User', 'Create or replace a user (account system).', { body: PUT_USER, accepts: ['json'], only: number }),
  write('delete-user', ['DELETE'], '/users/:user_id', PROVISION, deprovisionUser, 'User', 'Delete a user and every relationship of theirs (account system).', { only: number }),

  get('token', '/token', ANY, showToken, 'Token', 'The current token.'),
  write('delete-token', ['DELETE'], '/token', ANY, revokeToken, 'Token', 'Revoke the current token.'),
  write('access-token', ['POST'], '/oauth/access_token', NONE, grantToken, 'AccessToken', 'An app token for client credentials (OAuth 2.0).', { accepts: ['form'], guesses: clientNamed }),
]
