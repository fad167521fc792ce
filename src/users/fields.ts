// Knows which fields of a User may be written by whom, and what each must look like; everything else is ignored.
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Body } from '../http/body.ts'
import { badRequest } from '../http/errors.ts'
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
const annotations = { type: 'array', maxItems: 100, items: { type: 'object' } } as const
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
    type: { enum: ['human', 'feed', 'bot'] },
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

const ajv = new Ajv2020({ strict: true, allErrors: false, strictRequired: false })
const put = ajv.compile<Fields>(PUT_ME)
const patch = ajv.compile<Fields>(PATCH_ME)
const provision = ajv.compile<Fields>(PUT_USER)

/** The fields of a body, checked; 400 names the field and the remedy. */
export const putMeFields = (body: Body) => checked(put, body)
export const patchMeFields = (body: Body) => checked(patch, body)
export const putUserFields = (body: Body) => checked(provision, body)

function checked(validate: ValidateFunction<Fields>, body: Body): Partial<Profile> {
  if (body.type !== 'json') throw badRequest('the body must be a JSON object.')
  if (!validate(body.value)) throw badRequest(remedy(validate.errors?.[0]))
  const fields = body.value
  if (fields.timezone !== undefined && !isTimezone(fields.timezone)) {
    throw badRequest('the field timezone must be a name of the time zone database, such as Europe/Berlin.')
  }
  if (fields.created_at !== undefined && Number.isNaN(Date.parse(fields.created_at))) {
    throw badRequest('the field created_at must be a date such as 2012-12-31T13:22:55Z.')
  }
  const own: Partial<Profile> = {}
  for (const key of Object.keys((validate.schema as { properties: object }).properties) as (keyof Fields)[]) {
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

/** One sentence from one error of ajv: which field, and how to mend it. */
export function remedy(error: ErrorObject | undefined): string {
  if (error === undefined) return 'the body is not what this route takes.'
  const field = error.instancePath.slice(1).replaceAll('/', '.')
  const place = field === '' ? 'the body' : `the field ${field}`
  switch (error.keyword) {
    case 'required': {
      const missing = String(error.params.missingProperty)
      return `the field ${field === '' ? missing : `${field}.${missing}`} is missing; send it.`
    }
    case 'type':
      return `${place} must be of the type ${error.params.type}.`
    case 'enum':
      return `${place} must be one of ${(error.params.allowedValues as string[]).join(', ')}.`
    case 'pattern':
      return `${place} does not have the form ${error.params.pattern}.`
    default:
      return `${place} ${error.message ?? 'is not valid'}.`
  }
}
