// The type of a line of the route table.
import type { Answer } from '../http/answer.ts'
import type { Parts } from '../parts.ts'
import type { Access } from '../tokens/access.ts'
import type { Call } from './call.ts'

/** The documented prefix of all paths. Every route also works without it. */
export const PREFIX = '/stream/0'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The type of an answer's `data`; openapi/responses.ts has a schema for each. */
export type Answers =
  | 'User'
  | 'Users'
  | 'Page'
  | 'Ids'
  | 'Token'
  | 'AccessToken'
  | 'UserAccessToken'
  | 'Revoked'
  | 'Relationships'
  | 'Outcomes'
  | 'Suggestions'
  | 'Moved'
  | 'Events'
  | 'EventStream'
  | 'Stream'
  | 'Streams'
  | 'NewWebhook'
  | 'Webhook'
  | 'Webhooks'

export type Handler = (parts: Parts, call: Call) => Promise<Answer>

export type Route = {
  name: string
  methods: Method[]
  path: string
  access: Access
  handler: Handler
  about: string
  answers: Answers
  /** Query parameters in addition to the general ones, which follow from `answers`. */
  query?: string[]
  /** The JSON schema of the body. Without it a body may still contain access_token. */
  body?: object
  /** Whether the body may be left out. */
  bodyOptional?: boolean
  /** Media types of the body; JSON and forms by default. */
  accepts?: ('json' | 'form')[]
  /** Whether a path with these parameters exists; if not, the answer is 404 instead of 405. */
  only?: (params: Record<string, string>) => boolean
  /** Whether a path that fits the pattern belongs to this route. If not, other routes that fit the path are used. */
  matches?: (params: Record<string, string>) => boolean
  /** The client id of a call that contains a client's secret; after too many wrong secrets of a client, calls are refused for a while. */
  guesses?: (call: Call) => string
  /** Whether the answer may wait for events. */
  waits?: boolean
  /** How many writes a call counts as for the rate limit; by default one unless the method is GET. */
  writes?: (call: Call) => number
}
