// Checks the account system's request for a new user token.
import { wallClock } from '../clock.ts'
import type { Body } from '../http/body.ts'
import { bodyCheck, type Sentence } from '../http/schema.ts'
import { USER_SCOPES } from './token.ts'

/** 317 years; also for `token create --expires`. */
export const MAX_EXPIRES_S = 9_999_999_999

/** The JSON of POST users/{id}/tokens. */
export const POST_TOKEN = {
  type: 'object',
  properties: {
    scopes: {
      type: 'array',
      items: { type: 'string', enum: [...USER_SCOPES] },
      description: 'What the token may do; basic is always among it, and alone where this is left out.',
    },
    expires_in: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_EXPIRES_S,
      description: 'Seconds; without it the token stays until it is revoked.',
    },
    client_id: { type: 'string', description: "The app that the token is for; by default the caller's own." },
  },
} as const

type Fields = { scopes?: string[]; expires_in?: number; client_id?: string }

/** The requested token. `expiresAt` in seconds since 1970; `clientId` null for the caller's own app. */
export type MintRequest = {
  scopes: string[]
  expiresIn: number | null
  expiresAt: bigint | null
  clientId: string | null
}

const sentence: Sentence = ({ instancePath }) => {
  if (instancePath === '/scopes') return 'the field scopes must be a list, such as ["follow"].'
  if (instancePath === '/expires_in')
    return `the field expires_in must be a whole number of seconds from 1 to ${MAX_EXPIRES_S}.`
  return undefined
}
const check = bodyCheck<Fields>(POST_TOKEN, sentence)

/** The fields of a body, which may be absent; throws a 400 that names the wrong field. `now` in milliseconds since 1970. */
export function mintRequest(body: Body, now: () => number = wallClock): MintRequest {
  const fields = body.type === 'none' ? {} : check(body)
  const { scopes = [], expires_in: expiresIn = null, client_id: clientId = null } = fields
  return {
    scopes: USER_SCOPES.filter((scope) => scope === 'basic' || scopes.includes(scope)),
    expiresIn,
    expiresAt: expiresIn === null ? null : BigInt(Math.floor(now() / 1000) + expiresIn),
    clientId,
  }
}
