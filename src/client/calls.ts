// The calls of the API: where each goes, what it takes and what it answers.
// Long, because it is made: from the table of routes, by UPDATE_DOCS=1 npx vitest run test/unit/client-types.test.ts. Do not edit it.

import type * as types from './types.ts'

/** Method, path and, where there is a body, its type. */
export const CALLS = {
  follow: ['POST', '/users/{user_id}/follow'],
  unfollow: ['DELETE', '/users/{user_id}/follow'],
  following: ['GET', '/users/{user_id}/following'],
  followers: ['GET', '/users/{user_id}/followers'],
  followingIds: ['GET', '/users/{user_id}/following/ids'],
  followersIds: ['GET', '/users/{user_id}/followers/ids'],
  mutuals: ['GET', '/users/{user_id}/mutuals'],
  followersKnown: ['GET', '/users/{user_id}/followers/known'],
  followersUnreciprocated: ['GET', '/users/{user_id}/followers/unreciprocated'],
  followingUnreciprocated: ['GET', '/users/{user_id}/following/unreciprocated'],
  relationships: ['GET', '/relationships'],
  suggestions: ['GET', '/users/me/suggestions'],
  removeFollower: ['DELETE', '/users/me/followers/{user_id}'],
  follows: ['POST', '/follows', 'json'],
  requests: ['GET', '/users/me/requests'],
  requestsSent: ['GET', '/users/me/requests/sent'],
  acceptRequest: ['POST', '/users/me/requests/{user_id}'],
  refuseRequest: ['DELETE', '/users/me/requests/{user_id}'],
  answerRequests: ['POST', '/users/me/requests', 'json'],
  mute: ['POST', '/users/{user_id}/mute'],
  unmute: ['DELETE', '/users/{user_id}/mute'],
  block: ['POST', '/users/{user_id}/block'],
  unblock: ['DELETE', '/users/{user_id}/block'],
  muted: ['GET', '/users/{user_id}/muted'],
  blocked: ['GET', '/users/{user_id}/blocked'],
  putMe: ['PUT', '/users/me', 'json'],
  patchMe: ['PATCH', '/users/me', 'json'],
  search: ['GET', '/users/search'],
  user: ['GET', '/users/{user_id}'],
  users: ['GET', '/users'],
  putUser: ['PUT', '/users/{user_id}', 'json'],
  patchUser: ['PATCH', '/users/{user_id}', 'json'],
  deleteUser: ['DELETE', '/users/{user_id}'],
  mintToken: ['POST', '/users/{user_id}/tokens', 'json'],
  revokeTokens: ['DELETE', '/users/{user_id}/tokens'],
  move: ['POST', '/users/{user_id}/move', 'json'],
  events: ['GET', '/events'],
  eventsStream: ['GET', '/events/stream'],
  myEvents: ['GET', '/users/me/events'],
  myEventsStream: ['GET', '/users/me/events/stream'],
  createStream: ['POST', '/streams', 'json'],
  streams: ['GET', '/streams'],
  stream: ['GET', '/streams/{stream_id}'],
  deleteStream: ['DELETE', '/streams/{stream_id}'],
  streamEvents: ['GET', '/streams/{stream_id}/events'],
  registerWebhook: ['POST', '/webhooks', 'json'],
  webhooks: ['GET', '/webhooks'],
  webhook: ['GET', '/webhooks/{webhook_id}'],
  changeWebhook: ['PATCH', '/webhooks/{webhook_id}', 'json'],
  deleteWebhook: ['DELETE', '/webhooks/{webhook_id}'],
  token: ['GET', '/token'],
  deleteToken: ['DELETE', '/token'],
  accessToken: ['POST', '/oauth/access_token', 'form'],
} as const

type NoParams = Record<never, never>
type Show = {
  /** Whether Users carry their annotations. */
  include_annotations?: 0 | 1
  /** The same as include_annotations; either of the two is enough. */
  include_user_annotations?: 0 | 1
  /** Whether descriptions carry their html. */
  include_html?: 0 | 1
}
type Page = {
  /** How many items: a positive count takes the newest in the range, a negative one the oldest, both listed newest first. */
  count?: number
  /** Only items with a lower pagination_id: 0 to 2^63-1, exclusive. */
  before_id?: string
  /** Only items with a higher pagination_id: 0 to 2^63-1, exclusive. */
  since_id?: string
  /** Only users who match these words, as in the search of users. Without any word it is a 400. */
  q?: string
}
type Sorted = {
  /** The order: by the date of the follow, by username, or by number of followers (the most first). The last two are for lists of up to 5,000 rows and paged by cursor, without before_id and since_id. Only newest takes a negative count. */
  sort?: 'newest' | 'oldest' | 'username' | 'followers'
  /** With sort=username or sort=followers: meta.next_cursor of the page before, unchanged. */
  cursor?: string
}
type OfUser = {
  /** An integer id, @username in any case, or me (the user of the token). */
  user_id: string
}

export type Calls = {
  /** Follow a user. */
  follow: { params: Show & OfUser; answer: types.UserAnswer }
  /** Stop following a user. */
  unfollow: { params: Show & OfUser; answer: types.UserAnswer }
  /** Users that the user follows. */
  following: { params: Show & Page & Sorted & OfUser; answer: types.FollowPage }
  /** Users that follow the user. */
  followers: { params: Show & Page & Sorted & OfUser; answer: types.FollowPage }
  /** Every id that the user follows. */
  followingIds: {
    params: {
      /** How many ids. With this, before_id, since_id or q the answer is one page (20 where only those are sent); with none it is the whole list. */
      count?: number
      /** Only items with a lower pagination_id: 0 to 2^63-1, exclusive. */
      before_id?: string
      /** Only items with a higher pagination_id: 0 to 2^63-1, exclusive. */
      since_id?: string
      /** Only ids of users who match these words, as in the search of users. Without any word it is a 400. */
      q?: string
    } & OfUser
    answer: types.IdsAnswer
  }
  /** Every id that follows the user. */
  followersIds: {
    params: {
      /** How many ids. With this, before_id, since_id or q the answer is one page (20 where only those are sent); with none it is the whole list. */
      count?: number
      /** Only items with a lower pagination_id: 0 to 2^63-1, exclusive. */
      before_id?: string
      /** Only items with a higher pagination_id: 0 to 2^63-1, exclusive. */
      since_id?: string
      /** Only ids of users who match these words, as in the search of users. Without any word it is a 400. */
      q?: string
    } & OfUser
    answer: types.IdsAnswer
  }
  /** Users that the user follows and is followed by. */
  mutuals: { params: Show & Page & OfUser; answer: types.FollowPage }
  /** Followers of the user whom the caller follows; meta.total counts them all. */
  followersKnown: { params: Show & Page & OfUser; answer: types.CountedFollowPage }
  /** Followers whom the user does not follow. */
  followersUnreciprocated: { params: Show & Page & OfUser; answer: types.FollowPage }
  /** Users that the user follows and who do not follow back. */
  followingUnreciprocated: { params: Show & Page & OfUser; answer: types.FollowPage }
  /** The relationships of one user with up to 200 others. */
  relationships: {
    params: {
      /** The user whose relationships are returned: an id, @username, or me. */
      source: string
      /** Up to 200 ids or @usernames, comma separated; may be repeated. */
      targets: string | readonly string[]
    }
    answer: types.RelationshipsAnswer
  }
  /** Users whom the caller could follow, ranked by how many followed users follow them. */
  suggestions: {
    params: {
      /** How many at most. */
      count?: number
    } & Show
    answer: types.SuggestionsAnswer
  }
  /** Remove a follower without a block. */
  removeFollower: { params: Show & OfUser; answer: types.UserAnswer }
  /** Follow and unfollow up to 200 users in one transaction. */
  follows: {
    params: {
      body: {
        follow?: string[]
        unfollow?: string[]
      }
    } & Show
    answer: types.OutcomesAnswer
  }
  /** Users who have requested to follow the caller. */
  requests: { params: Show & Page; answer: types.RequestPage }
  /** Users whom the caller has requested to follow. */
  requestsSent: { params: Show & Page; answer: types.RequestPage }
  /** Accept the request of a user, who then follows the caller. */
  acceptRequest: { params: Show & OfUser; answer: types.UserAnswer }
  /** Refuse the request of a user. */
  refuseRequest: { params: Show & OfUser; answer: types.UserAnswer }
  /** Accept and refuse up to 200 requests in one transaction. */
  answerRequests: {
    params: {
      body: {
        accept?: string[]
        refuse?: string[]
      }
    } & Show
    answer: types.OutcomesAnswer
  }
  /** Mute a user. */
  mute: { params: Show & OfUser; answer: types.UserAnswer }
  /** Unmute a user. */
  unmute: { params: Show & OfUser; answer: types.UserAnswer }
  /** Block a user; ends following both ways. */
  block: { params: Show & OfUser; answer: types.UserAnswer }
  /** Unblock a user. */
  unblock: { params: Show & OfUser; answer: types.UserAnswer }
  /** Users that the user mutes; only for the user and for app tokens. */
  muted: { params: Show & Page & OfUser; answer: types.MutePage }
  /** Users that the user blocks; only for the user and for app tokens. */
  blocked: { params: Show & Page & OfUser; answer: types.BlockPage }
  /** Replace the own profile. */
  putMe: {
    params: {
      body: {
        name: string
        locale: string
        timezone: string
        description: {
          text: string
        }
        locked?: boolean
        hides_lists?: boolean
      }
    } & Show
    answer: types.UserAnswer
  }
  /** Change parts of the own profile. */
  patchMe: {
    params: {
      body: {
        name?: string
        locale?: string
        timezone?: string
        description?: {
          text: string
        }
        annotations?: Record<string, unknown>[]
        locked?: boolean
        hides_lists?: boolean
      }
    } & Show
    answer: types.UserAnswer
  }
  /** Users found by the beginnings of the words of their usernames and names, best first. */
  search: {
    params: {
      /** Words, of letters and digits; each must begin a word of the username, or each a word of the name. With a leading @ usernames only. Without any word it is a 400. */
      q: string
      /** How many at most. */
      count?: number
    } & Show
    answer: types.UsersAnswer
  }
  /** One user. */
  user: { params: Show & OfUser; answer: types.UserAnswer }
  /** Up to 200 users, in the order asked. */
  users: {
    params: {
      /** Up to 200 ids or @usernames, comma separated; may be repeated. */
      ids: string | readonly string[]
    } & Show
    answer: types.UsersAnswer
  }
  /** Create or replace a user (account system). */
  putUser: {
    params: {
      /** An integer id. */
      user_id: string
      body: {
        username: string
        name?: string
        type?: 'human' | 'feed' | 'bot'
        description?: {
          text: string
        }
        timezone?: string
        locale?: string
        created_at?: string
        verified_domain?: string
        avatar_image?: {
          url: string
          width: number
          height: number
        }
        cover_image?: {
          url: string
          width: number
          height: number
        }
        annotations?: Record<string, unknown>[]
        locked?: boolean
        hides_lists?: boolean
      }
    } & Show
    answer: types.UserAnswer
  }
  /** Change parts of a user (account system). */
  patchUser: {
    params: {
      /** An integer id. */
      user_id: string
      body: {
        username?: string
        name?: string
        type?: 'human' | 'feed' | 'bot'
        description?: {
          text: string
        }
        timezone?: string
        locale?: string
        created_at?: string
        verified_domain?: string
        avatar_image?: {
          url: string
          width: number
          height: number
        }
        cover_image?: {
          url: string
          width: number
          height: number
        }
        annotations?: Record<string, unknown>[]
        locked?: boolean
        hides_lists?: boolean
      }
    } & Show
    answer: types.UserAnswer
  }
  /** Delete a user and every relationship of theirs (account system). */
  deleteUser: {
    params: {
      /** An integer id. */
      user_id: string
    } & Show
    answer: types.DeletedUserAnswer
  }
  /** A token for a user (the platform's login). */
  mintToken: {
    params: {
      /** An integer id. */
      user_id: string
      body?: {
        /** What the token may do; basic is always among it, and alone where this is left out. */
        scopes?: (
          | 'basic'
          | 'stream'
          | 'write_post'
          | 'follow'
          | 'public_messages'
          | 'messages'
          | 'update_profile'
          | 'files'
          | 'export'
        )[]
        /** Seconds; without it the token stays until it is revoked. */
        expires_in?: number
        /** The app that the token is for; by default the caller's own. */
        client_id?: string
      }
    } & Show
    answer: types.UserAccessToken
  }
  /** Revoke every token of a user (log out everywhere). */
  revokeTokens: {
    params: {
      /** An integer id. */
      user_id: string
    }
    answer: types.RevokedAnswer
  }
  /** Move the followers of a user to another user (account system). */
  move: {
    params: {
      /** An integer id. */
      user_id: string
      body: {
        /** The id of the user to follow instead. */
        to: string
      }
    }
    answer: types.MovedAnswer
  }
  /** Events, oldest first; with wait the answer is held until there is one. */
  events: {
    params: {
      /** Only events after this one: 0 to 2^63-1, exclusive; without it from now on. */
      since_id?: string
      /** Only these types, comma separated: user_follow, mute, block, request, user, reset. */
      types?: string | readonly string[]
      /** How many at most. */
      count?: number
      /** Seconds for which an empty page is held until there is an event. */
      wait?: number
    } & Show
    answer: types.EventsAnswer
  }
  /** Events without end: Server-Sent Events, or frames of JSON. */
  eventsStream: {
    params: {
      /** Only events after this one: 0 to 2^63-1, exclusive; without it from now on. */
      since_id?: string
      /** Only these types, comma separated: user_follow, mute, block, request, user, reset. */
      types?: string | readonly string[]
    } & Show
    answer: types.Event
  }
  /** Events that concern the caller, oldest first; with wait the answer is held until there is one. */
  myEvents: {
    params: {
      /** Only events after this one: 0 to 2^63-1, exclusive; without it from now on. */
      since_id?: string
      /** Only these types, comma separated: user_follow, mute, block, request, user, reset. */
      types?: string | readonly string[]
      /** How many at most. */
      count?: number
      /** Seconds for which an empty page is held until there is an event. */
      wait?: number
    } & Show
    answer: types.EventsAnswer
  }
  /** Events that concern the caller, without end. */
  myEventsStream: {
    params: {
      /** Only events after this one: 0 to 2^63-1, exclusive; without it from now on. */
      since_id?: string
      /** Only these types, comma separated: user_follow, mute, block, request, user, reset. */
      types?: string | readonly string[]
    } & Show
    answer: types.Event
  }
  /** Register a stream of the app; the service remembers up to where it was read. */
  createStream: {
    params: {
      body: {
        object_types: ('user_follow' | 'mute' | 'block' | 'request' | 'user' | 'reset')[]
        type: 'long_poll'
        /** A name of the app’s own, unique among its streams. */
        key?: string | null
      }
    }
    answer: types.StreamAnswer
  }
  /** The streams of the app. */
  streams: { params: NoParams; answer: types.StreamsAnswer }
  /** One stream of the app. */
  stream: {
    params: {
      /** An integer id. */
      stream_id: string
    }
    answer: types.StreamAnswer
  }
  /** Delete a stream of the app; its connection ends. */
  deleteStream: {
    params: {
      /** An integer id. */
      stream_id: string
    }
    answer: types.StreamAnswer
  }
  /** Events without end, from where the stream was left; one connection per stream. */
  streamEvents: {
    params: {
      /** An integer id. */
      stream_id: string
      /** See the description of the route. */
      purge?: string
      /** The last event that arrived: the stream continues after it if it was to continue later. 0 to 2^63-1. */
      since_id?: string
    } & Show
    answer: types.Event
  }
  /** Register a webhook; the secret is in this answer only. */
  registerWebhook: {
    params: {
      body: {
        /** Where events are sent; https, and a public address. */
        url: string
        /** The types of events that are sent; all of them where it is null or left out. */
        types?: ('user_follow' | 'mute' | 'block' | 'request' | 'user' | 'reset')[] | null
      }
    }
    answer: types.NewWebhookAnswer
  }
  /** The webhooks of the app, the oldest first. */
  webhooks: { params: NoParams; answer: types.WebhooksAnswer }
  /** One webhook of the app, and the state of its deliveries. */
  webhook: {
    params: {
      /** An integer id. */
      webhook_id: string
    }
    answer: types.WebhookAnswer
  }
  /** Change the url or types of a webhook, or enable or disable it. */
  changeWebhook: {
    params: {
      /** An integer id. */
      webhook_id: string
      body: {
        /** Where events are sent; https, and a public address. */
        url?: string
        /** The types of events that are sent; all of them where it is null or left out. */
        types?: ('user_follow' | 'mute' | 'block' | 'request' | 'user' | 'reset')[] | null
        /** True also retries failed deliveries at once; events that are no longer kept are left out. */
        enabled?: boolean
      }
    }
    answer: types.WebhookAnswer
  }
  /** Delete a webhook. */
  deleteWebhook: {
    params: {
      /** An integer id. */
      webhook_id: string
    }
    answer: types.WebhookAnswer
  }
  /** The current token. */
  token: { params: Show; answer: types.TokenAnswer }
  /** Revoke the current token. */
  deleteToken: { params: Show; answer: types.TokenAnswer }
  /** An app token for client credentials (OAuth 2.0). */
  accessToken: {
    params: {
      body: {
        grant_type: 'client_credentials'
        /** Here or in HTTP Basic, not both. */
        client_id?: string
        client_secret?: string
        /** Space separated; by default all that the client was given. */
        scope?: string
      }
    }
    answer: types.AccessToken
  }
}

/** Calls that answer a page of a list. */
export type PageName =
  | 'following'
  | 'followers'
  | 'followingIds'
  | 'followersIds'
  | 'mutuals'
  | 'followersKnown'
  | 'followersUnreciprocated'
  | 'followingUnreciprocated'
  | 'requests'
  | 'requestsSent'
  | 'muted'
  | 'blocked'
/** Calls that answer events without end. */
export type StreamName = 'eventsStream' | 'myEventsStream' | 'streamEvents'
