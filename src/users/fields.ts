// Knows which fields of a User may be written by whom, and what each must look like; everything else is ignored.
import type { Body } from '../http/body.ts'
import { badRequest } from '../http/errors.ts'
import { bodyCheck } from '../http/schema.ts'
import { utcSeconds } from './dates.ts'
import type { Image, Profile } from './profile.ts'

const image = {
  type: 'object',
  required: ['url', 'width', 'height'],
  properties: {
    url: { type: 'string', maxLength: 2000, pattern: '^https?://[^\\s"<>]+$' },
    width: { type: 'integer', minimum: 1, maximum: 10000 },
    height: { type: 'integer', minimum: 1, maximum: 10000 },
  },
} as const

const name = { type: 'string', minLength: 1, maxLength: 50 } as const
const locale = { type: 'string', pattern: '^[a-z]{2,3}([_-][A-Za-z0-9]{2,8}){0,3}$' } as const
const timezone = { type: 'string', minLength: 1, maxLength: 64 } as const
const annotations = {
  type: 'array',
  maxItems: 100,
  items: { type: 'object', additionalProperties: true },
} as const
const text = { type: 'string', maxLength: 256 } as const
const description = { type: 'object', required: ['text'], properties: { text } } as const

/** The JSON of PUT and PATCH users/me. */
export const PUT_ME = {
  type: 'object',
  required: ['name', 'locale', 'timezone', 'description'],
  properties: { name, locale, timezone, description },
} as const
export const PATCH_ME = {
  type: 'object',
  properties: { name, locale, timezone, description, annotations },
} as const
/** The JSON of PUT users/{id}. */
export const PUT_USER = {
  type: 'object',
  required: ['username'],
  properties: {
    username: { type: 'string', pattern: '^[A-Za-z0-9_]{1,20}$' },
    name,
    type: { type: 'string', enum: ['human', 'feed', 'bot'] },
    description,
    timezone,
    locale,
    created_at: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ$' },
    verified_domain: { type: 'string', pattern: '^[A-Za-z0-9.-]{1,253}$' },
    avatar_image: image,
    cover_image: image,
    annotations,
  },
} as const
/** The JSON of PATCH users/{id}. */
export const PATCH_USER = { type: 'object', properties: PUT_USER.properties } as const

type Fields = {
  username?: string
  name?: string
  type?: 'human' | 'feed' | 'bot'
  description?: { text: string }
  timezone?: string
  locale?: string
  created_at?: string
  verified_domain?: string
  avatar_image?: Image
  cover_image?: Image
  annotations?: unknown[]
}

/** The fields of a body, checked; 400 names the field and the remedy. */
export const putMeFields = fieldsCheck(PUT_ME)
export const patchMeFields = fieldsCheck(PATCH_ME)
export const putUserFields = fieldsCheck(PUT_USER)
export const patchUserFields = fieldsCheck(PATCH_USER)

function fieldsCheck(schema: { properties: object }): (body: Body) => Partial<Profile> {
  const check = bodyCheck<Fields>(schema)
  const names = Object.keys(schema.properties) as (keyof Fields)[]
  return (body) => checked(check(body), names)
}

function checked(fields: Fields, names: (keyof Fields)[]): Partial<Profile> {
  if (fields.timezone !== undefined && !isTimezone(fields.timezone)) {
    throw badRequest('the field timezone must be a name of the time zone database, such as Europe/Berlin.')
  }
  if (fields.created_at !== undefined && utcSeconds(fields.created_at) === undefined) {
    throw badRequest(
      'the field created_at is a day or a time that does not exist; send one that does, such as 2012-12-31T13:22:55Z.',
    )
  }
  const own: Partial<Profile> = {}
  for (const key of names) {
    if (fields[key] === undefined) continue
    if (key === 'description') own.description = fields.description?.text ?? ''
    else Object.assign(own, { [key]: fields[key] })
  }
  return own
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
