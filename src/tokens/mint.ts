// What the account system may ask for when it makes a user's token, checked.
import { wallClock } from '../clock.ts'
import type { Body } from '../http/body.ts'
import { bodyCheck, type Sentence } from '../http/schema.ts'
import { USER_SCOPES } from './token.ts'

// As many seconds as `token create --expires` takes: 317 years.
const LONGEST_S = 9_999_999_999

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
      maximum: LONGEST_S,
      description: 'Seconds; without it the token stays until it is revoked.',
    },
    client_id: { type: 'string', description: "The app that the token is for; by default the caller's own." },
  },
} as const

type Fields = { scopes?: string[]; expires_in?: number; client_id?: string }

/** What the token will be; `expiresAt` in seconds since 1970, `clientId` null for the caller's own app. */
export type MintRequest = {
  scopes: string[]
  expiresIn: number | null
  expiresAt: bigint | null
  clientId: string | null
}

const sentence: Sentence = ({ instancePath }) => {
  if (instancePath === '/scopes') return 'the field scopes must be a list, such as ["follow"].'
  if (instancePath === '/expires_in')
    return `the field expires_in must be a whole number of seconds from 1 to ${LONGEST_S}.`
  return undefined
}
const check = bodyCheck<Fields>(POST_TOKEN, sentence)

/** The fields of a body, which may be absent; 400 names the field and the remedy. `now` in milliseconds since 1970. */
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
