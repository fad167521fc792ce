// The types of what the API answers.
// Long, because it is made: from the table of routes, by UPDATE_DOCS=1 npx vitest run test/unit/client-types.test.ts. Do not edit it.

/** A user. The six booleans are the relations to the user of the token; without a token, or for oneself, all six are left out. */
export type User = {
  /** A 64-bit integer, sent as a string. */
  id: string
  username: string
  name: string
  description?: Description
  timezone: string
  locale: string
  avatar_image: Image
  cover_image: Image
  type: UserType
  /** UTC, whole seconds. */
  created_at: string
  verified_domain?: string
  locked?: true
  hides_lists?: true
  /** A 64-bit integer, sent as a string. */
  moved_to?: string
  canonical_url: string
  counts: Counts
  /** Only if include_annotations or include_user_annotations is 1. */
  annotations?: Annotation[]
  follows_you?: boolean
  you_follow?: boolean
  you_muted?: boolean
  you_blocked?: boolean
  you_can_follow?: boolean
  you_can_subscribe?: boolean
  /** Only where the viewer has requested to follow the user. */
  you_requested?: true
}
/** A User of a list: pagination_id is the relationship's id, followed_at when it was made. */
export type FollowItem = User & {
  /** A 64-bit integer, sent as a string. */
  pagination_id: string
  /** UTC, whole seconds; null if it is not known. */
  followed_at: string | null
}
/** A User of a list: pagination_id is the relationship's id, muted_at when it was made. */
export type MuteItem = User & {
  /** A 64-bit integer, sent as a string. */
  pagination_id: string
  /** UTC, whole seconds; null if it is not known. */
  muted_at: string | null
}
/** A User of a list: pagination_id is the relationship's id, blocked_at when it was made. */
export type BlockItem = User & {
  /** A 64-bit integer, sent as a string. */
  pagination_id: string
  /** UTC, whole seconds; null if it is not known. */
  blocked_at: string | null
}
/** A User of a list: pagination_id is the relationship's id, requested_at when it was made. */
export type RequestItem = User & {
  /** A 64-bit integer, sent as a string. */
  pagination_id: string
  /** UTC, whole seconds; null if it is not known. */
  requested_at: string | null
}
/** A User with the number of those whom the caller follows and who follow this one. */
export type Suggestion = User & {
  known_followers: number
}
export type UserType = 'human' | 'feed' | 'bot'
export type Counts = {
  following: number
  followers: number
  posts: number
  stars: number
}
/** As it was written (in App.net: {"type", "value"}); up to 64 levels deep. */
export type Annotation = Record<string, unknown>
export type Image = {
  url: string
  width: number
  height: number
  is_default: boolean
}
export type Description = {
  text: string
  /** Left out if include_html is 0. */
  html?: string
  entities: Entities
}
/** pos and len count Unicode code points. */
export type Entities = {
  mentions: Mention[]
  hashtags: Hashtag[]
  links: Link[]
}
export type Mention = {
  name: string
  /** A 64-bit integer, sent as a string. */
  id: string
  pos: number
  len: number
}
export type Hashtag = {
  name: string
  pos: number
  len: number
}
export type Link = {
  text: string
  url: string
  pos: number
  len: number
}
export type App = {
  client_id: string
  link: string
  name: string
}
export type Scope =
  | 'basic'
  | 'stream'
  | 'write_post'
  | 'follow'
  | 'public_messages'
  | 'messages'
  | 'update_profile'
  | 'files'
  | 'export'
  | 'provision'
  | 'events'
export type Limits = {
  /** Null means no limit. */
  following: number | null
  max_file_size: number
}
/** A token; only user tokens have `user`. */
export type Token = {
  app: App
  scopes: Scope[]
  limits: Limits
  user?: User
}
export type AccessToken = {
  access_token: string
  token_type: 'Bearer'
  token: AppToken
}
/** The token of an app. */
export type AppToken = {
  app: App
  scopes: Scope[]
  limits: Limits
}
export type UserAccessToken = {
  access_token: string
  token_type: 'Bearer'
  /** Seconds, where it was asked for. */
  expires_in?: number
  token: UserToken
}
/** The token of a user. */
export type UserToken = {
  app: App
  scopes: Scope[]
  limits: Limits
  user: User
}
/** The relationships from source to target and back; `found: false` if there is no such target. */
export type Relationship = RelationshipFound | RelationshipNotFound
export type RelationshipFound = {
  target: string
  /** A 64-bit integer, sent as a string. */
  id: string
  username: string
  following: boolean
  followed_by: boolean
  /** UTC, whole seconds; null if it is not known. */
  followed_at: string | null
  /** UTC, whole seconds; null if it is not known. */
  followed_by_at: string | null
  muted?: boolean
  blocked?: boolean
  can_follow?: boolean
  requested?: boolean
  requested_by?: boolean
}
export type RelationshipNotFound = {
  target: string
  found: false
}
/** The outcome of one entry: the User after the change, or why it was not done. */
export type Outcome = OutcomeDone | OutcomeRefused
export type OutcomeDone = {
  user: User
}
export type OutcomeRefused = {
  target: string
  code: number
  error_slug: 'not-found' | 'self-follow' | 'blocked' | 'bot-rule' | 'follow-limit' | 'not-requested'
  error_message: string
}
/** moved: how many follow the other user instead; kept: how many followed both, and now only the other; refused: who still follows the user, and why. */
export type Moved = {
  moved: number
  kept: number
  refused: {
    /** A 64-bit integer, sent as a string. */
    id: string
    error_slug: 'blocked' | 'bot-rule' | 'follow-limit' | 'locked'
  }[]
}
export type OAuthError = {
  error: 'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | 'invalid_scope'
  error_description: string
}
export type Meta = {
  code: 200
}
export type PageMeta = {
  code: 200
  /** A 64-bit integer, sent as a string. */
  max_id?: string
  /** A 64-bit integer, sent as a string. */
  min_id?: string
  /** Only with q: list and matches are over 20,000 each, and only so many of both were looked at, so rows may be missing. */
  complete?: false
  /** Only with sort=username and sort=followers: cursor of the next page; left out on the last one. */
  next_cursor?: string
  more: boolean
}
export type CountedPageMeta = {
  code: 200
  /** A 64-bit integer, sent as a string. */
  max_id?: string
  /** A 64-bit integer, sent as a string. */
  min_id?: string
  /** Only with q: list and matches are over 20,000 each, and only so many of both were looked at, so rows may be missing. */
  complete?: false
  total: number
  more: boolean
}
export type IdsMeta = {
  code: 200
  /** A 64-bit integer, sent as a string. */
  max_id?: string
  /** A 64-bit integer, sent as a string. */
  min_id?: string
  /** Only with q: list and matches are over 20,000 each, and only so many of both were looked at, so rows may be missing. */
  complete?: false
  more?: boolean
}
export type UserAnswer = {
  data: User
  meta: Meta
}
export type UsersAnswer = {
  data: User[]
  meta: Meta
}
export type FollowPage = {
  data: FollowItem[]
  meta: PageMeta
}
export type MutePage = {
  data: MuteItem[]
  meta: PageMeta
}
export type BlockPage = {
  data: BlockItem[]
  meta: PageMeta
}
export type RequestPage = {
  data: RequestItem[]
  meta: PageMeta
}
export type CountedFollowPage = {
  data: FollowItem[]
  meta: CountedPageMeta
}
export type IdsAnswer = {
  data: string[]
  meta: IdsMeta
}
export type TokenAnswer = {
  data: Token
  meta: Meta
}
export type RevokedAnswer = {
  data: {
    revoked: number
  }
  meta: Meta
}
export type RelationshipsAnswer = {
  data: Relationship[]
  meta: Meta
}
export type OutcomesAnswer = {
  data: Outcome[]
  meta: Meta
}
export type SuggestionsAnswer = {
  data: Suggestion[]
  meta: Meta
}
export type MovedAnswer = {
  data: Moved
  meta: Meta
}
export type DeletedUserAnswer = {
  data: User | DeletedUser
  meta: Meta
}
export type DeletedUser = {
  /** A 64-bit integer, sent as a string. */
  id: string
}
export type EventType = 'user_follow' | 'mute' | 'block' | 'request' | 'user' | 'reset'
/** One committed change; in a stream each frame is one, or the data of each Server-Sent Event. */
export type Event = {
  meta: EventMeta
  data: EventData
}
export type EventMeta = {
  /** Only grows, in the order in which changes were committed. */
  id: string
  /** Milliseconds since 1970. */
  timestamp: number
  type: EventType
  /** For user_follow: the pagination_id of the follow. */
  pagination_id?: string
  /** The relation ended, or the user was deleted. */
  is_deleted?: true
  /** Why a follow or a request ended. */
  reason?: 'unfollow' | 'block' | 'removed' | 'deleted' | 'withdrawn' | 'refused' | 'followed'
}
export type EventData =
  | FollowChange
  | MuteChange
  | BlockChange
  | RequestChange
  | User
  | GoneUser
  | DeletedUser
  | ResetReason
export type FollowChange = {
  user: User | GoneUser
  follows_user: User | GoneUser
}
export type MuteChange = {
  user: User | GoneUser
  muted_user: User | GoneUser
}
export type BlockChange = {
  user: User | GoneUser
  blocked_user: User | GoneUser
}
export type RequestChange = {
  user: User | GoneUser
  requested_user: User | GoneUser
}
/** A user who was deleted meanwhile. */
export type GoneUser = {
  id: string
  is_deleted: true
}
/** Read again all data that you store. */
export type ResetReason = {
  reason: string
}
export type EventsMeta = {
  code: 200
  /** Only grows, in the order in which changes were committed. */
  min_id?: string
  /** The since_id to go on with, also on an empty page. */
  max_id: string
  more: boolean
}
export type EventsAnswer = {
  data: Event[]
  meta: EventsMeta
}
/** A stream of the app; the service stores the place where it was left. */
export type AppStream = {
  id: string
  /** The URL of the frames, to be called with a token of the same app. */
  endpoint: string
  object_types: EventType[]
  type: 'long_poll'
  key: string | null
}
export type StreamAnswer = {
  data: AppStream
  meta: Meta
}
export type StreamsAnswer = {
  data: AppStream[]
  meta: Meta
}
/** Where events are sent. */
export type Webhook = {
  id: string
  url: string
  types: EventType[]
  enabled: boolean
  /** Every event up to this one was delivered or is not wanted. */
  last_id: string
  /** The status of the last answer. */
  last_status: number | null
  /** Why the last attempt failed, or why the webhook is disabled. */
  last_error: string | null
}
/** A webhook that was just registered. */
export type NewWebhook = {
  id: string
  url: string
  types: EventType[]
  /** The key that signs deliveries, by Standard Webhooks. Only in this answer. */
  secret: string
  enabled: boolean
  /** Every event up to this one was delivered or is not wanted. */
  last_id: string
  /** The status of the last answer. */
  last_status: number | null
  /** Why the last attempt failed, or why the webhook is disabled. */
  last_error: string | null
}
export type WebhookAnswer = {
  data: Webhook
  meta: Meta
}
export type NewWebhookAnswer = {
  data: NewWebhook
  meta: Meta
}
export type WebhooksAnswer = {
  data: Webhook[]
  meta: Meta
}

/** What went wrong, one word per kind of error. */
export type ErrorSlug =
  | 'bad-request'
  | 'self-follow'
  | 'list-too-long'
  | 'username-taken'
  | 'unauthorized'
  | 'invalid-token'
  | 'not-authorized'
  | 'token-expired'
  | 'wrong-token'
  | 'missing-scope'
  | 'forbidden'
  | 'blocked'
  | 'bot-rule'
  | 'list-hidden'
  | 'not-found'
  | 'not-requested'
  | 'method-not-allowed'
  | 'timeout'
  | 'events-gone'
  | 'too-large'
  | 'uri-too-long'
  | 'unsupported-media-type'
  | 'rate-limit'
  | 'headers-too-large'
  | 'internal'
  | 'unavailable'
  | 'follow-limit'
