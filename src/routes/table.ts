// The table of all routes, one line each. Routing, access checks, OpenAPI, documentation and tests use it.

import type { Access } from '../tokens/access.ts'
import { POST_TOKEN } from '../tokens/mint.ts'
import { PATCH_ME, PATCH_USER, PUT_ME, PUT_USER } from '../users/fields.ts'
import { parseReference } from '../users/reference.ts'
import { PATCH_WEBHOOK, POST_WEBHOOK } from '../webhooks/fields.ts'
import { listEvents, streamOfEvents } from './events.ts'
import { FOLLOWS, REQUESTS } from './follows.ts'
import { moveFollowers, POST_MOVE } from './moves.ts'
import { clientIdOfCall, grantToken } from './oauth.ts'
import { change, ids, list } from './relations.ts'
import { showRelationships } from './relationships.ts'
import type { Answers, Handler, Method, Route } from './route.ts'
import { searchUsers } from './search.ts'
import { connectStream, createStream, deleteStream, listStreams, STREAM, showStream } from './streams.ts'
import { showSuggestions } from './suggestions.ts'
import { revokeToken, showToken } from './token.ts'
import { mintToken, revokeTokens } from './user-tokens.ts'
import { deprovisionUser, patchUser, provisionUser, showUser, showUsers, writeMe } from './users.ts'
import { changeWebhook, deleteWebhook, listWebhooks, registerWebhook, showWebhook } from './webhooks.ts'

const NONE: Access = { token: 'none' }
const ANY: Access = { token: 'any' }
const USER: Access = { token: 'user' }
const FOLLOW: Access = { token: 'user', scope: 'follow' }
const PROFILE: Access = { token: 'user', scope: 'update_profile' }
const PROVISION: Access = { token: 'app', scope: 'provision' }
const EVENTS: Access = { token: 'app', scope: 'events' }
const WAITS = { waits: true }
const SORTED = { query: ['sort', 'cursor'] }
// Not for /users/me/followers/ids and similar paths, which are lists.
const named = (params: Record<string, string>) => parseReference(params.user_id ?? '') !== null
const number = (params: Record<string, string>) => /^\d+$/.test(params.user_id ?? '')

type Rest = [access: Access, handler: Handler, answers: Answers, about: string, more?: Partial<Route>]
const write = (
  name: string,
  methods: Method[],
  path: string,
  ...[access, handler, answers, about, more = {}]: Rest
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
const get = (name: string, path: string, ...rest: Rest): Route => write(name, ['GET'], path, ...rest)

// biome-ignore format: one line a route
export const ROUTES: Route[] = [
  write('follow', ['POST', 'PUT'], '/users/:user_id/follow', FOLLOW, change('follow'), 'User', 'Follow a user.'),
  write('unfollow', ['DELETE'], '/users/:user_id/follow', FOLLOW, change('unfollow'), 'User', 'Stop following a user.'),
  get('following', '/users/:user_id/following', ANY, list('following'), 'Page', 'Users that the user follows.', SORTED),
  get('followers', '/users/:user_id/followers', ANY, list('followers'), 'Page', 'Users that follow the user.', SORTED),
  get('following-ids', '/users/:user_id/following/ids', ANY, ids('following'), 'Ids', 'Every id that the user follows.'),
  get('followers-ids', '/users/:user_id/followers/ids', ANY, ids('followers'), 'Ids', 'Every id that follows the user.'),

  get('mutuals', '/users/:user_id/mutuals', ANY, list('mutuals'), 'Page', 'Users that the user follows and is followed by.'),
  get('followers-known', '/users/:user_id/followers/known', USER, list('followers-known', { open: true }), 'Page', 'Followers of the user whom the caller follows; meta.total counts them all.'),
  get('followers-unreciprocated', '/users/:user_id/followers/unreciprocated', ANY, list('followers-unreciprocated'), 'Page', 'Followers whom the user does not follow.'),
  get('following-unreciprocated', '/users/:user_id/following/unreciprocated', ANY, list('following-unreciprocated'), 'Page', 'Users that the user follows and who do not follow back.'),
  get('relationships', '/relationships', ANY, showRelationships, 'Relationships', 'The relationships of one user with up to 200 others.', { query: ['source', 'targets'] }),
  get('suggestions', '/users/me/suggestions', USER, showSuggestions, 'Suggestions', 'Users whom the caller could follow, ranked by how many followed users follow them.', { query: ['count'] }),
  write('remove-follower', ['DELETE'], '/users/me/followers/:user_id', FOLLOW, change('remove-follower'), 'User', 'Remove a follower without a block.', { matches: named }),
  write('follows', ['POST'], '/follows', FOLLOW, FOLLOWS.handler, 'Outcomes', 'Follow and unfollow up to 200 users in one transaction.', { ...FOLLOWS, accepts: ['json'] }),

  get('requests', '/users/me/requests', FOLLOW, list('requests', { at: 'requested_at' }), 'Page', 'Users who have requested to follow the caller.'),
  get('requests-sent', '/users/me/requests/sent', FOLLOW, list('requests-sent', { at: 'requested_at' }), 'Page', 'Users whom the caller has requested to follow.'),
  write('accept-request', ['POST'], '/users/me/requests/:user_id', FOLLOW, change('accept-request'), 'User', 'Accept the request of a user, who then follows the caller.', { matches: named }),
  write('refuse-request', ['DELETE'], '/users/me/requests/:user_id', FOLLOW, change('refuse-request'), 'User', 'Refuse the request of a user.', { matches: named }),
  write('answer-requests', ['POST'], '/users/me/requests', FOLLOW, REQUESTS.handler, 'Outcomes', 'Accept and refuse up to 200 requests in one transaction.', { ...REQUESTS, accepts: ['json'] }),

  write('mute', ['POST', 'PUT'], '/users/:user_id/mute', FOLLOW, change('mute'), 'User', 'Mute a user.'),
  write('unmute', ['DELETE'], '/users/:user_id/mute', FOLLOW, change('unmute'), 'User', 'Unmute a user.'),
  write('block', ['POST', 'PUT'], '/users/:user_id/block', FOLLOW, change('block'), 'User', 'Block a user; ends following both ways.'),
  write('unblock', ['DELETE'], '/users/:user_id/block', FOLLOW, change('unblock'), 'User', 'Unblock a user.'),
  get('muted', '/users/:user_id/muted', ANY, list('muted', { at: 'muted_at', own: true }), 'Page', 'Users that the user mutes; only for the user and for app tokens.'),
  get('blocked', '/users/:user_id/blocked', ANY, list('blocked', { at: 'blocked_at', own: true }), 'Page', 'Users that the user blocks; only for the user and for app tokens.'),

  write('put-me', ['PUT'], '/users/me', PROFILE, writeMe(true), 'User', 'Replace the own profile.', { body: PUT_ME, accepts: ['json'] }),
  write('patch-me', ['PATCH'], '/users/me', PROFILE, writeMe(false), 'User', 'Change parts of the own profile.', { body: PATCH_ME, accepts: ['json'] }),
  get('search', '/users/search', ANY, searchUsers, 'Users', 'Users found by the beginnings of the words of their usernames and names, best first.', { query: ['q', 'count'] }),
  get('user', '/users/:user_id', NONE, showUser, 'User', 'One user.'),
  get('users', '/users', ANY, showUsers, 'Users', 'Up to 200 users, in the order asked.', { query: ['ids'] }),
  write('put-user', ['PUT'], '/users/:user_id', PROVISION, provisionUser, 'User', 'Create or replace a user (account system).', { body: PUT_USER, accepts: ['json'], only: number }),
  write('patch-user', ['PATCH'], '/users/:user_id', PROVISION, patchUser, 'User', 'Change parts of a user (account system).', { body: PATCH_USER, accepts: ['json'], only: number }),
  write('delete-user', ['DELETE'], '/users/:user_id', PROVISION, deprovisionUser, 'User', 'Delete a user and every relationship of theirs (account system).', { only: number }),
  write('mint-token', ['POST'], '/users/:user_id/tokens', PROVISION, mintToken, 'UserAccessToken', "A token for a user (the platform's login).", { body: POST_TOKEN, bodyOptional: true, accepts: ['json'], only: number }),
  write('revoke-tokens', ['DELETE'], '/users/:user_id/tokens', PROVISION, revokeTokens, 'Revoked', 'Revoke every token of a user (log out everywhere).', { only: number }),
  write('move', ['POST'], '/users/:user_id/move', PROVISION, moveFollowers, 'Moved', 'Move the followers of a user to another user (account system).', { body: POST_MOVE, accepts: ['json'], only: number }),

  get('events', '/events', EVENTS, listEvents, 'Events', 'Events, oldest first; with wait the answer is held until there is one.', WAITS),
  get('events-stream', '/events/stream', EVENTS, streamOfEvents, 'EventStream', 'Events without end: Server-Sent Events, or frames of JSON.', WAITS),
  get('my-events', '/users/me/events', USER, listEvents, 'Events', 'Events that concern the caller, oldest first; with wait the answer is held until there is one.', WAITS),
  get('my-events-stream', '/users/me/events/stream', USER, streamOfEvents, 'EventStream', 'Events that concern the caller, without end.', WAITS),

  write('create-stream', ['POST'], '/streams', EVENTS, createStream, 'Stream', 'Register a stream of the app; the service remembers up to where it was read.', { body: STREAM, accepts: ['json'] }),
  get('streams', '/streams', EVENTS, listStreams, 'Streams', 'The streams of the app.'),
  get('stream', '/streams/:stream_id', EVENTS, showStream, 'Stream', 'One stream of the app.'),
  write('delete-stream', ['DELETE'], '/streams/:stream_id', EVENTS, deleteStream, 'Stream', 'Delete a stream of the app; its connection ends.'),
  get('stream-events', '/streams/:stream_id/events', EVENTS, connectStream, 'EventStream', 'Events without end, from where the stream was left; one connection per stream.', { query: ['purge', 'since_id'], waits: true }),

  write('register-webhook', ['POST'], '/webhooks', EVENTS, registerWebhook, 'NewWebhook', 'Register a webhook; the secret is in this answer only.', { body: POST_WEBHOOK, accepts: ['json'] }),
  get('webhooks', '/webhooks', EVENTS, listWebhooks, 'Webhooks', 'The webhooks of the app, the oldest first.'),
  get('webhook', '/webhooks/:webhook_id', EVENTS, showWebhook, 'Webhook', 'One webhook of the app, and the state of its deliveries.'),
  write('change-webhook', ['PATCH'], '/webhooks/:webhook_id', EVENTS, changeWebhook, 'Webhook', 'Change the url or types of a webhook, or enable or disable it.', { body: PATCH_WEBHOOK, accepts: ['json'] }),
  write('delete-webhook', ['DELETE'], '/webhooks/:webhook_id', EVENTS, deleteWebhook, 'Webhook', 'Delete a webhook.'),

  get('token', '/token', ANY, showToken, 'Token', 'The current token.'),
  write('delete-token', ['DELETE'], '/token', ANY, revokeToken, 'Token', 'Revoke the current token.'),
  write('access-token', ['POST'], '/oauth/access_token', NONE, grantToken, 'AccessToken', 'An app token for client credentials (OAuth 2.0).', { accepts: ['form'], guesses: clientIdOfCall }),
]
