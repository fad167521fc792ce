// What a line of the route table is.
import type { Answer } from '../http/answer.ts'
import type { Parts } from '../parts.ts'
import type { Access } from '../tokens/access.ts'
import type { Call } from './call.ts'

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
  | 'UserAccessToken'
  | 'Revoked'
  | 'Relationships'
  | 'Outcomes'
  | 'Suggestions'
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
  /** Query parameters of its own, beside the general ones that `answers` implies. */
  query?: string[]
  /** The JSON schema of its body; where there is none, a body may still carry access_token. */
  body?: object
  /** The body may be left out. */
  bodyOptional?: boolean
  /** Media types of the body; JSON and forms by default. */
  accepts?: ('json' | 'form')[]
  /** Which paths of the pattern are meant; others are no route. */
  only?: (params: Record<string, string>) => boolean
  /** Whether a path of the pattern is this route at all; where it is not, the other routes of that path stand alone. */
  matches?: (params: Record<string, string>) => boolean
  /** Names the client whose secret the call tries; too many wrong ones and it has to wait. */
  guesses?: (call: Call) => string
  /** May take its time, waiting for something to happen. */
  waits?: boolean
  /** Counts as so many writes by its body; by default a method other than GET is one. */
  writes?: (call: Call) => number
}
